"""What is handed out of a bundle, to whom, and how far that is."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

__all__ = ["Handout", "HandoutState", "Way"]


class Way(StrEnum):
    """How it is handed out: by links into the archive, or as a copy of the files."""

    LINK = "link"
    COPY = "copy"


class HandoutState(StrEnum):
    """How far it is: asked for; verified, and ready; copied; or refused."""

    ASKED = "asked"
    READY = "ready"
    DONE = "done"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Handout:
    """One handing out of one bundle, for one person and purpose.

    ``doc`` is the hash of recipient and purpose, ``links`` the sealed addresses by file, ``count``
    how often the links were shown, or the files copied: who fetches a link tells nobody here.
    ``certificate`` is the fingerprint of the one that the copy is enveloped to; None: it is not.
    ``compartment`` is that whose archive alone is handed out; empty: the bundle without any.
    """

    id: str
    order_id: str
    way: Way
    recipient: str
    purpose: str
    doc: bytes
    asked_by: str
    asked_at: datetime
    valid: timedelta
    state: HandoutState = HandoutState.ASKED
    why: str = ""
    links: str | None = None
    made_at: datetime | None = None
    expires_at: datetime | None = None
    count: int = 0
    certificate: str | None = None
    compartment: str = ""
