"""Anchors: checkpoints that somebody else has stamped, and that lie locked in the archive."""
