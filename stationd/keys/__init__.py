"""Panels' keys: entered, changed, ended, and what the frames show of them."""
