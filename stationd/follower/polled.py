"""What a `polls` entry tells of one account, for its supervision."""

from datetime import datetime
from typing import Any

from stationd.clock import from_ns, parse_iso
from stationd.follower.meaning import note_of
from stationd.follower.model import Owner, Taken
from stationd.supervision.account_polls import PollNews
from stationd.supervision.polls import Cause

__all__ = ["is_watched", "poll_news"]

_CAUSES = {cause.value: cause for cause in Cause}


def is_watched(owner: Owner) -> bool:
    """Tell whether an account is supervised at all: its service goes on, its record is open."""
    return owner.service in ("active", "suspended") and owner.record == "open"


def poll_news(taken: Taken, acct: str, number: str) -> PollNews:
    """Return what an entry that names ``number`` tells of ``acct``.

    A cause of a later release is taken as the end of a span, which tells what was heard.
    """
    note = note_of(taken.entry)
    return PollNews(
        acct=acct,
        group=taken.listener.group if taken.listener else "",
        number=number,
        listener=taken.entry.listener,
        cause=_CAUSES.get(str(note.get("cause")), Cause.STOPPED),
        at=from_ns(taken.entry.received_at),
        first=_moment(note.get("first")),
        last=_moment(note.get("last")),
        longest=_seconds(note.get("longest_ms")),
        silent=_seconds(note.get("silent_ms")),
        others=_ago(taken, note.get("others_ms")),
    )


def _moment(told: Any) -> datetime | None:  # noqa: ANN401  (whatever JSON holds)
    try:
        return parse_iso(told) if isinstance(told, str) else None
    except ValueError:
        return None


def _ago(taken: Taken, told: Any) -> datetime | None:  # noqa: ANN401  (likewise)
    if not isinstance(told, int) or told < 0:
        return None
    return from_ns(max(0, taken.entry.received_at - told * 1_000_000))


def _seconds(told: Any) -> int:  # noqa: ANN401  (likewise)
    return min(told // 1000, 2**31 - 1) if isinstance(told, int) and told > 0 else 0
