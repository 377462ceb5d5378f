"""Which protocol and which parity bytes look like: for a setup tool, never for receiving."""

import re
from dataclasses import dataclass

__all__ = ["Looks", "header_width", "looks_like", "parity_of", "without_parity"]

_SURGARD_FIRST = b"01356 8CSTs9"
_ENOUGH = 8
_MOST = 0.95

_DC09 = re.compile(rb'\n(?:[0-9A-Fa-f]{4}|.{2})0[0-9A-Fa-f]{3}"', re.DOTALL)
_BLOCK_8000 = re.compile(rb"[\x02\x03&'\x01][0-9]{6}\"")
_LINE_685 = re.compile(rb"\n[0-9]{2} [0-9A-Z ]")
_OKAY_685 = re.compile(rb"\n00 OKAY @")
_D6500 = re.compile(rb"(?:^|\x14)h?a[0-9A-Za-z]")
_ITI = re.compile(rb"\|\[")
_LUPUS = re.compile(rb"\[[0-9A-F]{4,} ?18[136]")
_SURGARD = re.compile(rb"(?:^|\x14)[%s][0-9A-Za-z ]{2,}[^\x14]*\x14" % _SURGARD_FIRST)
_HEARTBEAT = re.compile(rb"1([0-9A-Za-z]{3}|[0-9A-Za-z]{5}) {11}@")


@dataclass(frozen=True, slots=True)
class Looks:
    """A protocol that bytes look like, and what in them says so."""

    receiver: str
    because: str


_SIGNS = (
    (_DC09, Looks("dc09", "LF, checksum, length and a quote")),
    (_BLOCK_8000, Looks("mx8000", "a start byte, six digits and a quote")),
    (_OKAY_685, Looks("ademco685", "00 OKAY @ after LF")),
    (_ITI, Looks("iti", "frames begin with |[")),
    (_LUPUS, Looks("contact-id-tcp", "Contact ID in square brackets")),
    (_D6500, Looks("d6500", "DC4 ends frames and the id is a")),
    (_SURGARD, Looks("surgard", "DC4 ends frames that begin with a Sur-Gard id")),
    (_LINE_685, Looks("ademco685", "LF, two digits and a space")),
)


def looks_like(data: bytes) -> Looks | None:
    """Return what ``data`` looks like; None where it looks like nothing that is known."""
    for sign, looks in _SIGNS:
        if sign.search(data):
            return looks
    return None


def parity_of(data: bytes) -> str | None:
    """Return the parity that stands in the eighth bit of ``data``; None: there is none in it."""
    data = data.replace(b"\x00", b"")
    if len(data) < _ENOUGH or max(data) < 0x80:  # noqa: PLR2004  (the eighth bit)
        return None
    high = sum(byte > 0x7F for byte in data) / len(data)  # noqa: PLR2004  (likewise)
    even = sum(byte.bit_count() % 2 == 0 for byte in data) / len(data)
    for name, share in (("even", even), ("odd", 1 - even), ("mark", high)):
        if share >= _MOST:
            return name
    return None


def without_parity(data: bytes) -> bytes:
    """Return ``data`` without its eighth bits."""
    return bytes(byte & 0x7F for byte in data)


def header_width(data: bytes) -> str | None:
    """Return the layout of Sur-Gard headers, read from the width of a heartbeat."""
    found = _HEARTBEAT.search(data)
    if found is None:
        return None
    return {3: "RRL", 5: "RRLLL"}[len(found[1])]
