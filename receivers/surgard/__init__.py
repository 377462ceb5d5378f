"""Sur-Gard automation output: what most receivers, and many that imitate them, hand on."""

from receivers.surgard.message import OPTIONS, decode
from receivers.surgard.session import SurgardSession

__all__ = ["OPTIONS", "SurgardSession", "decode"]
