"""Supervision: proof that a receiver's link is alive."""
