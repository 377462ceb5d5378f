"""CP-220: what a line says, in the one layout that is known (Silent Knight format 6)."""

import re

from receivers.codes import TABLE
from receivers.session import Accounts, Options
from receivers.signals import Decoded, Signal, SignalClass, Undecoded
from receivers.text import decode_text

__all__ = ["decode"]

_LINE = re.compile(r"([0-9])([0-9])([0-9A-F]{6})([0-9A-F]{4})")


def decode(raw: bytes, accounts: Accounts, options: Options) -> Decoded | Undecoded:
    """Read one stored line; never raises, whatever the bytes."""
    match = _LINE.fullmatch(decode_text(raw.strip(b"\x00\r\n")))
    if match is None:
        return Undecoded("not in a known layout of the CP-220")
    signal = Signal(
        number=match[3],
        token="cp220",
        signal_class=SignalClass.STATUS,
        code=match[4],
        receiver=match[1],
        line=match[2],
    )
    return Decoded(signals=(signal,), table=TABLE)
