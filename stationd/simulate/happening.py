"""What happens at a site, in every form in which a panel may say it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

__all__ = ["Event", "Form", "Happening", "Stamp", "digits", "is_by_user", "sia_block"]

_NUMERIC = {"E": "1", "R": "3", "P": "6"}
_BY_USER = "4"  # Contact ID 4xx: opening, closing, access


class Form(StrEnum):
    """How a panel writes its events."""

    CONTACT_ID = "contact_id"
    SIA = "sia"
    BASIC = "basic"  # the plain event letters and digits of old formats; DC-09 panels have none


@dataclass(frozen=True, slots=True)
class Happening:
    """One event in every form: Contact ID, SIA and Sur-Gard's letter.

    ``qualifier`` is E (new, opening) or R (restore, closing).  ``place`` is the zone or the user.
    """

    qualifier: str
    contact_id: str
    sia: str
    letter: str
    place: int = 0
    text: str = ""


@dataclass(frozen=True, slots=True)
class Event:
    """A happening as a receiver passes it on: whose it is, and in which form the panel said it."""

    number: str
    what: Happening
    form: Form = Form.CONTACT_ID


@dataclass(frozen=True, slots=True)
class Stamp:
    """A receiver's own number for a message (1 to 9999), and its clock."""

    sequence: int
    at: datetime


def digits(what: Happening) -> str:
    """Return Contact ID's qualifier and code in digits: ``1130`` for a new burglary."""
    return _NUMERIC[what.qualifier] + what.contact_id


def is_by_user(what: Happening) -> bool:
    """Tell whether the place is a user and not a zone."""
    return what.contact_id.startswith(_BY_USER)


def sia_block(what: Happening) -> str:
    """Return a new SIA event with its area, its place and its text."""
    text = f"^{what.text}^" if what.text else ""
    return f"Nri1/{what.sia}{what.place:02d}{text}"
