"""Bosch (Radionics) D6500 mode, and what imitates it."""

from receivers.d6500.framing import framer
from receivers.d6500.message import decode

__all__ = ["decode", "framer"]
