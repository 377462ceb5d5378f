"""What every way out is given, and what it answers.

A way is given a `Parcel` and a function ``handing``.  It does what can be done again, then calls
``handing`` once, then does the one act that cannot be taken back.  When ``handing`` returns it is
committed that the act begins; when it raises, the letter must not go out, and the way lets the
exception through.  Its answer says what is known of the act:

* `Sent`: it was taken, with what the way gave as proof;
* `Lies`: it lies ready for a person, who posts or delivers it and says so;
* `Later`: it was not taken for now, and may be tried again;
* `Refused`: it was not taken, and will not be;
* `Unsure`: nobody knows.  It is never tried again by the program.

After a crash between ``handing`` and the answer the program asks ``recover``, which looks what
became of the act without beginning it anew.  Whoever cannot look answers `Unsure`.

A print-and-mail service is a way like any other: the parcel's ``key`` is the idempotency key of the
request, ``handing`` is called before the request leaves, the service's job number is the proof, and
``recover`` asks the service for the job of that key.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from archive.canonical import JsonValue

__all__ = ["Channel", "Later", "Lies", "Outcome", "Parcel", "Refused", "Sent", "Unsure"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """One letter on its way to one address.

    ``key`` is the same for every try.  ``message`` are the exact bytes of an e-mail.  ``about`` is
    what a job says of it: plain values, for people and for a print service.
    """

    key: str
    channel: str
    recipient: str
    address: str
    file: str
    content: bytes
    declaration: str = ""
    message: bytes = b""
    message_id: str = ""
    about: Mapping[str, JsonValue] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Sent:
    """It was taken; ``proof`` is what the way gave, as plain values."""

    proof: Mapping[str, JsonValue]


@dataclass(frozen=True, slots=True)
class Lies:
    """It lies ready at a place, for a person to post or deliver."""

    where: str


@dataclass(frozen=True, slots=True)
class Later:
    """It was not taken for now; ``why`` is told."""

    why: str


@dataclass(frozen=True, slots=True)
class Refused:
    """It was not taken, and trying again does not help."""

    why: str


@dataclass(frozen=True, slots=True)
class Unsure:
    """Whether it was taken is not known."""

    why: str


Outcome = Sent | Lies | Later | Refused | Unsure


class Channel(Protocol):
    """A way out."""

    def send(self, parcel: Parcel, handing: Callable[[], None]) -> Outcome:
        """Send a parcel: see the rules above."""

    def recover(self, parcel: Parcel, since: datetime) -> Outcome:
        """Tell what became of a parcel whose act began at ``since`` and was cut off."""

    def call_back(self, key: str) -> None:
        """Take a parcel that lies ready out of people's way, where that can be done."""
