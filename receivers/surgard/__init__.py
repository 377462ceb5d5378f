"""Sur-Gard automation output: what most receivers, and many that imitate them, hand on."""

from receivers.surgard.message import OPTIONS, decode
from receivers.surgard.session import gap, open_session

__all__ = ["OPTIONS", "decode", "gap", "open_session"]
