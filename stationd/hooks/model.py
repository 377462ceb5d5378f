"""Pages, and what goes out of one: never anything of a customer but the account's number."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from archive.canonical import JsonValue, encode
from stationd.clock import iso
from stationd.paging import KINDS

__all__ = ["Alarm", "Letter", "Page", "Send", "SendState", "body"]


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Alarm:
    """That something is so now which people must hear of; ``subject`` is what it is about."""

    kind: str
    subject: str
    said: str


class SendState(StrEnum):
    """How far one hook is with one page."""

    WAITING = "waiting"
    SENT = "sent"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What has to be told; ``turn`` counts how often it was, ``ended_at`` None: it lasts."""

    id: str
    kind: str
    subject: str
    said: str
    began_at: datetime
    turn: int = 1
    repeat_at: datetime | None = None
    acked_at: datetime | None = None
    acked_by: str | None = None
    ended_at: datetime | None = None

    @property
    def open(self) -> bool:
        """Whether it still has to be told."""
        return self.ended_at is None and self.acked_at is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Send:
    """One turn of a page to one hook."""

    page_id: str
    turn: int
    hook: str
    state: SendState
    tries: int
    next_at: datetime
    sent_at: datetime | None = None
    said: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """What goes out: its id, which is the same for every try, and files to go with it."""

    id: str
    station: str
    page: Page
    files: tuple[tuple[str, bytes], ...] = field(default=(), repr=False)

    @property
    def title(self) -> str:
        """The subject line."""
        return KINDS.get(self.page.kind, "A test of the hooks")


def body(letter: Letter) -> bytes:
    """Return what a program is told: the same bytes for every try."""
    page = letter.page
    value: dict[str, JsonValue] = {
        "began_at": iso(page.began_at),
        "files": {name: content.hex() for name, content in letter.files},
        "id": letter.id,
        "kind": page.kind,
        "page": page.id,
        "station": letter.station,
        "subject": page.subject,
        "text": page.said,
        "title": letter.title,
        "turn": page.turn,
        "type": "stationd-page",
        "v": 1,
    }
    return encode(value) + b"\n"
