"""Approvals: what two persons have to say before it is done."""
