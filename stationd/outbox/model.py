"""Letters, acts of sending them, and what becomes of those."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

__all__ = ["BY_PROGRAM", "WAYS", "Letter", "Sending", "State"]


class State(StrEnum):
    """What became of an act of sending."""

    WAITING = "waiting"
    TRYING = "trying"
    READY = "ready"  # it lies ready for a person, who posts or delivers it
    SENT = "sent"
    UNCERTAIN = "uncertain"  # never tried again by the program; people find out and say
    REFUSED = "refused"
    CANCELLED = "cancelled"


WAYS: Mapping[str, str] = {
    "email": "e-mail",
    "post": "first-class mail",
    "certified": "certified mail",
    "courier": "courier",
    "hand": "hand delivery",
    "keypad": "text on the keypad",
}
"""How a letter may go, and what a letter calls that."""

BY_PROGRAM = frozenset({"email"})
"""The ways on which the program itself sends; the others end with a person's act."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A letter that was made from a signed form.

    ``doc``, ``text_doc`` and ``data_doc`` are the PDF, its text and what the form was filled with.
    ``stated_at`` is the instant it tells; it may be sent until ``send_by``.
    """

    id: str
    case_id: str
    kind: str
    form_id: str
    channel: str
    recipient: str
    address: str
    file: str
    doc: bytes
    sha256: str
    text_doc: bytes
    data_doc: bytes
    fact_id: str
    drafted_by: str
    drafted_at: datetime
    stated_at: datetime | None = None
    send_by: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """One act of sending a letter to one address.

    ``id`` is its idempotency key.  ``handing_at`` is when what cannot be taken back began.
    """

    id: str
    letter_id: str
    case_id: str
    channel: str
    address: str
    state: State
    ordered_by: str
    ordered_at: datetime
    why: str = ""
    tries: int = 0
    next_at: datetime | None = None
    message_id: str | None = None
    message_doc: bytes | None = None
    holder: str | None = None
    taken_at: datetime | None = None
    handing_at: datetime | None = None
    sent_at: datetime | None = None
    proof: Mapping[str, Any] = field(default_factory=dict)
    tracking: str | None = None
    fact_id: str | None = None
    declared_at: datetime | None = None
