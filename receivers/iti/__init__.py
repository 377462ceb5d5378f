"""ITI Generic, as the MX8000 speaks it."""

from receivers.iti.framing import framer
from receivers.iti.message import decode

__all__ = ["decode", "framer"]
