"""The bytes of a Sur-Gard receiver's automation output: fixed columns, ended by DC4.

Both header widths are written: RRL (MLR2 and its family) and RRLLL (System I to 5).
"""

from dataclasses import dataclass

__all__ = [
    "ACK",
    "DC4",
    "NAK",
    "Header",
    "basic",
    "contact_id",
    "heartbeat",
    "own_event",
    "sia",
]

DC4 = b"\x14"
ACK = b"\x06"
NAK = b"\x15"


@dataclass(frozen=True, slots=True)
class Header:
    """Receiver and line as they stand after the protocol's id: ``01`` and ``1``, or ``001``."""

    receiver: str = "01"
    line: str = "1"

    @property
    def text(self) -> str:
        """The digits themselves."""
        return self.receiver + self.line


def contact_id(
    header: Header, number: str, qualifier: str, code: str, *, group: str, zone: str
) -> bytes:
    """Return ``5RRLs18AAAAQXYZGGCCC``; ``qualifier`` is E, R or P."""
    return _ended(f"5{header.text} 18{number}{qualifier}{code}{group}{zone}")


def sia(header: Header, number: str, block: str) -> bytes:
    """Return ``SRRL[#AAAA|block]``; ``block`` begins with its function letter."""
    return _ended(f"S{header.text}[#{number}|{block}]")


def basic(header: Header, number: str, letter: str, zone: str) -> bytes:
    """Return ``1RRLssssssAAAAsXGYYY``, account and zone right-aligned, without a group."""
    return _ended(f"1{header.text}{number:>10} {letter}{zone:>4}")


def own_event(header: Header, block: str) -> bytes:
    """Return ``0RRL[#0000|block]``: an event of the receiver itself."""
    return _ended(f"0{header.text}[#0000|{block}]")


def heartbeat(header: Header) -> bytes:
    """Return ``1RRLsssssssssss@ssss``, 20 characters with RRL and 22 with RRLLL."""
    return _ended(f"1{header.text}{' ' * 11}@{' ' * 4}")


def _ended(text: str) -> bytes:
    return text.encode("ascii") + DC4
