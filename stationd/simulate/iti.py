"""The records of an ITI CS-4000 or CS-5000: ITI Generic, and the Computer Interface.

Of a generic report's fields only part is known; ours has those of the manual's example, with the
account and the zone where that has digits.  The rule of the check of the Computer Interface is
not known either: ours is a letter and a digit that check nothing.
"""

from stationd.simulate.happening import Event, Stamp

__all__ = ["generic", "interface", "interface_beat", "report", "test", "write"]

_LONGEST_ACCOUNT = 6
_CHECK = "K1"


def write(event: Event, stamp: Stamp) -> tuple[bytes, ...]:
    """Return an event as a report of ITI Generic."""
    return (report(event.number, event.what.letter, f"{event.what.place % 100:02d}"),)


def report(number: str, condition: str, zone: str, *, kind: str = "j") -> bytes:
    """Return a report: receiver, line, kind of panel, account and what befell it."""
    return _ended(f"1B1{kind}{number}8b{zone}{condition}")


def test() -> bytes:
    """Return the receiver's test record."""
    return _ended("IT IRCV 234A")


def generic(said: str) -> bytes:
    """Return any record of ITI Generic."""
    return _ended(said)


def interface(event: Event, stamp: Stamp) -> tuple[bytes, ...]:
    """Return an event as a report of the Computer Interface; long accounts are cut."""
    fields = {
        "I": "A1",
        "L": "B",
        "A": event.number[-_LONGEST_ACCOUNT:],
        "V": "55600",
        "D": f"{stamp.at:%m%d}",
        "T": f"{stamp.at:%H%M}",
        "N": f"{stamp.sequence:04d}",
        "Z": str(event.what.place),
        "C": event.what.letter,
    }
    return (_record("R", fields),)


def interface_beat(stamp: Stamp) -> bytes:
    """Return a supervisory record: the receiver's sign of life."""
    fields = {
        "I": "A1",
        "D": f"{stamp.at:%y%m%d}",
        "T": f"{stamp.at:%H%M%S}",
        "V": "042097",
        "L": "6.1",
    }
    return _record("S", fields)


def _record(kind: str, fields: dict[str, str]) -> bytes:
    said = "".join(f"|{letter}{value}" for letter, value in fields.items())
    return f"|[{kind}{said}|]{_CHECK}\r".encode("ascii")


def _ended(said: str) -> bytes:
    return b"\n" + said.encode("ascii") + b"\r"
