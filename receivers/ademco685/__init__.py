"""Ademco 685, and CAPS, which differs from it in the 4x2 format only."""

from receivers.ademco685.framing import framer
from receivers.ademco685.message import decode
from receivers.ademco685.session import OPTIONS, open_session, poll

__all__ = ["OPTIONS", "decode", "framer", "open_session", "poll"]
