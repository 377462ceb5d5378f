"""FBI CP-220, as the MX8000 speaks it."""

from receivers.cp220.framing import framer
from receivers.cp220.message import decode

__all__ = ["decode", "framer"]
