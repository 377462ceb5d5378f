"""ANSI/SIA DC-09: panels and transmitters that report over IP."""

from receivers.dc09.message import decode
from receivers.dc09.receiver import Dc07Session
from receivers.dc09.session import OPTIONS, SWITCHES, Dc09Session

__all__ = ["OPTIONS", "SWITCHES", "Dc07Session", "Dc09Session", "decode"]
