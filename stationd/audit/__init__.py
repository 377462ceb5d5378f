"""The audit: every record hashed again, and compared with what was signed."""
