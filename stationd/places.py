"""Where things lie unless told otherwise; apart from the settings, which take longer to load."""

from pathlib import Path

__all__ = ["DEFAULT_PATH"]

DEFAULT_PATH = Path("/etc/stationd/stationd.toml")
"""The configuration file of all programs."""
