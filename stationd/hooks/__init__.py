"""Hooks: what people, or other programs, must be told, and the ways it goes."""
