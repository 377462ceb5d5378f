"""`stationctl gaps`."""

import pytest
import sqlalchemy as sa

from stationd.cli.gaps import lasted
from stationd.db import schema

TIMES = [f"2026-03-0{day}T00:00:00.000000Z" for day in range(1, 7)]


@pytest.fixture
def gapped(opened, desk):
    """Two gaps of listeners, one of them open, and an account that is silent on a third."""
    with desk.database.writing() as connection:
        for number, (listener, began, ended) in enumerate(
            [("ip", TIMES[1], TIMES[2]), ("com1", TIMES[3], None)]
        ):
            connection.execute(
                sa.insert(schema.gaps),
                {
                    "id": str(number),
                    "listener": listener,
                    "node": "n-1",
                    "cause": "receiver_link",
                    "began_at": began,
                    "ended_at": ended,
                    "detail": "unplugged",
                },
            )
        connection.execute(
            sa.insert(schema.journals),
            {"id": "j", "node": "n-1", "position": 1, "link": b"", "taken_at": TIMES[5]},
        )
        connection.execute(
            sa.insert(schema.listeners),
            {
                "journal": "j",
                "listener": "ip",
                "receiver": "dc09",
                "receiver_group": "main",
                "mode": "primary",
                "options": "{}",
            },
        )
        connection.execute(
            sa.insert(schema.silences),
            {
                "acct": "1001",
                "way": "tests",
                "receiver_group": "",
                "number": "",
                "began_at": TIMES[0],
                "missed_at": TIMES[1],
                "ended_at": TIMES[4],
                "listener": "ip",
                "interval": 3600,
                "patience": 7200,
            },
        )


def test_without_a_gap_it_says_so(desk, ok):
    assert ok("gaps") == "No gap is known of there.\n"


def test_gaps_are_shown_by_listener_and_by_account(gapped, ok, value):
    whole = value("gaps")
    assert [one["listener"] for one in whole] == ["ip", "ip", "ip", "com1"]
    assert {one["cause"] for one in whole} == {"receiver_link"}
    assert [one["listener"] for one in value("gaps", "--listener", "com1")] == ["com1"]
    own = value("gaps", "--account", "1001")
    # Nobody was heard on its line, so its silence is the line's, around what is known already.
    assert [(one["acct"], one["began_at"], one["ended_at"]) for one in own] == [
        ("1001", TIMES[0], TIMES[1]),
        ("", TIMES[1], TIMES[2]),
        ("1001", TIMES[2], TIMES[4]),
    ]
    assert "nobody is known to have been heard on ip" in ok("gaps", "--account", "1001")


def test_gaps_are_found_by_period_and_by_whether_they_last(gapped, value, run):
    assert [one["listener"] for one in value("gaps", "--open")] == ["com1"]
    assert [one["listener"] for one in value("gaps", "--since", "2026-03-06")] == ["com1"]
    assert [one["listener"] for one in value("gaps", "--until", "2026-03-01T12:00")] == ["ip"]
    assert [one["listener"] for one in value("gaps", "--last", "1s")] == ["com1"]
    few = run("gaps", "--limit", "1")
    assert "com1" in few.stdout
    assert "the last 1 of 4" in few.stderr


def test_a_listener_that_never_was_is_told_and_not_that_it_has_no_gap(gapped, run):
    result = run("gaps", "--listener", "com2")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "No listener is or was named com2; there are: com1, ip." in result.stderr


def test_an_account_that_is_not_there_ends_with_2(desk, run):
    assert run("gaps", "--account", "9").exit_code == 2


@pytest.mark.parametrize(
    ("began", "ended", "words"),
    [
        (TIMES[0], None, "open"),
        (TIMES[0], TIMES[4], "4.0 d"),
        (TIMES[0], TIMES[1], "24.0 h"),
        (TIMES[0], "2026-03-01T00:03:00.000000Z", "3.0 min"),
        (TIMES[0], "2026-03-01T00:00:00.500000Z", "0.5 s"),
    ],
)
def test_how_long_it_lasted_is_told_in_a_fitting_unit(began, ended, words):
    assert lasted(began, ended) == words
