"""Osborne-Hoffman over IP: the one line of it that is known, a heartbeat."""

from receivers.oh.framing import framer
from receivers.oh.message import decode
from receivers.oh.session import OPTIONS, open_session

__all__ = ["OPTIONS", "decode", "framer", "open_session"]
