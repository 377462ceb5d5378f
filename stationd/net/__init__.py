"""The Twisted edges: endpoints and serial lines, the committer, systemd notification."""
