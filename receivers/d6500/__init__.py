"""Bosch (Radionics) D6500 mode, and what imitates it."""

from receivers.d6500.framing import framer
from receivers.d6500.message import decode
from receivers.d6500.session import OPTIONS, open_session

__all__ = ["OPTIONS", "decode", "framer", "open_session"]
