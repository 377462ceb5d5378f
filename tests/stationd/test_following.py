import json
import os
import threading
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from stationd import following as following_module
from stationd.clock import SystemClock, parse_iso
from stationd.db.engine import Connection
from stationd.desk import Desk, open_desk
from stationd.errors import DatabaseUnavailableError
from stationd.follower.store import read_place, read_reached
from stationd.following import Following
from stationd.ids import SystemIds
from stationd.journal.model import Draft, Kind, encode_body
from stationd.journal.store import Journal
from stationd.roster.model import Roster
from stationd.schedule.checks import read_check
from stationd.sealing import Sealer, new_sealing_key
from stationd.settings import Settings, parse

CONFIG = """
[station]
station = "station-1"
node = "node-1"
[ledger]
origin = "log.example.com/station-1"
[journal]
path = "{folder}/journal.sqlite3"
[database]
url = "{url}"
[worker]
follow_every = "1s"
"""
STARTED = {"listeners": {}, "pid": 1, "version": "test"}


def body(kind: Kind = Kind.STARTED) -> bytes:
    note = json.dumps(STARTED, separators=(",", ":"), sort_keys=True).encode()
    return encode_body(
        Draft(
            received_at=SystemClock().now_ns(),
            ticks=0,
            listener="",
            peer="",
            kind=kind,
            raw=b"",
            note=note,
            salt=os.urandom(16),
        )
    )


@pytest.fixture
def settings(tmp_path: Path, database_url: str) -> Settings:
    return parse(CONFIG.format(folder=tmp_path, url=database_url), "test")


@pytest.fixture
def desk(settings: Settings, station_file: Path) -> Iterator[Desk]:
    made = open_desk(settings, clock=SystemClock(), ids=SystemIds())
    yield made
    made.database.close()


@pytest.fixture
def journal(settings: Settings) -> Iterator[Journal]:
    opened = Journal.open(settings.journal.path, SystemIds())
    yield opened
    opened.close()


@pytest.fixture
def following(desk: Desk, settings: Settings) -> Iterator[Following]:
    made = Following(desk, settings, Sealer(new_sealing_key()))
    yield made
    made.stop()
    if made.is_alive():
        made.join(20)


def position(desk: Desk, journal: Journal) -> int:
    with desk.database.reading() as connection:
        return read_place(connection, journal.id, "node-1").position


def wait(reached: object, following: Following) -> None:
    """Wait for the thread, which is quick; the patience is for slow machines."""
    pause = threading.Event()
    for _ in range(400):
        if reached():  # type: ignore[operator]
            return
        pause.wait(0.05)
    pytest.fail("the follower did not come to it")


def test_entries_are_taken_and_then_it_is_known_how_far(
    desk: Desk, journal: Journal, following: Following
) -> None:
    journal.append([body()])
    before = desk.clock.now()
    assert following.take() == 1
    assert following.reached is None
    assert following.take() == 0
    reached = following.reached
    assert reached is not None
    assert reached[0] == journal.id
    assert reached[1] >= before


def taken_at(desk: Desk) -> datetime:
    with desk.database.reading() as connection:
        ((_, at),) = read_reached(connection)
    return parse_iso(at)


def test_a_quiet_journal_is_told_to_be_followed_to_its_end(
    desk: Desk, journal: Journal, following: Following
) -> None:
    journal.append([body()])
    following.take()
    before = desk.clock.now()
    following.take()
    assert taken_at(desk) >= before


def test_that_is_told_every_so_often_and_not_each_time(
    desk: Desk, journal: Journal, following: Following
) -> None:
    journal.append([body()])
    following.take()
    following.take()
    first = taken_at(desk)
    following.take()
    assert taken_at(desk) == first


def test_the_thread_follows_by_itself(desk: Desk, journal: Journal, following: Following) -> None:
    following.start()
    journal.append([body(), body()])
    wait(lambda: position(desk, journal) == 2, following)
    following.reread_roster()
    journal.append([body()])
    wait(lambda: position(desk, journal) == 3, following)
    following.stop()
    following.join(20)
    assert not following.is_alive()


def test_a_journal_that_comes_later_is_followed_then(
    desk: Desk, settings: Settings, following: Following
) -> None:
    following.start()
    beat = following.beat
    wait(lambda: following.beat != beat, following)
    late = Journal.open(settings.journal.path, SystemIds())
    late.append([body()])
    wait(lambda: position(desk, late) == 1, following)
    late.close()


def test_a_broken_journal_is_told_as_a_check_and_the_thread_lives(
    desk: Desk, journal: Journal, following: Following
) -> None:
    journal.append([body(), body()])
    following.take()
    with desk.database.writing() as connection:
        connection.exec_driver_sql("UPDATE journals SET link = zeroblob(32)")
    following.start()

    def told() -> bool:
        with desk.database.reading() as connection:
            return read_check(connection, "journal node-1") is not None

    wait(told, following)
    assert following.is_alive()


def test_what_nobody_foresaw_does_not_end_the_thread(
    following: Following, monkeypatch: pytest.MonkeyPatch
) -> None:
    called = threading.Event()

    def fails() -> int:
        called.set()
        raise ZeroDivisionError

    monkeypatch.setattr(following, "take", fails)
    following.start()
    assert called.wait(20)
    assert following.is_alive()


def test_masters_that_could_not_be_read_are_read_before_the_next_entries(
    desk: Desk, journal: Journal, following: Following, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal.append([body()])
    real, fails = following_module.read_roster, [DatabaseUnavailableError("away")]

    def read_roster(connection: Connection, sealer: Sealer) -> Roster:
        if fails:
            raise fails.pop()
        return real(connection, sealer)

    monkeypatch.setattr(following_module, "read_roster", read_roster)
    before = following._accounts
    with pytest.raises(DatabaseUnavailableError, match="away"):
        following.take()
    assert position(desk, journal) == 0
    assert following.take() == 1
    assert following._accounts is not before
