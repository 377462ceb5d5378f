"""Letters: which forms counsel signed off, and until when."""
