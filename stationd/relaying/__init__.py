"""What `stationd-relay` and `stationd` tell each other about a line between two others."""
