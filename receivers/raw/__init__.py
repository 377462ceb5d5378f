"""Any framing, any answer: what no other receiver here reads is stored and acknowledged."""

from receivers.raw.framing import framer, gap
from receivers.raw.message import decode
from receivers.raw.session import DMP_OPTIONS, OPTIONS, open_dmp, open_session

__all__ = ["DMP_OPTIONS", "OPTIONS", "decode", "framer", "gap", "open_dmp", "open_session"]
