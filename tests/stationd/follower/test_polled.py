"""What a `polls` entry tells of one account."""

from datetime import timedelta
from typing import Any

import pytest

from stationd.clock import from_ns, iso
from stationd.follower.model import ListenerFacts, Owner, Scope, Taken
from stationd.follower.polled import is_watched, poll_news
from stationd.journal.model import Kind
from stationd.supervision.account_polls import PollNews
from stationd.supervision.polls import Cause

FACTS = ListenerFacts(receiver="dc09", group="main", mode="primary", options={})


def news(journal: Any, note: dict[str, Any], facts: ListenerFacts | None = FACTS) -> PollNews:
    entry = journal.write(Kind.POLLS, b"", "ip", note)
    rx = iso(from_ns(entry.received_at))
    return poll_news(Taken(entry=entry, body=b"", rx=rx, listener=facts, meaning=None), "1", "2")


def test_an_entry_tells_everything_that_its_note_has(journal: Any) -> None:
    found = news(
        journal,
        {
            "cause": "missed",
            "first": "2026-03-02T15:00:00.000000Z",
            "last": "2026-03-02T15:00:01.000000Z",
            "longest_ms": 7999,
            "silent_ms": 75_000,
            "others_ms": 500,
        },
    )
    assert (found.acct, found.group, found.number, found.listener) == ("1", "main", "2", "ip")
    assert (found.cause, found.longest, found.silent) == (Cause.MISSED, 7, 75)
    assert found.first is not None
    assert found.last == found.first + timedelta(seconds=1)
    assert found.others == found.at - timedelta(milliseconds=500)


@pytest.mark.parametrize(
    "note",
    [
        {},
        {"cause": "unheard of", "first": "then", "last": 7, "longest_ms": "x", "others_ms": -1},
        {"silent_ms": -5, "longest_ms": None, "others_ms": None},
    ],
)
def test_what_a_note_does_not_tell_is_not_made_up(journal: Any, note: dict[str, Any]) -> None:
    found = news(journal, note, None)
    assert (found.cause, found.group) == (Cause.STOPPED, "")
    assert (found.first, found.last, found.others) == (None, None, None)
    assert (found.longest, found.silent) == (0, 0)


@pytest.mark.parametrize(
    ("service", "record", "watched"),
    [
        ("active", "open", True),
        ("suspended", "open", True),
        ("pending", "open", False),
        ("ended", "open", False),
        ("active", "closed", False),
    ],
)
def test_accounts_are_watched_while_they_are_served(
    service: str, record: str, *, watched: bool
) -> None:
    owner = Owner(
        acct="1", scope=Scope(), valid_from="", valid_to=None, service=service, record=record
    )
    assert is_watched(owner) is watched
