"""Custody: who read, was shown or took what of an account, when and for what."""
