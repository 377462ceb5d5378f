"""Tombstones: how bytes are taken out of rows, and what stays of them."""
