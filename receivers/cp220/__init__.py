"""FBI CP-220, as the MX8000 speaks it."""

from receivers.cp220.framing import framer
from receivers.cp220.message import decode
from receivers.cp220.session import OPTIONS, open_session

__all__ = ["OPTIONS", "decode", "framer", "open_session"]
