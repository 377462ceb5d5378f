"""CP-220: what a line says, in the layouts that are known: Silent Knight format 6, FBI Superfast.

Date and time stand behind a character that is programmed at the receiver; they are kept as text.
"""

import re

from receivers.codes import TABLE
from receivers.cp220.session import OPTIONS
from receivers.options import read_bytes
from receivers.session import Accounts, Options
from receivers.signals import Decoded, Signal, SignalClass, Undecoded
from receivers.text import decode_text

__all__ = ["decode"]

_LINE = re.compile(r"([0-9])([0-9])([0-9A-F]{6})([0-9A-F]{4})")
# Account, event and zone type, zone.
_SUPERFAST = re.compile(r"([0-9])([0-9]) ?([0-9A-F]{4}) ?([A-Z][0-9]) ?([0-9]{3})")


def decode(raw: bytes, accounts: Accounts, options: Options) -> Decoded | Undecoded:
    """Read one stored line; never raises, whatever the bytes."""
    end = read_bytes(options, OPTIONS, "end")
    body, time = raw.removesuffix(end).lstrip(b"\x00\r\n").rstrip(b"\r\n"), b""
    mark = read_bytes(options, OPTIONS, "time_header")
    if mark:
        body, _, time = body.partition(mark)
    text = decode_text(body)
    match = _SUPERFAST.fullmatch(text) or _LINE.fullmatch(text)
    if match is None:
        return Undecoded("not in a known layout of the CP-220")
    signal = Signal(
        number=match[3],
        token="cp220",
        signal_class=SignalClass.STATUS,
        code=match[4],
        zone=match[5] if match.re is _SUPERFAST else "",
        receiver=match[1],
        line=match[2],
        receiver_time=decode_text(time),
    )
    return Decoded(signals=(signal,), table=TABLE)
