"""Counts and latencies."""

import json

from hypothesis import given
from hypothesis import strategies as st

from stationd.simulate.measures import (
    COUNTS,
    Connections,
    Measures,
    Strange,
    latency_ms,
    total,
)


def test_what_is_not_acknowledged_is_lost():
    assert Measures(events=5, acknowledged=3).lost == 2


def test_a_report_has_every_count_and_is_json():
    measures = Measures(events=2, acknowledged=1)
    measures.latencies.append(1500)
    report = json.loads(json.dumps(measures.as_json()))
    assert set(report) == {*COUNTS, "lost", "latency_ms"}
    assert report["latency_ms"] == {"p50": 1.5, "p99": 1.5, "max": 1.5}


def test_there_is_no_latency_of_nothing():
    assert latency_ms([]) == {"p50": None, "p99": None, "max": None}


@given(st.lists(st.integers(0, 10**7), min_size=1))
def test_latencies_are_those_that_were_measured_and_in_order(taken):
    found = latency_ms(taken)
    assert found["p50"] <= found["p99"] <= found["max"] == max(taken) / 1000
    assert {round(ms * 1000) for ms in found.values()} <= set(taken)


def test_the_99th_percentile_leaves_one_in_a_hundred_above_it():
    assert latency_ms(range(1000, 101_000, 1000)) == {"p50": 51.0, "p99": 100.0, "max": 100.0}
    assert latency_ms([*[1000] * 199, 9000])["p99"] == 1.0


def test_ways_add_up():
    one, other = Measures(events=2, spare=1), Measures(events=3, wrong=4)
    one.latencies.append(7)
    other.latencies.append(9)
    summed = total([one, other])
    assert (summed.events, summed.spare, summed.wrong) == (5, 1, 4)
    assert list(summed.latencies) == [7, 9]
    assert list(one.latencies) == [7]


def test_connections_are_counted_by_how_they_end():
    connections = Connections()
    connections.opened()
    connections.opened()
    connections.closed(by_us=True)
    connections.closed(by_us=False)
    connections.opened()
    assert connections.as_json() == {"made": 3, "failed": 0, "lost": 1, "most_open": 2}


def test_the_first_hundred_strange_answers_are_enough():
    strange = Strange()
    for count in range(200):
        strange.complain(str(count))
    assert strange.texts == [str(count) for count in range(100)]
