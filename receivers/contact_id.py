"""Contact ID (ANSI/SIA DC-05): the event as text, and the 16-digit string of the dialler."""

import re
from dataclasses import dataclass

from receivers.checksums import contact_id_digit
from receivers.codes import PLACES, name_contact_id
from receivers.signals import Signal

__all__ = ["ContactId", "read_any", "read_event", "read_string", "read_tail", "signal"]

# Print forms of the qualifier: E130 and R130 are 1130 and 3130, P is 6.
_QUALIFIERS = {"1": "1", "3": "3", "6": "6", "E": "1", "R": "3", "P": "6"}
# Partition and zone may be hexadecimal; the code has B to F in vendor use.
_EVENT = re.compile(r"\s*([136ERP])([0-9A-F]{3})\s+([0-9A-F]{1,2})\s+([CU]?)([0-9A-F]{1,4})\s*")
_TAIL = re.compile(r"([136ERP])([0-9A-F]{3})([0-9A-F]{2})([0-9A-F]{3})")
_STRING = re.compile(
    r"([0-9B-F]{4}|[0-9B-F]{10})(18|98)([136])([0-9B-F]{3})([0-9B-F]{2})([0-9B-F]{3})([0-9B-F])"
)


@dataclass(frozen=True, slots=True)
class ContactId:
    """An event.  ``qualifier`` is 1, 3 or 6; ``letter`` is how it was written.

    ``number`` and ``kind`` (18 or 98) are empty where the form does not carry them.  ``mark`` is C
    or U where the receiver says itself whether the number is of a zone or of a user.
    """

    qualifier: str
    code: str
    group: str
    zone: str
    letter: str
    number: str = ""
    kind: str = ""
    mark: str = ""


def read_event(text: str) -> ContactId | None:
    """Read ``QXYZ GG CCC``, as in ADM-CID data and the 685 protocol."""
    match = _EVENT.fullmatch(text)
    if match is None:
        return None
    letter, code, group, mark, zone = match.groups()
    return ContactId(_QUALIFIERS[letter], code, group, zone, letter, mark=mark)


def read_tail(text: str) -> ContactId | None:
    """Read ``QXYZGGCCC``, nine characters without spaces."""
    match = _TAIL.fullmatch(text)
    if match is None:
        return None
    letter, code, group, zone = match.groups()
    return ContactId(_QUALIFIERS[letter], code, group, zone, letter)


def read_any(text: str) -> ContactId | None:
    """Read an event with or without its spaces."""
    return read_event(text) or read_tail(text.strip())


def read_string(text: str) -> ContactId | None:
    """Read ``ACCTMTQXYZGGCCCS`` of the dialler; None where shape or check digit are wrong."""
    match = _STRING.fullmatch(text)
    if match is None or contact_id_digit(text[:-1]) != text[-1]:
        return None
    number, kind, letter, code, group, zone, _ = match.groups()
    return ContactId(_QUALIFIERS[letter], code, group, zone, letter, number, kind)


def signal(event: ContactId, *, number: str, token: str, receiver: str, line: str) -> Signal:
    """Return ``event`` as the signal of ``number``."""
    signal_class, name, address, vendor = name_contact_id(event.code, event.qualifier)
    by_user = event.mark == "U" or (address == "user" and not event.mark)
    user = event.zone if by_user else ""
    extra = {"q": event.letter}
    if not event.mark and address not in PLACES:
        extra["place"] = address
    return Signal(
        number=number,
        token=token,
        signal_class=signal_class,
        code=event.code,
        code_name=name,
        zone="" if user else event.zone,
        user=user,
        area=event.group,
        new={"1": True, "3": False}.get(event.qualifier),
        receiver=receiver,
        line=line,
        vendor=vendor,
        extra=extra,
    )
