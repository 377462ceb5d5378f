"""Ademco 685, and CAPS, which differs from it in the 4x2 format only."""

from receivers.ademco685.framing import framer
from receivers.ademco685.message import decode

__all__ = ["decode", "framer"]
