"""The counts of a simulated day."""

import json

from stationd.simulate.tally import Tally


def test_what_happened_and_is_not_acknowledged_is_unanswered():
    tally = Tally()
    count = tally.of("1234")
    count.events, count.sent, count.acknowledged = 4, 3, 2
    assert tally.of("1234").unanswered == 2


def test_the_report_sums_the_accounts_and_leaves_out_heartbeats_and_polls():
    tally = Tally()
    tally.of("1234").sent = 3
    tally.of("0042").sent = 4
    tally.heartbeats.sent = 9
    tally.polls.sent = 9
    report = tally.as_json()
    assert report["total"]["sent"] == 7
    assert list(report["accounts"]) == ["0042", "1234"]
    assert report["heartbeats"]["sent"] == 9
    json.dumps(report)


def test_a_flood_of_strange_answers_is_cut_off():
    tally = Tally()
    for number in range(200):
        tally.complain(f"answer {number}")
    assert len(tally.strange) == 100
