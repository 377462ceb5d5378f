"""A scenario from the first connection to the report, on a stand-in of the station."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from stationd.clock import SetClock
from stationd.simulate.crowd import Patience
from stationd.simulate.receiver_line import Manner
from stationd.simulate.rehearsal import Rehearsal, Stage
from stationd.simulate.scenarios import SCENARIOS, Transport, cast

ADDRESS = ("127.0.0.1", 4711)
MIX = dict.fromkeys(Transport, 25)
STEP = 0.002


class Played:
    """A rehearsal on the stand-in network."""

    def __init__(self, net, scenario, mix=MIX, **stage):
        self.net = net
        self.clock = SetClock(datetime(2026, 11, 27, tzinfo=UTC))
        everywhere = {"tcp": ADDRESS, "udp": ADDRESS, "surgard": ADDRESS}
        self.rehearsal = Rehearsal(
            net,
            cast(SCENARIOS[scenario], mix, accounts=40, duration=2.0, rate=50.0),
            Stage(
                **(everywhere | {"connections": 4, "receivers": 3, "linger": 5.0} | stage),
                patience=Patience(wait=0.5, pause=0.5),
                manner=Manner(wait=0.5, heartbeat_every=1.0),
            ),
            self.clock,
        )
        self.reports = []

    def pass_(self, seconds):
        for _ in range(round(seconds / STEP)):
            self.clock.advance(timedelta(seconds=STEP))
            self.net.advance(STEP)

    def play(self, seconds=30.0):
        """Open and play; return the report."""
        opened = self.rehearsal.open()
        opened.addCallback(lambda _: self.rehearsal.play())
        opened.addCallback(self.reports.append)
        self.pass_(0.2)
        assert opened.called
        self.pass_(seconds)
        (report,) = self.reports
        return json.loads(json.dumps(report))


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_every_scenario_ends_with_everything_acknowledged(net, scenario):
    played = Played(net, scenario)
    report = played.play(12.0)
    assert (report["lost"], report["wrong"], report["strange_answers"]) == (0, 0, [])
    assert report["events"] == report["sent"] == report["acknowledged"] >= 100
    assert set(report["ways"]) == set(Transport)
    assert sum(way["events"] for way in report["ways"].values()) == report["events"]
    acknowledged = dict(played.rehearsal.acknowledged())
    assert sum(acknowledged.values()) == report["acknowledged"]
    assert min(acknowledged) >= "100000"


def test_events_happen_when_they_are_to_and_faster_with_speed(net):
    played = Played(net, "path-return", speed=4.0)
    report = played.play(3.0)
    assert 0.45 <= report["seconds"] <= 0.6
    assert report["speed"] == 4.0
    assert report["behind_plan_ms"] <= 10


def test_what_is_not_acknowledged_in_time_is_lost_and_reported(net):
    played = Played(net, "path-return", linger=1.0)
    net.answering = False
    report = played.play(4.0)
    assert (report["acknowledged"], report["lost"]) == (0, 100)
    assert 2.9 <= report["seconds"] <= 3.2
    assert report["repeats"] > 0
    assert list(played.rehearsal.acknowledged()) == []


def test_only_the_ways_that_take_part_are_opened(net):
    report = Played(net, "storm", mix={Transport.UDP: 1}).play()
    assert set(report["ways"]) == {"udp"}
    assert net.called == []


def test_the_second_lines_call_where_they_are_told_to(net):
    Played(net, "failover", mix={Transport.SURGARD: 1}, second=("127.0.0.1", 4712)).play()
    assert net.called.count(4712) == 3


def test_kept_connections_without_datagrams_sit_an_outage_out(net):
    report = Played(net, "failover", mix={Transport.TCP: 1}).play()
    assert (report["lost"], report["ways"]["tcp"]["connections"]["made"]) == (0, 8)


def test_play_begins_when_everybody_is_connected(net):
    played = Played(net, "storm")
    net.letting_in = False
    opened = played.rehearsal.open()
    played.pass_(1.0)
    assert not opened.called
    net.letting_in = True
    played.pass_(1.0)
    assert opened.called


def test_closing_hangs_up(net):
    played = Played(net, "path-return")
    played.play(4.0)
    closed = played.rehearsal.close()
    played.pass_(1.0)
    assert closed.called
    assert not any(wire.open for wire in net.wires)


def test_a_connection_that_the_kernel_makes_slowly_counts_as_latency(net):
    report = Played(net, "path-return", mix={Transport.ANEW: 1}).play(4.0)
    assert report["latency_ms"]["p50"] >= 11.0
