"""Ademco 8000, the protocol of the MX8000, and the SK9000 it descends from."""

from receivers.ademco8000.framing import framer
from receivers.ademco8000.message import decode
from receivers.ademco8000.session import OPTIONS, open_8000, open_sk9000

__all__ = ["OPTIONS", "decode", "framer", "open_8000", "open_sk9000"]
