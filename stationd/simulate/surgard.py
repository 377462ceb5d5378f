"""The bytes of a Sur-Gard receiver's automation output: fixed columns, ended by DC4.

Both header widths are written: RRL (MLR2 and its family) and RRLLL (System I to 5).  Imitators
write Contact ID with digits for qualifiers, as message type 98, with accounts of 4 to 10 digits,
without the space, or without an end.
"""

from collections.abc import Callable
from dataclasses import dataclass

from stationd.simulate.happening import Event, Form, Stamp, digits, sia_block
from stationd.simulate.voice import ACK, NAK

__all__ = [
    "ACK",
    "DC4",
    "NAK",
    "Dialect",
    "Header",
    "basic",
    "channels",
    "coded",
    "contact_id",
    "heartbeat",
    "own_event",
    "sia",
    "telim",
    "writer",
]

DC4 = b"\x14"


@dataclass(frozen=True, slots=True)
class Header:
    """Receiver and line as they stand after the protocol's id: ``01`` and ``1``, or ``001``."""

    receiver: str = "01"
    line: str = "1"

    @property
    def text(self) -> str:
        """The digits themselves."""
        return self.receiver + self.line


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """How Contact ID is written: Sur-Gard's own way, or an imitator's."""

    numeric: bool = False
    kind: str = "18"
    space: str = " "
    end: bytes = DC4


_OWN = Dialect()


def writer(header: Header, dialect: Dialect = _OWN) -> Callable[[Event, Stamp], tuple[bytes, ...]]:
    """Return what writes an event in the form in which the panel said it."""

    def write(event: Event, stamp: Stamp) -> tuple[bytes, ...]:
        number, what = event.number, event.what
        if event.form is Form.SIA:
            return (sia(header, number, sia_block(what)),)
        if event.form is Form.BASIC:
            return (basic(header, number, what.letter, str(what.place or "")),)
        qualifier = digits(what)[0] if dialect.numeric else what.qualifier
        zone = f"{what.place:03d}"
        code = what.contact_id
        return (
            contact_id(header, number, qualifier, code, group="01", zone=zone, dialect=dialect),
        )

    return write


def contact_id(  # noqa: PLR0913  (the fields of a message)
    header: Header,
    number: str,
    qualifier: str,
    code: str,
    *,
    group: str,
    zone: str,
    dialect: Dialect = _OWN,
) -> bytes:
    """Return ``5RRLs18AAAAQXYZGGCCC``; ``qualifier`` is E, R or P."""
    body = f"{dialect.space}{dialect.kind}{number}{qualifier}{code}{group}{zone}"
    return f"5{header.text}{body}".encode("ascii") + dialect.end


def sia(header: Header, number: str, block: str) -> bytes:
    """Return ``SRRL[#AAAA|block]``; ``block`` begins with its function letter."""
    return _ended(f"S{header.text}[#{number}|{block}]")


def coded(header: Header, number: str, code: str, address: str, *, kind: str = "3") -> bytes:
    """Return ``3RRLssssssAAAAXXYYYY``, a SIA code in short form; kind 6: the same of BFSK."""
    return _ended(f"{kind}{header.text}{number:>10}{code}{address}")


def basic(header: Header, number: str, letter: str, zone: str, *, group: str = "") -> bytes:
    """Return ``1RRLssssssAAAAsXGYYY``, account and zone right-aligned."""
    return _ended(f"1{header.text}{number:>10} {letter}{group:1}{zone:>3}")


def channels(header: Header, number: str, text: str) -> bytes:
    """Return ``8RRLAAAAsCCCCsCCCCsC``: Ademco high speed and its like."""
    return _ended(f"8{header.text}{number} {text}")


def telim(header: Header, number: str, letter: str, zone: str) -> bytes:
    """Return ``TRRLAAAAAAsEssZZ``: Telenot and Telim."""
    return _ended(f"T{header.text}{number} {letter}  {zone}")


def own_event(header: Header, block: str, *, kind: str = "0") -> bytes:
    """Return ``0RRL[#0000|block]``: an event of the receiver itself; kind S by option."""
    return _ended(f"{kind}{header.text}[#0000|{block}]")


def heartbeat(header: Header, *, end: bytes = DC4) -> bytes:
    """Return ``1RRLsssssssssss@ssss``, 20 characters with RRL and 22 with RRLLL."""
    return f"1{header.text}{' ' * 11}@{' ' * 4}".encode("ascii") + end


def _ended(text: str) -> bytes:
    return text.encode("ascii") + DC4
