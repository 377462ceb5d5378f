"""AES 7705i: what a line says.

In 685 mode its line card 4 writes the two digits of 4/2 without a space; in D6500 mode the three
digits of a common format are a mixed number.
"""

import re
from dataclasses import replace

from receivers import ademco685, d6500
from receivers.aes.session import OPTIONS
from receivers.codes import TABLE
from receivers.options import read_class, read_word
from receivers.session import Accounts, Options
from receivers.signals import Decoded, Signal, SignalClass, Undecoded
from receivers.text import decode_text

__all__ = ["decode"]

_FOUR_TWO = re.compile(r"\n([0-9])(4) ([0-9A-F]{4}) ([0-9A-F])([0-9A-F]) ?\r")
_COMMON = "1"  # the message type of the common formats
_MIXED = re.compile(r"([0-9A-F])([0-9]{2})")


def decode(raw: bytes, accounts: Accounts, options: Options) -> Decoded | Undecoded:
    """Read one stored line; never raises, whatever the bytes."""
    if read_word(options, OPTIONS, "mode") != "685":
        read = d6500.decode(raw, accounts, options)
        if isinstance(read, Undecoded):
            return read
        return replace(read, signals=tuple(map(_counted, read.signals)))
    match = _FOUR_TWO.fullmatch(decode_text(raw.strip(b"\x00")))
    if match is None:
        return ademco685.decode(raw, accounts, options)
    receiver, line, number, code, zone = match.groups()
    signal = Signal(
        number=number,
        token="4x2",
        signal_class=read_class(options, code) or SignalClass.ALARM,
        code=code,
        zone=zone,
        receiver=receiver,
        line=line,
    )
    return Decoded(signals=(signal,), table=TABLE)


def _counted(signal: Signal) -> Signal:
    """Return a signal of a common format with the value of its mixed number beside it."""
    match = _MIXED.fullmatch(signal.zone) if signal.token == _COMMON else None
    if match is None:
        return signal
    value = int(match[1], 16) * 16 + int(match[2])
    return replace(signal, extra={**signal.extra, "value": str(value)})
