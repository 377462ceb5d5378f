"""Bosch SIA mode, as far as it is known."""

from receivers.d6500_sia.framing import framer
from receivers.d6500_sia.message import decode
from receivers.d6500_sia.session import SiaModeSession

__all__ = ["SiaModeSession", "decode", "framer"]
