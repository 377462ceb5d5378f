"""MCDI Exprecium: its own output, one line an event."""

from receivers.exprecium.framing import framer
from receivers.exprecium.message import decode
from receivers.exprecium.session import OPTIONS, open_session

__all__ = ["OPTIONS", "decode", "framer", "open_session"]
