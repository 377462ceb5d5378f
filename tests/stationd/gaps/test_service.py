"""Asking for gaps."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from stationd.bundles.reading import read_gaps
from stationd.clock import from_ns, iso
from stationd.db import schema
from stationd.desk import Desk
from stationd.follower.service import follow, note_reached
from stationd.gaps.model import Cause, Gap
from stationd.gaps.service import gaps, gaps_of_account, read_account_gaps
from stationd.gaps.store import read_service_start, record_gaps
from stationd.journal.model import Kind
from stationd.supervision.model import Silence, Way
from stationd.supervision.store import record_silences

pytestmark = pytest.mark.both_databases

MINUTE = timedelta(minutes=1)


def test_gaps_of_a_period_are_those_that_reach_into_it(desk: Desk, journal: Any) -> None:
    began = desk.clock.now()
    journal.write(Kind.LINK_DOWN, b"", "ip", {"scope": "listener", "cause": "unplugged"})
    journal.write(Kind.LINK_UP, b"", "ip", {"scope": "listener"}, after=timedelta(minutes=5))
    follow(desk, journal, node="n1", accounts=lambda _: lambda _: None)
    (gap,) = gaps(desk)
    assert (gap.listener, gap.detail) == ("ip", "unplugged")
    assert gaps(desk, since=desk.clock.now() + timedelta(seconds=1)) == []
    assert gaps(desk, until=began) == []
    assert gaps(desk, listeners=["com1"]) == []
    assert gaps(desk, since=began, until=desk.clock.now(), listeners=["ip"]) == [gap]


def frames_of_others(journal: Any, minutes: int) -> None:
    for _ in range(minutes):
        journal.write(Kind.FRAME, b"x", "ip", after=MINUTE)


def missed(journal: Any, number: str = "0001") -> None:
    note = {"cause": "missed", "number": number, "silent_ms": 75_000}
    journal.write(Kind.POLLS, b"", "ip", note, after=timedelta(0))


def followed(desk: Desk, journal: Any) -> None:
    follow(desk, journal, node="n1", accounts=lambda _: lambda _: None)
    note_reached(desk, journal.id, "n1", desk.clock.now())


def test_an_account_that_is_missed_while_others_are_heard_is_a_gap_of_its_own(
    desk: Desk, journal: Any, roll: Any
) -> None:
    roll.account("1")
    roll.link("1", "main", "0001")
    journal.start()
    frames_of_others(journal, 5)
    missed(journal)
    frames_of_others(journal, 5)
    followed(desk, journal)
    (gap,) = gaps(desk)
    assert (gap.acct, gap.cause, gap.listener, gap.node, gap.ended_at) == (
        "1",
        Cause.ACCOUNT_PATH,
        "ip",
        "n1",
        None,
    )
    assert gaps_of_account(desk, "1") == [gap]
    assert gaps_of_account(desk, "1", until=desk.clock.now() - 30 * MINUTE) == []
    assert gaps(desk, listeners=["com1"]) == []


def test_a_link_that_turns_out_to_have_been_down_takes_the_gap_over(
    desk: Desk, journal: Any, roll: Any
) -> None:
    roll.account("1")
    roll.link("1", "main", "0001")
    journal.start()
    frames_of_others(journal, 5)
    missed(journal)
    frames_of_others(journal, 5)
    followed(desk, journal)
    assert [gap.cause for gap in gaps(desk)] == [Cause.ACCOUNT_PATH]
    # The heartbeat had not come since long before anybody noticed.
    down = Gap(
        id="g",
        listener="ip",
        node="n1",
        cause=Cause.RECEIVER_LINK,
        began_at=iso(desk.clock.now() - 30 * MINUTE),
        ended_at=None,
        detail="silent",
    )
    with desk.database.writing() as connection:
        record_gaps(connection, [down])
    assert [gap.cause for gap in gaps(desk)] == [Cause.RECEIVER_LINK]


def test_where_nobody_was_heard_accounts_are_one_gap_of_their_line(
    desk: Desk, journal: Any, roll: Any
) -> None:
    for acct in ("1", "2"):
        roll.account(acct)
        roll.link(acct, "main", f"000{acct}")
    journal.start()
    journal.write(Kind.CLOCK, note={}, after=10 * MINUTE)
    for number in ("0001", "0002"):
        missed(journal, number)
    journal.write(Kind.CLOCK, note={}, after=10 * MINUTE)
    followed(desk, journal)
    (gap,) = gaps(desk)
    assert (gap.acct, gap.cause, gap.listener) == ("", Cause.RECEIVER_LINK, "ip")
    own = gaps_of_account(desk, "1")
    assert [(gap.acct, gap.cause) for gap in own] == [("1", Cause.RECEIVER_LINK)]


def test_a_line_that_was_never_heard_is_that_of_the_accounts_group(
    desk: Desk, journal: Any, roll: Any
) -> None:
    roll.account("1")
    roll.link("1", "main", "0001")
    roll.account("2")
    journal.start()
    silence = Silence(
        acct="1",
        way=Way.TESTS,
        group="",
        number="",
        began_at=desk.clock.now(),
        missed_at=desk.clock.now() + MINUTE,
        ended_at=None,
        listener="",
        interval=60,
        patience=60,
    )
    with desk.database.writing() as connection:
        record_silences(connection, [silence, replace(silence, acct="2")])
    frames_of_others(journal, 9)
    followed(desk, journal)
    # Account 2 has no number, so no line could have heard it.
    assert [(gap.acct, gap.cause) for gap in gaps(desk)] == [("1", Cause.ACCOUNT_PATH)]


@pytest.mark.parametrize(
    ("terms", "began"),
    [
        ('{"started":"2024-05-01"}', "2024-05-01T06:00:00.000000Z"),
        ('{"started":"2030-05-01"}', None),
        ('{"started":"long ago"}', None),
        ("{}", None),
    ],
)
def test_the_time_before_we_were_here_is_a_gap_of_an_account(
    desk: Desk, journal: Any, roll: Any, terms: str, began: str | None
) -> None:
    roll.account("1")
    roll.link("1", "main", "0001")
    with desk.database.writing() as connection:
        connection.execute(sa.update(schema.contracts).values(terms=terms))
        connection.execute(sa.update(schema.sites).values(zone="America/Denver"))
    first = journal.start()
    followed(desk, journal)
    with desk.database.reading() as connection:
        found = read_account_gaps(connection, "1")
        assert read_service_start(connection, "9") is None
    told = [(gap.cause, gap.began_at, gap.ended_at) for gap in found]
    expected = (Cause.IMPORT_BOUNDARY, began, iso(from_ns(first.received_at)))
    assert told == ([] if began is None else [expected])


def test_gaps_of_a_listener_that_is_no_more_stay_those_of_whom_it_heard(
    desk: Desk, journal: Any, roll: Any, frames: Any
) -> None:
    for acct, number in (("1", "0001"), ("2", "0002")):
        roll.account(acct)
        roll.link(acct, "main", number)
    journal.start()
    journal.frame(frames.dc09("0001", "NBA01"))
    journal.write(Kind.LINK_DOWN, b"", "ip", {"scope": "listener", "cause": "unplugged"})
    journal.write(Kind.LINK_UP, b"", "ip", {"scope": "listener"}, after=MINUTE)
    renamed = {"ip-new": {"receiver": "dc09", "group": "main", "mode": "primary", "options": {}}}
    journal.start(renamed, after=timedelta(0))
    followed(desk, journal)

    def told(acct: str) -> list[str]:
        return [gap.detail for gap in gaps_of_account(desk, acct) if gap.listener == "ip"]

    assert told("1") == ["unplugged"]
    with desk.database.reading() as connection:
        assert [row["detail"] for row in read_gaps(connection, {"main"}, "1")][:1] == ["unplugged"]
    # Account 2 was never heard there, so nothing says that it would have been.
    assert told("2") == []
