"""Purges: what is past its period is proposed, approved by another person, and removed."""
