"""Contact ID over TCP, as Lupus and Climax panels send it."""

from receivers.lupus.framing import framer
from receivers.lupus.message import decode

__all__ = ["decode", "framer"]
