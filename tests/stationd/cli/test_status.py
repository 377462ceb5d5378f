"""`stationctl status`."""

from datetime import UTC, datetime, timedelta
from itertools import count

import pytest

from archive.ceremony import make_keys
from archive.seal import LogKey
from stationd.anchors.model import Progress
from stationd.cli.status import _ago, _anchor, _anchor_value, kept_sentence
from stationd.journal.reader import JournalReader
from stationd.journal.released import Released, released_path, write_released
from stationd.ledger.service import LedgerTree, checkpoint
from stationd.overview.model import Kept
from stationd.schedule.checks import Check, record_check
from stationd.settings import load

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def test_an_empty_station_says_what_it_waits_for(desk, ok):
    text = ok("status")
    assert "is the worker running?" in text
    assert "Checkpoint  none yet" in text
    assert "GiB" in text


def test_journal_accounts_and_parked_are_counted(received, ok, value):
    text = ok("status")
    assert "0 entries" in text
    assert "2 active" in text
    found = value("status")
    assert found["parked"] == 1
    assert found["journals"][0]["behind"] == 0
    assert found["accounts"] == {"active": 2}
    assert found["lines"] == [] or found["lines"][0]["listener"] == "ip"


def test_the_last_check_of_the_archive_is_shown(desk, ok, value):
    check = Check(name="archive", outcome="failed", detail="no lock", at=desk.clock.now())
    with desk.database.writing() as connection:
        record_check(connection, check)
    assert "Check archive: failed 0 s ago. no lock" in ok("status")
    assert value("status")["checks"][0]["outcome"] == "failed"


@pytest.mark.parametrize(
    ("age", "words"),
    [
        (timedelta(0), "0 s ago"),
        (timedelta(seconds=119), "119 s ago"),
        (timedelta(minutes=2), "2 min ago"),
        (timedelta(hours=3), "3 h ago"),
        (timedelta(days=2), "2 d ago"),
        (timedelta(seconds=-5), "0 s ago"),
    ],
)
def test_ages_are_told_in_a_fitting_unit(age, words):
    assert _ago(NOW - age, NOW) == words


def test_a_checkpoint_is_told_with_what_has_grown_since(received, ok, tmp_path):
    made = make_keys(tmp_path / "keys", station="south", now=NOW, serials=count(1))
    tree = LedgerTree.load(received)
    log_key = LogKey.load(made.log_key)
    checkpoint(received, tree, origin="log.example.com/south", log_key=log_key)
    assert "Checkpoint  0, " in ok("status")
    assert "0 chains have grown since" in ok("status")


@pytest.mark.parametrize(
    ("progress", "words", "told"),
    [
        (Progress(), "none yet", None),
        (Progress(good=(7, NOW - timedelta(hours=3))), "checkpoint 7, stamped 3 h ago", 7),
        (
            Progress(good=(7, NOW), unstored=NOW - timedelta(hours=5)),
            "the archive lacks what was stamped 5 h ago",
            7,
        ),
    ],
)
def test_the_last_anchor_is_told(progress, words, told):
    value = _anchor_value(progress)
    assert words in _anchor(progress, NOW)
    assert told == (None if value is None else value["checkpoint"])


def test_a_disk_that_cannot_be_asked_is_left_out(desk, value, monkeypatch):
    def away(_path):
        raise OSError

    monkeypatch.setattr("shutil.disk_usage", away)
    assert value("status")["disks"] == []


def test_it_says_how_much_of_the_journal_waits_for_an_anchor(received, ok, value, config):
    assert value("status")["kept"]["open"] == 3
    assert "3 wait for an anchor in the archive" in ok("status")
    path = load(config).journal.path
    reader = JournalReader(path)
    (last,) = reader.read(2, 1)
    write_released(released_path(path), Released(journal=reader.id, position=3, link=last.link))
    reader.close()
    assert value("status")["kept"] == {
        "entries": 3,
        "since": value("status")["kept"]["since"],
        "released": 3,
        "open": 0,
        "open_since": None,
    }
    assert "an anchor in the archive covers all of them" in ok("status")


def test_where_there_is_no_journal_nothing_is_said_of_one(opened, value, ok):
    assert value("status")["kept"] is None
    assert "wait for an anchor" not in ok("status")


def test_an_empty_journal_is_said_to_be_empty():
    own = Kept(entries=0, since=None, released=0, open=0, open_since=None)
    assert kept_sentence(own, datetime(2026, 1, 1, tzinfo=UTC)) == "this node's has no entries"
