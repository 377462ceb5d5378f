"""The bytes of an Ademco 685, of CAPS, and of an AES 7705i that imitates a 685.

``LF``, receiver and line card, account, event, ``CR``; CAPS ends its 4x2 reports in the letter A.
"""

from collections.abc import Callable

from stationd.simulate.happening import Event, Form, Stamp, is_by_user

__all__ = ["caps", "channels", "contact_id", "four_two", "okay", "writer"]

# What the digits of old formats mean is programmed in each panel; these are ours.
_DIGITS = {"A": "3", "C": "C", "F": "9", "O": "B", "R": "E", "T": "F"}


def writer(
    *, contact: str = "11", basic: str = "11", form: Form | None = None, joined: bool = False
) -> Callable[[Event, Stamp], tuple[bytes, ...]]:
    """Return what writes Contact ID on one line card and the old formats on another.

    ``form`` is given where the receiver knows that one only.  ``joined``: 4x2 without a space.
    """

    def write(event: Event, stamp: Stamp) -> tuple[bytes, ...]:
        if (form or event.form) is Form.BASIC:
            digit, zone = _DIGITS[event.what.letter], f"{event.what.place % 16:X}"
            return (four_two(basic, event.number, digit, zone, joined=joined),)
        return (contact_id(contact, event),)

    return write


def contact_id(line: str, event: Event) -> bytes:
    """Return ``RG AAAA 18 QXYZ GG FCCC ``; F is U where the place is a user."""
    what = event.what
    place = f"{'U' if is_by_user(what) else 'C'}{what.place:03d}"
    return _ended(f"{line} {event.number} 18 {what.qualifier}{what.contact_id} 01 {place} ")


def four_two(line: str, number: str, digit: str, zone: str = "", *, joined: bool = False) -> bytes:
    """Return ``RG AAAA E Z``, or without a zone ``RG AAAA E``; AES leaves the last space out."""
    space = "" if joined or not zone else " "
    return _ended(f"{line} {number:0>4} {digit}{space}{zone}")


def channels(line: str, number: str, text: str) -> bytes:
    """Return ``RG AAAA NNNN NNNN N``: high speed."""
    return _ended(f"{line} {number} {text}")


def caps(event: Event, stamp: Stamp) -> tuple[bytes, ...]:
    """Return ``RG AAAA X Y ZA``: 16 times the event and the zone, as three decimal digits."""
    value = 16 * int(_DIGITS[event.what.letter], 16) + event.what.place % 16
    spelled = " ".join(f"{value:03d}")
    return (f"\n11 {event.number} {spelled}A".encode("ascii"),)


def okay(line: str = "00", *, space: str = "") -> bytes:
    """Return the sign of life, unasked or asked for."""
    return _ended(f"{line} OKAY @{space}")


def _ended(text: str) -> bytes:
    return b"\n" + text.encode("ascii") + b"\r"
