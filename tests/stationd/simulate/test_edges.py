"""The lines of simulated receivers and panels: on a stand-in clock, and on a real pty."""

import os
import subprocess
import sys

import pytest
from twisted.internet import error
from twisted.internet.defer import succeed
from twisted.internet.task import Clock
from twisted.internet.testing import MemoryReactorClock, StringTransport
from twisted.python.failure import Failure

from stationd.simulate.edges import (
    CallingLine,
    DatagramLine,
    ListeningLine,
    VisitingLine,
    Wire,
    _Stream,
)


class Talk:
    """A conversation that says what it is told to, when it is told to."""

    def __init__(self):
        self.due = None
        self.idle = True
        self.leaves = False
        self.heard = []
        self.to_say = b""
        self.states = []

    def opened(self, now):
        self.states.append(("opened", now))

    def closed(self):
        self.states.append("closed")

    def receive(self, data, now):
        self.heard.append((data, now))
        return b"re:" + data

    def tick(self, now):
        said, self.to_say = self.to_say, b""
        if self.due is not None and self.due <= now:
            self.due = None
        return said


@pytest.fixture
def talk():
    return Talk()


def test_a_wire_carries_bytes_both_ways(talk):
    written = []
    clock = Clock()
    wire = Wire(talk, clock)
    wire.opened(written.append)
    wire.received(b"06")
    assert talk.heard == [(b"06", 0.0)]
    assert written == [b"re:06"]


def test_a_wire_wakes_the_conversation_when_something_is_due(talk):
    written = []
    clock = Clock()
    talk.due = 5.0
    wire = Wire(talk, clock)
    wire.opened(written.append)
    talk.to_say = b"again"
    clock.advance(4.9)
    assert written == []
    clock.advance(0.2)
    assert written == [b"again"]
    assert clock.getDelayedCalls() == []


def test_a_wire_that_is_closed_waits_for_nothing_and_writes_nothing(talk):
    written = []
    clock = Clock()
    talk.due = 5.0
    wire = Wire(talk, clock)
    wire.opened(written.append)
    wire.closed()
    assert clock.getDelayedCalls() == []
    talk.to_say = b"x"
    wire.poke()
    assert written == []
    assert not wire.open
    assert talk.states == [("opened", 0.0), "closed"]


def test_an_answer_that_is_lost_on_its_way_is_not_heard(talk):
    lost = iter([False, True, False])
    wire = Wire(talk, Clock(), lambda: next(lost))
    wire.opened([].append)
    for data in (b"1", b"2", b"3"):
        wire.received(data)
    assert [data for data, _ in talk.heard] == [b"1", b"3"]


def test_a_conversation_that_wants_to_hang_up_is_hung_up(talk):
    left = []
    clock = Clock()
    wire = Wire(talk, clock)
    wire.opened([].append, lambda: left.append(clock.seconds()))
    talk.due = 5.0
    wire.received(b"1")
    talk.leaves = True
    clock.advance(5.0)
    assert left == [5.0]
    wire.closed()
    wire.poke()
    assert left == [5.0]


def connected(wire):
    stream = _Stream(wire)
    transport = StringTransport()
    stream.makeConnection(transport)
    return stream, transport


def test_a_second_connection_is_hung_up_and_disturbs_nothing(talk):
    wire = Wire(talk, Clock())
    first, _ = connected(wire)
    second, transport = connected(wire)
    assert transport.disconnecting
    second.dataReceived(b"06")
    second.connectionLost(Failure(error.ConnectionDone()))
    assert talk.heard == []
    assert wire.open
    first.connectionLost(Failure(error.ConnectionDone()))
    assert not wire.open


def answer(reactor, number=-1):
    """Let the ``number``-th call of a memory reactor succeed; return stream and transport."""
    factory = reactor.tcpClients[number][2]
    stream = factory.buildProtocol(None)
    transport = StringTransport()
    transport.abortConnection = transport.loseConnection
    stream.makeConnection(transport)
    return stream, transport


def test_a_caller_calls_until_it_is_told_to_stop(talk):
    reactor = MemoryReactorClock()
    line = CallingLine(Wire(talk, reactor), reactor, "127.0.0.1", 12000)
    line.open()
    factory = reactor.tcpClients[0][2]
    factory.clientConnectionFailed(None, Failure(error.ConnectionRefusedError()))
    reactor.advance(1)
    assert len(reactor.tcpClients) == 2
    line.close()
    reactor.advance(10)
    assert len(reactor.tcpClients) == 2
    assert line.close() is None


def test_a_visitor_connects_only_when_it_has_something_to_send(talk):
    reactor = MemoryReactorClock()
    line = VisitingLine(Wire(talk, reactor), reactor, "127.0.0.1", 12000)
    line.open()
    assert reactor.tcpClients == []
    talk.idle = False
    line.poke()
    line.poke()
    assert len(reactor.tcpClients) == 1


def test_a_visitor_leaves_when_all_is_acknowledged(talk):
    reactor = MemoryReactorClock()
    line = VisitingLine(Wire(talk, reactor), reactor, "127.0.0.1", 12000)
    talk.idle = False
    line.open()
    stream, transport = answer(reactor)
    stream.dataReceived(b"not yet")
    assert not transport.disconnecting
    talk.idle = talk.leaves = True
    stream.dataReceived(b"ACK")
    assert transport.disconnecting


def test_a_visitor_comes_again_for_what_happened_while_it_was_leaving(talk):
    reactor = MemoryReactorClock()
    line = VisitingLine(Wire(talk, reactor), reactor, "127.0.0.1", 12000)
    talk.idle = False
    line.open()
    stream, _ = answer(reactor)
    talk.idle = talk.leaves = True
    stream.dataReceived(b"ACK")
    talk.idle = talk.leaves = False
    line.poke()
    assert len(reactor.tcpClients) == 1
    stream.connectionLost(Failure(error.ConnectionDone()))
    reactor.advance(1)
    assert len(reactor.tcpClients) == 2


def test_a_visitor_whose_call_fails_tries_again(talk):
    reactor = MemoryReactorClock()
    talk.idle = False
    line = VisitingLine(Wire(talk, reactor), reactor, "127.0.0.1", 12000)
    line.open()
    factory = reactor.tcpClients[0][2]
    factory.clientConnectionFailed(None, Failure(error.ConnectionRefusedError()))
    reactor.advance(1)
    assert len(reactor.tcpClients) == 2


def test_a_visitor_that_may_not_visit_any_more_leaves_at_once(talk):
    reactor = MemoryReactorClock()
    talk.idle = False
    line = VisitingLine(Wire(talk, reactor), reactor, "127.0.0.1", 12000)
    line.open()
    line.close()
    _, transport = answer(reactor)
    assert transport.disconnecting


def test_a_listener_takes_the_port_and_gives_it_back(talk):
    reactor = MemoryReactorClock()
    wire = Wire(talk, reactor)
    line = ListeningLine(wire, reactor, "127.0.0.1", 12000)
    line.open()
    port, factory = reactor.tcpServers[0][0], reactor.tcpServers[0][1]
    assert port == 12000
    stream = factory.buildProtocol(None)
    transport = StringTransport()
    transport.abortConnection = transport.loseConnection
    stream.makeConnection(transport)
    assert wire.open
    line.close()
    assert transport.disconnecting
    assert line.close() is None


class Datagrams(Clock):
    """A reactor with one UDP port, and that port."""

    def __init__(self):
        super().__init__()
        self.sent = []

    def resolve(self, host):
        return succeed({"station.example": "127.0.0.1"}[host])

    def listenUDP(self, port, protocol):
        self.protocol = protocol
        protocol.transport = self
        protocol.startProtocol()
        return self

    def write(self, data, address):
        self.sent.append((data, address))

    def stopListening(self):
        self.protocol.stopProtocol()


def test_datagrams_go_to_one_address_and_come_from_it(talk):
    reactor = Datagrams()
    wire = Wire(talk, reactor)
    line = DatagramLine(wire, reactor, "station.example", 12000)
    line.open()
    reactor.protocol.datagramReceived(b"ACK", ("127.0.0.1", 12000))
    reactor.protocol.datagramReceived(b"ACK", ("127.0.0.1", 12001))
    assert reactor.sent == [(b"re:ACK", ("127.0.0.1", 12000))]
    line.close()
    assert not wire.open
    assert line.close() is None


PULLED = """
import os, sys
from pathlib import Path
from twisted.internet import reactor
from stationd.simulate.edges import PtyLine, Wire

class Talk:
    due, idle, leaves = None, True, False
    def opened(self, now): pass
    def closed(self): print("closed", flush=True)
    def tick(self, now): return b""
    def receive(self, data, now):
        print("heard", data.decode(), flush=True)
        return b"06"

link = Path(sys.argv[1])
line = PtyLine(Wire(Talk(), reactor), reactor, link)

def near():
    fd = os.open(link, os.O_RDWR | os.O_NOCTTY)
    os.write(fd, b"frame")
    return fd

def first():
    line.open()
    fds.append(near())
    reactor.callLater(0.3, second)

def second():
    print("answer", os.read(fds[0], 10).decode(), flush=True)
    line.close()
    print("pulled", not link.is_symlink(), flush=True)
    try:
        print("end", os.read(fds[0], 10) == b"", flush=True)
    except OSError:
        print("end True", flush=True)
    line.open()
    fds.append(near())
    reactor.callLater(0.3, third)

def third():
    print("answer", os.read(fds[1], 10).decode(), flush=True)
    line.close()
    line.close()
    reactor.stop()

fds = []
reactor.callWhenRunning(first)
reactor.run()
"""


@pytest.mark.system
def test_a_pty_can_be_pulled_and_put_back(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", PULLED, tmp_path / "line"],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
        env=os.environ,
    )
    assert done.stdout.split("\n") == [
        "heard frame",
        "answer 06",
        "closed",
        "pulled True",
        "end True",
        "heard frame",
        "answer 06",
        "closed",
        "",
    ]
