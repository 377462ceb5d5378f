"""Retention: how long each class of data is kept, from when on, and what would go when."""
