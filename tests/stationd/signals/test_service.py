"""Histories, the tail, and signals that find their account late."""

import json
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from stationd.db import schema
from stationd.desk import Desk
from stationd.errors import LedgerBrokenError
from stationd.follower.service import follow
from stationd.ledger.store import read_records
from stationd.signals import service


def take_all(desk: Desk, journal: Any) -> None:
    while follow(desk, journal, node="n1", accounts=lambda _: lambda _: None):
        pass


def records(desk: Desk, acct: str, epoch: int = 1) -> list[dict[str, Any]]:
    with desk.database.reading() as connection:
        return [json.loads(one) for one in read_records(connection, acct, epoch, 1, 1000)]


@pytest.fixture
def unknown(desk: Desk, journal: Any, frames: Any) -> Any:
    """Three events of a number that no account has: the second is a repeat."""
    journal.start()
    journal.frame(frames.dc09("1234", "NBA001"))
    journal.frame(frames.dc09("1234", "NBA001"), note={"repeat": True})
    journal.frame(frames.dc09("1234", "NFA002"))
    journal.frame(frames.dc09("5555", "NFA002"))
    take_all(desk, journal)
    return journal


def claim(desk: Desk, **period: Any) -> int:
    return service.claim(desk, "4821", group="main", number="1234", by="maria", **period)


@pytest.mark.usefixtures("unknown")
def test_a_history_has_filters(desk: Desk) -> None:
    chain = "unknown:main:1234"
    began = desk.clock.now() - timedelta(seconds=3)
    assert [row.code for row in service.history(desk, chain)] == ["BA", "BA", "FA"]
    assert [row.seq for row in service.history(desk, chain, code="FA")] == [4]
    assert [row.seq for row in service.history(desk, chain, since=began)] == [2, 3, 4]
    assert service.history(desk, chain, until=began) == []
    assert [row.seq for row in service.history(desk, chain, after=(1, 2), limit=1)] == [3]
    assert service.history(desk, chain, classes=["test"]) == []
    assert service.summary(desk, chain).count == 3


def test_a_tail_begins_at_the_end_and_goes_on(desk: Desk, unknown: Any, frames: Any) -> None:
    place = service.tail_start(desk)
    assert service.tail(desk, place) == ([], place)
    unknown.frame(frames.dc09("1234", "NBA009"))
    take_all(desk, unknown)
    rows, place = service.tail(desk, place)
    assert [row.zone for row in rows] == ["009"]
    assert service.tail(desk, place) == ([], place)


@pytest.mark.usefixtures("unknown")
def test_a_tail_may_begin_before_the_end(desk: Desk) -> None:
    rows, _ = service.tail(desk, service.tail_start(desk, back=2))
    assert [row.number for row in rows] == ["1234", "5555"]


def test_a_tail_that_is_cut_leaves_no_event_of_a_frame_behind(
    desk: Desk, unknown: Any, frames: Any
) -> None:
    unknown.frame(frames.dc09("1234", "NBA1/FA2/TA3"))
    take_all(desk, unknown)
    seen, place = list[str](), dict[str, int]()
    rows, place = service.tail(desk, place, limit=5)
    seen += [row.code for row in rows]
    rows, place = service.tail(desk, place, limit=5)
    seen += [row.code for row in rows]
    assert seen == ["BA", "BA", "FA", "FA", "BA", "FA", "TA"]


@pytest.mark.usefixtures("unknown")
def test_what_is_parked_says_how_many_since_when_and_from_where(desk: Desk) -> None:
    known, other = service.parked(desk)
    assert (known.number, known.count, known.listener, known.peer) == (
        "1234",
        3,
        "ip",
        "192.0.2.7:4000",
    )
    assert known.first_at < known.last_at
    assert (other.number, other.count) == ("5555", 1)


@pytest.mark.usefixtures("unknown")
def test_a_claimed_signal_is_a_new_record_that_names_the_old_one(desk: Desk, roll: Any) -> None:
    roll.account("4821")
    assert claim(desk) == 3
    opened, first, second, _ = records(desk, "4821")
    old = records(desk, "unknown:main:1234")[1]
    assert opened["type"] == "open"
    assert first["from"] == {"acct": "unknown:main:1234", "epoch": 1, "seq": 2}
    assert first["by"] == "maria"
    assert {key: first[key] for key in ("entry", "frame", "rx", "code", "part")} == {
        key: old[key] for key in ("entry", "frame", "rx", "code", "part")
    }
    assert second["marks"] == ["repeat"]


@pytest.mark.usefixtures("unknown")
def test_the_old_record_stays_and_nothing_is_parked_any_more(desk: Desk, roll: Any) -> None:
    roll.account("4821")
    before = records(desk, "unknown:main:1234")
    claim(desk)
    assert records(desk, "unknown:main:1234") == before
    assert [one.number for one in service.parked(desk)] == ["5555"]


@pytest.mark.usefixtures("unknown")
def test_claimed_signals_are_in_the_history_and_marked(desk: Desk, roll: Any) -> None:
    roll.account("4821")
    claim(desk)
    assert [row.marks for row in service.history(desk, "4821")] == [
        "claimed",
        "repeat,claimed",
        "claimed",
    ]


@pytest.mark.usefixtures("unknown")
def test_claiming_twice_gives_nothing_more(desk: Desk, roll: Any) -> None:
    roll.account("4821")
    claim(desk)
    assert claim(desk) == 0
    assert len(records(desk, "4821")) == 4


@pytest.mark.usefixtures("unknown")
def test_only_a_period_may_be_claimed(desk: Desk, roll: Any) -> None:
    roll.account("4821")
    end = desk.clock.now()
    assert claim(desk, since=end - timedelta(seconds=2), until=end - timedelta(seconds=1)) == 1
    assert [row.code for row in service.history(desk, "4821")] == ["BA"]


@pytest.mark.usefixtures("unknown")
def test_a_long_claim_is_done_in_slices(
    desk: Desk, roll: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    roll.account("4821")
    monkeypatch.setattr(service, "_AT_ONCE", 2)
    assert claim(desk) == 3


def test_a_parked_row_without_its_record_is_an_alarm_and_not_passed_over(
    desk: Desk, roll: Any
) -> None:
    roll.account("4821")
    with desk.database.writing() as connection:
        connection.execute(
            sa.insert(schema.parked),
            {
                "journal": "c" * 32,
                "position": 1,
                "part": 1,
                "reason": "unknown_number",
                "detail": "",
                "receiver_group": "main",
                "number": "1234",
                "listener": "ip",
                "peer": "",
                "received_at": "2026",
            },
        )
    with pytest.raises(LedgerBrokenError, match="no record of entry 1"):
        claim(desk)


@pytest.mark.usefixtures("unknown")
def test_a_record_that_is_no_object_is_an_alarm(desk: Desk, roll: Any) -> None:
    roll.account("4821")
    with desk.database.writing() as connection:
        connection.exec_driver_sql("DROP TRIGGER records_no_update")
        connection.execute(
            sa.update(schema.records).where(schema.records.c.seq == 2).values(body=b"[]")
        )
    with pytest.raises(LedgerBrokenError, match="not a JSON object"):
        claim(desk)
