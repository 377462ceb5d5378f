"""Bundles: orders, and the work from order to verified object."""
