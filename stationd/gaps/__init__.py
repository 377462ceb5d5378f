"""Gaps: spans in which we cannot vouch that a signal would have been recorded."""
