"""Terminations: the case table, its guards, facts and steps."""
