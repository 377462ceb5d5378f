"""Simulated receivers and panels that speak over real lines."""
