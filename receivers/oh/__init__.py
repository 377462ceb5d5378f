"""Osborne-Hoffman over IP: the one line of it that is known, a heartbeat."""

from receivers.oh.framing import framer
from receivers.oh.message import decode

__all__ = ["decode", "framer"]
