"""`stationctl supervision`."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from stationd.clock import iso
from stationd.db import schema


@pytest.fixture
def watched(received, ok, desk, config):
    """One account that is missed, one that is tested; a listener with a heartbeat, late."""
    text = config.read_text()
    listener = (
        '\n[[listeners]]\nkind = "tcp"\nname = "ip"\nreceiver = "dc09"\nport = 0\n'
        'heartbeat = "30s"\n'
    )
    config.write_text(text + listener)
    for acct in ("1001", "1002"):
        ok("account", "tests", acct, "--every", "24h")
    heard = iso(desk.clock.now() - timedelta(seconds=75))
    with desk.database.writing() as connection:
        connection.execute(
            sa.update(schema.supervision)
            .where(schema.supervision.c.acct == "1001")
            .values(state="missed", why="nothing heard")
        )
        connection.execute(
            sa.update(schema.lines).values(up=True, since=heard, heard_at=heard, why="listens")
        )
    return desk


def test_nothing_under_supervision_says_so(desk, ok, value):
    assert "Accounts under supervision: none." in ok("supervision")
    assert value("supervision") == {"listeners": [], "accounts": [], "counts": {}}


def test_receivers_and_accounts_are_shown_with_how_they_stand(watched, ok, value):
    found = value("supervision")
    (line,) = found["listeners"]
    assert (line["state"], line["why"]) == ("late", "2 heartbeats missed")
    assert [one["state"] for one in found["accounts"]] == ["missed", "ok"]
    assert found["counts"] == {"missed": 1, "ok": 1}
    text = ok("supervision")
    assert "MISSED" in text
    assert "1 day, 0:00 + 6:00" in text


def test_only_what_is_bad_is_shown_where_that_is_asked(watched, ok, value):
    bad = value("supervision", "--bad")
    assert [one["acct"] for one in bad["accounts"]] == ["1001"]
    assert len(bad["listeners"]) == 1
    text = ok("supervision", "1002")
    assert "supervised from here on" in text
    assert "Accounts under supervision" not in text


def test_polls_name_their_number(watched, desk, ok):
    with desk.database.writing() as connection:
        connection.execute(
            sa.update(schema.supervision).values(way="polls", receiver_group="main", number="01A4")
        )
    assert "polls main 01A4" in ok("supervision")


def test_an_account_that_is_not_supervised_says_so(opened, ok, run):
    assert "is not supervised" in ok("supervision", "1001")


def test_more_than_are_shown_are_told(watched, run):
    assert "more than 1" in run("supervision", "--limit", "1").stderr


def test_status_and_doctor_tell_of_who_is_overdue(watched, desk, ok, value, run):
    assert "Supervision 1 missed, 1 ok; 1 overdue" in ok("status")
    assert value("status")["supervision"] == {"missed": 1, "ok": 1}
    assert "1 account(s) are overdue" in run("doctor").stdout
    with desk.database.writing() as connection:
        connection.execute(sa.update(schema.supervision).values(state="ok"))
    assert "nobody overdue" in ok("status")
    assert "2 accounts supervised none is overdue" in run("doctor").stdout


def test_doctor_tells_of_gaps_that_last(desk, run):
    assert "no gap is open" in run("doctor").stdout
    with desk.database.writing() as connection:
        connection.execute(
            sa.insert(schema.gaps),
            {
                "id": "1",
                "listener": "ip",
                "node": "n-1",
                "cause": "tap_loss",
                "began_at": iso(desk.clock.now()),
                "ended_at": None,
                "detail": "",
            },
        )
    assert "1 gap(s) are open: tap_loss" in run("doctor").stdout
