"""What the clocks of receivers and panels were beside ours: a small running summary of each."""
