"""CP-220: text and a terminator that is programmed at the receiver; here CR."""

from receivers.lines import Framer, LineFramer

__all__ = ["LIMIT", "framer"]

LIMIT = 64
"""Far above the longest line."""


def framer() -> Framer:
    """Return a framer of the CP-220."""
    return LineFramer(terminator=b"\r", limit=LIMIT, idle=b"\x00\n\r")
