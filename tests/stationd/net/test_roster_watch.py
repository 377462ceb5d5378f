"""The roster is loaded on change, and the last good one stays."""

from pathlib import Path
from typing import Any

import pytest
from twisted.logger import capturedLogs

from receivers.session import Account
from stationd.net.roster_watch import RosterWatch
from stationd.roster.file import write
from stationd.roster.model import Roster
from stationd.sealing import Sealer, new_sealing_key

ONE = Roster({("main", "1"): Account("1")})
TWO = Roster({("main", "1"): Account("1"), ("main", "2"): Account("2")})


class Office:
    """A roster's file and who watches it."""

    def __init__(self, folder: Path, house: Any) -> None:
        self.path = folder / "roster.json"
        self.key = folder / "key"
        self.key.write_bytes(new_sealing_key())
        self.watch = RosterWatch(self.path, self.key, in_thread=house.thread)

    def publish(self, roster: Roster) -> None:
        write(self.path, roster, Sealer(self.key.read_bytes()))


@pytest.fixture
def office(tmp_path: Path, house: Any) -> Office:
    return Office(tmp_path, house)


def test_no_file_yet_is_an_empty_roster(office: Office, house: Any) -> None:
    office.watch.load_now()
    office.watch.look()
    assert (office.watch.roster, house.thread.calls) == (Roster(), [])
    assert not office.watch.is_read()


def test_a_roster_is_there_from_the_start(office: Office, house: Any) -> None:
    office.publish(ONE)
    office.watch.load_now()
    office.watch.look()
    assert (office.watch.roster, house.thread.calls) == (ONE, [])
    assert office.watch.is_read()


def test_a_change_is_loaded_elsewhere_and_seen_by_sessions_that_are_open(
    office: Office, house: Any
) -> None:
    find = office.watch.of_group("main")
    office.publish(TWO)
    office.watch.look()
    office.watch.look()
    assert (len(house.thread.calls), find("2")) == (1, None)
    house.thread.run()
    assert find("2") == Account("2")
    office.watch.look()
    assert house.thread.calls == []


def test_a_bad_file_leaves_the_last_good_one_and_is_told_once(office: Office, house: Any) -> None:
    office.publish(ONE)
    office.watch.load_now()
    office.path.write_text("half a fi")
    with capturedLogs() as logs:
        for _ in range(3):
            office.watch.look()
            house.thread.run_all()
    assert office.watch.roster == ONE
    assert [log["log_format"] for log in logs] == ["roster_not_loaded"]


def test_a_missing_key_leaves_an_empty_roster_and_is_told(office: Office) -> None:
    office.publish(ONE)
    office.key.unlink()
    with capturedLogs() as logs:
        office.watch.load_now()
    assert len(office.watch.roster) == 0
    assert "roster.key" in logs[0]["why"]


def test_a_file_taken_away_leaves_the_last_good_one(office: Office) -> None:
    office.publish(ONE)
    office.watch.load_now()
    office.path.unlink()
    office.watch.look()
    assert office.watch.roster == ONE


def test_a_file_whose_key_was_not_there_yet_is_read_again(office: Office, house: Any) -> None:
    office.publish(ONE)
    key = office.key.read_bytes()
    office.key.unlink()
    with capturedLogs() as logs:
        office.watch.load_now()
        office.key.write_bytes(key)
        for _ in range(30):
            assert office.watch.roster == Roster()
            office.watch.look()
            house.thread.run_all()
    assert office.watch.roster == ONE
    assert [log["log_format"] for log in logs] == ["roster_not_loaded", "roster_loaded"]


def test_a_file_that_stays_bad_is_told_of_once(office: Office, house: Any) -> None:
    office.path.write_text("{}", encoding="utf-8")
    with capturedLogs() as logs:
        office.watch.load_now()
        for _ in range(100):
            office.watch.look()
            house.thread.run_all()
    assert [log["log_format"] for log in logs] == ["roster_not_loaded"]
