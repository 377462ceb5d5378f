"""Accounts that send far more than normal: when it began and ended; every signal is kept."""
