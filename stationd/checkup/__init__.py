"""What arrives on a listener, looked at: whether its settings fit the receiver at its other end."""
