"""Contact ID over TCP, as Lupus and Climax panels send it."""

from receivers.lupus.framing import framer
from receivers.lupus.message import decode
from receivers.lupus.session import open_session

__all__ = ["decode", "framer", "open_session"]
