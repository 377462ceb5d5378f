"""The counts of a simulated day."""

import json

from stationd.simulate.tally import Tally


def test_what_happened_and_is_not_acknowledged_is_unanswered():
    tally = Tally()
    count = tally.of("1234")
    count.events, count.sent, count.acknowledged = 4, 3, 2
    assert tally.of("1234").unanswered == 2


def test_what_waits_for_no_answer_is_not_unanswered():
    tally = Tally()
    tally.of("1234").events = tally.of("1234").unasked = 2
    assert tally.of("1234").unanswered == 0


def test_nobody_needs_to_hear_what_was_acknowledged():
    assert Tally().note("1234", (b"frame",)) is None


def test_the_report_sums_the_accounts_and_leaves_out_heartbeats_and_polls():
    tally = Tally()
    tally.of("1234").sent = 3
    tally.of("0042").sent = 4
    tally.heartbeats.sent = 9
    tally.polls.sent = 9
    tally.own.sent, tally.lost_answers = 9, 5
    report = tally.as_json()
    assert report["total"]["sent"] == 7
    assert list(report["accounts"]) == ["0042", "1234"]
    assert report["heartbeats"]["sent"] == 9
    assert (report["own"]["sent"], report["lost_answers"]) == (9, 5)
    json.dumps(report)


def test_a_flood_of_strange_answers_is_cut_off():
    tally = Tally()
    for number in range(200):
        tally.complain(f"answer {number}")
    assert len(tally.strange) == 100
