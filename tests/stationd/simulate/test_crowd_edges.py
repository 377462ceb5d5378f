"""The ways by which a crowd reaches the station."""

import pytest

from stationd.simulate import surgard
from stationd.simulate.crowd import Crowd, Patience
from stationd.simulate.crowd_edges import Datagrams, Kept, Reading, Receivers, Visits
from stationd.simulate.crowd_streams import Medium
from stationd.simulate.measures import Connections, Measures, Strange
from stationd.simulate.noise import Noise
from stationd.simulate.receiver_line import Books, Manner, ReceiverLine

ADDRESS = ("127.0.0.1", 4711)
AT_ONCE = Reading()


class Town:
    """Six panels, with what their ways share."""

    def __init__(self, net, noise=None):
        self.net = net
        self.measures = Measures()
        self.connections = Connections()
        self.medium = Medium(
            reactor=net, ticks=net.ticks, connections=self.connections, noise=noise
        )
        self.crowd = Crowd(
            0x1000,
            bytes(6),
            [self.measures],
            Strange(),
            patience=Patience(wait=1.0, repeats=1, pause=2.0),
            codes=("BA",),
        )
        self.way = None

    def opened(self, way):
        self.way = way
        way.open()
        self.net.pass_(0.1)
        assert way.ready
        return way

    def happen(self, *panels):
        for panel in panels:
            self.way.take(panel, self.net.ticks())

    def pass_(self, seconds):
        for _ in range(round(seconds / 0.02)):
            self.net.pass_(0.02)
            for panel in self.crowd.tick(self.net.ticks()):
                self.way.send(panel)
            self.way.tick(self.net.ticks())

    def counts(self, *names):
        return tuple(getattr(self.measures, name) for name in names)


@pytest.fixture
def town(net):
    return Town(net)


def kept(town, readings=(AT_ONCE, AT_ONCE)):
    return Kept(town.medium, town.crowd, ADDRESS, [[0, 1, 2], [3, 4, 5]], readings)


def test_panels_share_connections_that_stay_open(net, town):
    town.opened(kept(town))
    town.happen(0, 1, 5, 0)
    town.pass_(0.1)
    assert town.counts("events", "sent", "repeats", "acknowledged", "wrong") == (4, 4, 0, 4, 0)
    assert [len(wire.sent) for wire in net.wires] == [3, 1]
    assert town.connections.made == 2
    town.way.close()
    net.pass_(1)
    assert town.connections.open == 0


def test_connections_are_made_some_at_a_time_and_closing_makes_no_more(net, town):
    way = Kept(town.medium, town.crowd, ADDRESS, [[]] * 120, [AT_ONCE] * 120)
    way.open()
    assert len(net.called) == 50
    way.close()
    net.pass_(1)
    assert len(net.called) == 50
    assert not way.ready


def test_what_was_on_its_way_when_a_connection_ended_goes_out_on_the_next(net, town):
    town.opened(kept(town))
    net.answering = False
    town.happen(0, 0)
    net.wires[0].cut()
    town.happen(1)
    net.answering = True
    town.pass_(0.8)
    assert town.counts("sent", "repeats", "acknowledged") == (3, 1, 3)
    assert [len(wire.sent) for wire in net.wires] == [1, 0, 3]
    assert town.connections.lost == 1


def test_a_panel_repeats_on_its_connection(net, town):
    town.opened(kept(town))
    net.answering = False
    town.happen(0)
    town.pass_(0.9)
    assert len(net.sent()) == 1
    town.pass_(0.2)
    assert net.wires[0].sent == [net.sent()[0]] * 2


def test_during_an_outage_panels_send_by_their_second_way_what_was_on_its_way_included(net, town):
    way = town.opened(kept(town))
    other = Datagrams(town.medium, town.crowd, ADDRESS, sockets=1)
    other.open()
    way.second(other)
    net.answering = False
    town.happen(0)
    net.answering = True
    way.outage(away=True)
    net.pass_(0.1)
    town.happen(1, 4)
    town.pass_(1)
    assert town.counts("acknowledged", "repeats") == (3, 1)
    assert [len(wire.sent) for wire in net.wires] == [1, 0, 3]
    way.outage(away=False)
    net.pass_(0.1)
    town.happen(2)
    assert len(net.wires) == 5
    assert len(net.wires[3].sent) == 1


def test_without_a_second_way_panels_wait_for_the_end_of_the_outage(net, town):
    way = town.opened(kept(town))
    way.outage(away=True)
    net.pass_(0.1)
    town.happen(0, 3)
    town.pass_(2)
    assert town.counts("events", "sent") == (2, 0)
    way.outage(away=False)
    town.pass_(0.2)
    assert town.counts("acknowledged", "lost") == (2, 0)


def test_a_late_reader_gets_its_answers_late_but_gets_them(net, town):
    town.opened(kept(town, [Reading(late=0.5), AT_ONCE]))
    wire = net.wires[0]
    assert not wire.reading
    states = []
    for _ in range(120):
        town.pass_(0.02)
        states.append(wire.reading)
    assert 4 <= states.count(True) <= 16
    wire.cut()
    town.pass_(1)
    assert not net.wires[2].reading


def test_a_deaf_peer_floods_until_it_is_cut_off_and_is_cured_by_that(net, town):
    town.opened(kept(town, [Reading(deaf=True), AT_ONCE]))
    wire = net.wires[0]
    town.happen(0)
    town.pass_(0.5)
    assert not wire.reading
    assert sum(data.count(b'"NULL"') for data in wire.sent) >= 1000
    assert town.counts("sent", "acknowledged") == (1, 0)
    wire.cut()
    town.pass_(1)
    assert net.wires[2].reading
    assert b"NULL" not in b"".join(net.wires[2].sent)
    assert town.counts("acknowledged", "repeats", "wrong") == (1, 1, 0)


# -- a connection for each event ----------------------------------------------


def visits(town):
    return town.opened(Visits(town.medium, town.crowd, ADDRESS, again=0.5))


def test_a_connection_is_made_for_each_event_and_ended_after_its_acknowledgement(net, town):
    visits(town)
    town.happen(0, 1, 0)
    town.pass_(0.3)
    assert town.counts("acknowledged", "repeats") == (3, 0)
    assert [len(wire.sent) for wire in net.wires] == [1, 1, 1]
    assert not any(wire.open for wire in net.wires)
    assert town.connections.as_json() == {"made": 3, "failed": 0, "lost": 0, "most_open": 2}


def test_a_panel_repeats_on_the_call_that_is_under_way(net, town):
    visits(town)
    net.answering = False
    town.happen(0)
    town.pass_(1.1)
    net.answering = True
    town.pass_(4)
    assert len(net.wires) == 1
    assert town.counts("acknowledged", "repeats") == (1, 2)


@pytest.mark.parametrize("fault", ["not let in", "hung up on"])
def test_panels_that_are_refused_together_call_again_after_waits_of_their_own(net, town, fault):
    visits(town)
    net.answering = False
    net.letting_in = fault == "hung up on"
    town.happen(0, 1)
    net.pass_(0.01)
    for wire in net.wires:
        wire.cut()
    net.answering = net.letting_in = True
    town.pass_(0.2)
    assert len(net.called) == 2
    town.pass_(0.1)
    assert len(net.called) == 3
    town.pass_(0.2)
    assert len(net.called) == 3
    town.pass_(0.3)
    assert len(net.called) == 4
    assert town.counts("acknowledged", "lost") == (2, 0)


def test_an_event_that_was_settled_meanwhile_is_not_called_for_again(net, town):
    visits(town)
    net.answering = False
    town.happen(0)
    net.pass_(0.01)
    net.wires[0].cut()
    net.pass_(0.1)
    town.way.send(0)
    net.answering = True
    net.pass_(0.1)
    assert town.counts("acknowledged") == (1,)
    town.pass_(1)
    assert len(net.called) == 2


def test_a_call_that_is_made_after_the_end_is_ended(net, town):
    way = visits(town)
    net.answering = False
    town.happen(0, 1)
    net.pass_(0.01)
    town.happen(2)
    way.close()
    net.pass_(1)
    assert [wire.open for wire in net.wires] == [False] * 3
    assert len(net.wires[2].sent) == 0


# -- datagrams ----------------------------------------------------------------


def test_panels_share_sockets_and_each_datagram_is_one_frame(net, town):
    town.opened(Datagrams(town.medium, town.crowd, ADDRESS, sockets=2))
    town.happen(0, 1, 2, 0)
    town.pass_(0.1)
    assert town.counts("acknowledged", "repeats", "wrong") == (4, 0, 0)
    assert [len(wire.sent) for wire in net.wires] == [3, 1]
    assert all(data.count(b"\r") == 1 for data in net.sent())
    town.way.close()
    assert not any(wire.open for wire in net.wires)


def test_a_damaged_datagram_is_repeated(net):
    noise = Noise(3, end=b"\r", damaged=0.5, cut=1.0, held=1.0, before=0.0, broken=0.0)
    town = Town(net, noise)
    town.opened(Datagrams(town.medium, town.crowd, ADDRESS, sockets=1))
    town.happen(*range(6))
    town.pass_(30)
    repeats, lost, wrong = town.counts("repeats", "lost", "wrong")
    assert repeats > 0
    assert (lost, wrong) == (0, 0)


# -- receivers ----------------------------------------------------------------


class Office(Town):
    """Two receivers with two lines each, for six accounts."""

    def __init__(self, net):
        super().__init__(net)
        self.books = Books(0x1000, self.measures, Strange(), ("AT",))
        talkers = [
            ReceiverLine(surgard.Header(f"0{n}", "1"), self.books, Manner(wait=1.0), lines=2)
            for n in (1, 2)
        ]
        self.opened(Receivers(self.medium, [ADDRESS, ("127.0.0.1", 4712)], talkers))


@pytest.fixture
def office(net):
    return Office(net)


def test_receivers_share_the_accounts_and_call_on_every_line(net, office):
    assert sorted(net.called) == [4711, 4711, 4712, 4712]
    office.happen(0, 1, 2, 3)
    assert not office.way.idle
    office.pass_(0.2)
    assert office.way.idle
    assert office.counts("acknowledged", "wrong") == (4, 0)
    assert sorted(data[:4] for data in net.sent()) == [b"S011", b"S011", b"S021", b"S021"]


def test_a_receiver_repeats_and_the_crowds_wish_to_send_is_nothing_to_it(net, office):
    net.answering = False
    office.happen(0)
    office.way.send(0)
    office.pass_(1.1)
    assert len(net.sent()) == 2


def test_in_an_outage_the_second_lines_take_over(net, office):
    office.happen(0, 1)
    office.pass_(0.2)
    net.answering = False
    office.happen(0)
    office.way.outage(away=True)
    net.answering = True
    office.pass_(0.5)
    assert office.counts("events", "acknowledged", "twice", "repeats") == (3, 3, 2, 1)
    office.way.outage(away=False)
    net.pass_(0.1)
    assert sum(wire.open for wire in net.wires) == 4
    office.way.close()
    net.pass_(1)
    assert not any(wire.open for wire in net.wires)
