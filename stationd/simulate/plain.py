"""The bytes of what is simple, or hardly known: lines of text, each with one answer.

FBI CP-220, Contact ID over TCP (Lupus, Climax), an Exprecium's own output, Osborne-Hoffman over IP,
a template of DMP's, and lines of nobody in particular.
"""

from stationd.simulate.happening import Event, Form, Stamp, digits

__all__ = [
    "bracketed",
    "check_digit",
    "contact_id_tcp",
    "cp220",
    "cp220_line",
    "dmp",
    "dmp_test",
    "exprecium",
    "line",
    "oh_heartbeat",
    "oh_line",
]

_VALUES = {digit: value for value, digit in enumerate("1234567890BCDEF", start=1)}
_BY_VALUE = {value: digit for digit, value in _VALUES.items()}
_MODULUS = 15
_DMP_LAST = 99


def cp220(event: Event, stamp: Stamp) -> tuple[bytes, ...]:
    """Return an event in the layout of Silent Knight format 6."""
    return (cp220_line(event.number, digits(event.what)),)


def cp220_line(number: str, code: str) -> bytes:
    """Return receiver, group, account of six digits and code."""
    return f"11{number}{code}\r".encode("ascii")


def contact_id_tcp(event: Event, stamp: Stamp) -> tuple[bytes, ...]:
    """Return a Contact ID string of the dialler in brackets, check digit and all."""
    tail = f"18{digits(event.what)}01{event.what.place:03d}"
    return (bracketed(event.number, tail),)


def bracketed(number: str, tail: str) -> bytes:
    """Return account and the rest of a string, its check digit behind it, in brackets."""
    return f"[{number} {tail}{check_digit(number + tail)}]".encode("ascii")


def check_digit(said: str) -> str:
    """Return what makes the sum of all digits a multiple of 15; a 0 counts as 10."""
    total = sum(_VALUES[digit] for digit in said)
    return _BY_VALUE[_MODULUS - total % _MODULUS]


def exprecium(event: Event, stamp: Stamp) -> tuple[bytes, ...]:
    """Return time, date, receiver and line, and the event: Contact ID, or SIA in brackets."""
    what = event.what
    place = f"{what.place:02d}" if what.place else ""
    said = f" {event.number} {what.qualifier}{what.contact_id} 01 {what.place:03d}"
    if event.form is Form.SIA:
        said = f"[#{event.number}|E{what.sia}{place}]"
    return (f"{stamp.at:%H:%M %m/%d} 11{said}\r".encode("ascii"),)


def oh_heartbeat(number: str) -> bytes:
    """Return the one line of Osborne-Hoffman that is known, a panel's heartbeat."""
    return f"SR0001L0001    {number:8}    [ID00000000]".encode("ascii")


def oh_line(event: Event, stamp: Stamp) -> tuple[bytes, ...]:
    """Return a line with its end; how events are written is not known."""
    return (f"{event.number} {stamp.sequence:04d} [{digits(event.what)}]".encode("ascii"),)


def dmp(event: Event, stamp: Stamp) -> tuple[bytes, ...]:
    """Return a line of an operator's template: sequence 1 to 99, account, message, CR."""
    sequence = (stamp.sequence - 1) % _DMP_LAST + 1
    what = event.what
    return (f"{sequence:02d} {event.number} {what.sia} {what.place:03d}\r".encode("ascii"),)


def dmp_test(stamp: Stamp) -> bytes:
    """Return the test message of that template."""
    return b"s00 TEST\r"


def line(event: Event, stamp: Stamp) -> tuple[bytes, ...]:
    """Return a line with a number, for which any program may be set up."""
    said = f"{stamp.sequence:04d} {event.number} {digits(event.what)} {event.what.place:03d}\r"
    return (said.encode("ascii"),)
