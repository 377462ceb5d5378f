"""SIA DC-03 blocks with header and parity, as Galaxy panels send them over TCP."""

from receivers.dc03.framing import framer
from receivers.dc03.message import decode
from receivers.dc03.session import OPTIONS, BlockSession, gap

__all__ = ["OPTIONS", "BlockSession", "decode", "framer", "gap"]
