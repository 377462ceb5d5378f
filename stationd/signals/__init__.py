"""Signals: decoded frames, assigned to accounts, and what is parked."""
