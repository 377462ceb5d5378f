"""Holds: orders that stop removal or ending."""
