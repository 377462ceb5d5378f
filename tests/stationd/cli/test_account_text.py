"""Accounts and signals for people."""

from zoneinfo import ZoneInfo

from stationd.cli.account_text import (
    account_lines,
    history_lines,
    local,
    signal_line,
    signal_value,
)
from stationd.signals.model import SignalRow

DENVER = ZoneInfo("America/Denver")


def row(**more):
    given = {
        "acct": "1001",
        "epoch": 1,
        "seq": 7,
        "received_at": "2026-07-01T18:00:00.000000Z",
        "listener": "ip",
        "receiver_group": "main",
        "number": "01A4",
        "signal_class": "alarm",
        "code": "BA",
        "name": "Burglary alarm",
        "zone": "004",
        "user": "",
        "area": "1",
        "text": "",
        "marks": "",
    }
    return SignalRow(**{**given, **more})


def test_times_are_the_sites_with_their_offset():
    assert local("2026-07-01T18:00:00.000000Z", DENVER) == "2026-07-01 12:00:00 -0600"
    assert local("2026-01-01T18:00:00.000000Z", DENVER) == "2026-01-01 11:00:00 -0700"


def test_a_history_is_a_table():
    head, first, second = history_lines([row(), row(epoch=2, marks="post_close")], DENVER)
    assert head.split()[:2] == ["seq", "received"]
    assert first.split()[:4] == ["7", "2026-07-01", "12:00:00", "-0600"]
    assert second.startswith("2/7")
    assert second.endswith("post_close")
    assert history_lines([], DENVER) == ["No signals in this period."]


def test_a_live_signal_is_a_line():
    line = signal_line(row(marks="on_test"), DENVER)
    assert line.endswith("Burglary alarm  zone 004 area 1 [on_test]")
    assert signal_line(row(zone="", area=""), DENVER).endswith("Burglary alarm")


def test_a_signal_is_plain_data():
    assert signal_value(row())["code"] == "BA"


def test_facts_are_lines_and_nothing_empty_is_shown():
    facts = {
        "account": {"acct": "1", "details": {"systems": ["fire", "medical"]}},
        "site": {"name": "", "address": None, "details": {}},
        "dealer": None,
        "transmitters": [],
    }
    assert account_lines(facts) == [
        "account",
        "  acct:            1",
        "  details",
        "    systems:         fire, medical",
        "site",
        "transmitters",
        "  none",
    ]
