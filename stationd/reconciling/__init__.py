"""The automation platform's account list against ours: what went there, came, or is reused."""
