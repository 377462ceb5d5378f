"""What a receiver says of itself that makes a gap: faults that begin, and what ends each.

A receiver in trouble may still talk to us, so the link says nothing of it.  Mains, battery and
programming are no gap: it receives all the same.
"""

from collections.abc import Mapping
from types import MappingProxyType

from receivers.signals import Signal, SignalClass

__all__ = ["FAULTS", "receiver_fault"]

_CARD, _PHONE, _PRINTER = "line card", "telephone line", "printer"
_PATH, _COMPUTER, _QUEUE = "communication", "computer port", "event queue"

FAULTS: Mapping[str, tuple[str, bool]] = MappingProxyType(
    {
        # SIA codes, as Sur-Gard, Bosch and others report themselves with.
        "YD": (_CARD, True),
        "YE": (_CARD, False),
        "LT": (_PHONE, True),
        "LR": (_PHONE, False),
        "VT": (_PRINTER, True),
        "VR": (_PRINTER, False),
        "VZ": (_PRINTER, True),
        "VY": (_PRINTER, False),
        "VO": (_PRINTER, True),
        "VI": (_PRINTER, False),
        "YC": (_PATH, True),
        "YS": (_PATH, True),
        "YK": (_PATH, False),
        # System codes of the MX8000.
        "69": (_QUEUE, True),
        "6A": (_QUEUE, False),
        "6B": (_PRINTER, True),
        "6C": (_PRINTER, True),
        "6D": (_PRINTER, False),
        "70": (_CARD, True),
        "72": (_CARD, False),
        "71": (_PHONE, True),
        "73": (_PHONE, False),
        "7B": (_COMPUTER, True),
        "7D": (_COMPUTER, False),
    }
)
"""By code: which part of the receiver, and whether its fault begins or ends."""


def receiver_fault(signal: Signal) -> tuple[str, bool] | None:
    """Return which fault of a receiver begins (True) or ends with ``signal``; None: none."""
    if signal.signal_class is not SignalClass.SELF:
        return None
    known = FAULTS.get(signal.code)
    if known is None:
        return None
    part, begins = known
    if signal.new is False:
        # "Trouble, restored": the receiver qualifies the code instead of sending another.
        begins = False
    # A database takes no NUL; one such gap would hold up all that follows.
    where = (signal.zone or signal.line).replace("\0", "")
    return f"{part}{f' {where}' if where.strip('0') else ''}", begins
