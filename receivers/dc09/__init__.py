"""ANSI/SIA DC-09: panels and transmitters that report over IP."""

from receivers.dc09.cipher import KEY_LENGTHS, check_value
from receivers.dc09.message import decode
from receivers.dc09.receiver import Dc07Session
from receivers.dc09.session import OPTIONS, SWITCHES, Dc09Session, recall

__all__ = [
    "KEY_LENGTHS",
    "OPTIONS",
    "SWITCHES",
    "Dc07Session",
    "Dc09Session",
    "check_value",
    "decode",
    "recall",
]
