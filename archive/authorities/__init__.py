"""Time-stamp authorities: what they must do, one over HTTP, and one for trials."""
