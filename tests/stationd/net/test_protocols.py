"""The stream protocols on a wire in memory."""

from typing import Any

import pytest
from twisted.internet.error import ConnectionDone
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure

from receivers.events import Fault
from receivers.session import Poll
from stationd.journal.model import Kind
from stationd.net import protocols as module
from stationd.net.protocols import (
    Edge,
    SessionProtocol,
    StreamProtocol,
    TapProtocol,
    make_protocol,
)

DONE = Failure(ConnectionDone("gone"))


class Desk(Edge):
    """Notes what it is told."""

    def __init__(self) -> None:
        self.lost_with: list[tuple[str, int]] = []

    def lost(self, protocol: StreamProtocol, cause: str, unacknowledged: int) -> None:
        super().lost(protocol, cause, unacknowledged)
        self.lost_with.append((cause, unacknowledged))


class Wire:
    """A protocol on a transport in memory."""

    def __init__(self, house: Any, *, tap: bool = False, serial: bool = False, **spec: Any) -> None:
        self.edge = Desk()
        self.protocol = make_protocol(
            house.line(tap=tap, **spec), self.edge, house.reactor, name=("p:1", "p"), serial=serial
        )
        self.transport = StringTransport()
        self.protocol.makeConnection(self.transport)

    @property
    def heard(self) -> bytes:
        return self.transport.value()


def test_answers_go_out_after_the_commit(house: Any) -> None:
    wire = Wire(house)
    wire.protocol.dataReceived(b"one.tw")
    assert wire.heard == b""
    house.thread.run()
    assert wire.heard == b"<one.>"
    assert wire.protocol.peer == "p:1"


def test_a_lost_connection_leaves_what_was_unfinished_and_unacknowledged(house: Any) -> None:
    wire = Wire(house)
    wire.protocol.dataReceived(b"one.ha")
    wire.protocol.connectionLost(DONE)
    assert wire.edge.lost_with == [("Connection was closed cleanly: gone.", 1)]
    assert house.notes(Kind.GARBLED) == ['{"fault":"cut"}']
    assert wire.heard == b""


def test_a_failed_commit_hangs_up(house: Any) -> None:
    wire = Wire(house)
    house.pages.broken = True
    wire.protocol.dataReceived(b"one.")
    house.thread.run()
    assert (wire.transport.disconnecting, wire.heard) == (True, b"")
    wire.protocol.connectionLost(DONE)
    assert wire.edge.lost_with == [("not stored", 1)]


def test_a_serial_line_stays_silent_and_is_not_hung_up(house: Any) -> None:
    wire = Wire(house, serial=True)
    house.pages.broken = True
    wire.protocol.dataReceived(b"one.")
    house.thread.run()
    assert not wire.transport.disconnecting
    house.pages.broken = False
    wire.protocol.dataReceived(b"one.")
    house.thread.run()
    assert wire.heard == b"<one.>"


def test_who_does_not_take_our_last_words_is_cut_off(house: Any) -> None:
    wire = Wire(house)
    wire.protocol.hang_up("stop")
    wire.protocol.hang_up("stop again")
    assert wire.transport.disconnected is False
    house.reactor.advance(module.LAST_WORDS_SECONDS)
    assert wire.transport.disconnected is True


def test_who_takes_them_is_left_alone(house: Any) -> None:
    wire = Wire(house)
    wire.protocol.hang_up("stop")
    wire.protocol.connectionLost(DONE)
    house.reactor.advance(module.LAST_WORDS_SECONDS)
    assert (wire.transport.disconnected, wire.edge.lost_with) == (False, [("stop", 0)])


def test_a_peer_that_never_reads_is_cut_off(house: Any) -> None:
    wire = Wire(house)
    wire.transport.producer.pauseProducing()
    assert (wire.transport.disconnected, wire.protocol.cut_off) == (True, True)
    wire.transport.producer.resumeProducing()
    wire.transport.producer.stopProducing()
    wire.protocol.connectionLost(DONE)
    assert wire.edge.lost_with == [("does not read our answers", 0)]


def test_a_serial_line_that_takes_nothing_is_closed(house: Any) -> None:
    wire = Wire(house, serial=True)
    ended: list[str] = []
    wire.transport.connectionLost = lambda reason: ended.append(reason.type.__name__)
    wire.transport.producer.pauseProducing()
    assert ended == ["ConnectionAborted"]


def test_half_a_frame_on_a_silent_serial_line_is_cut(house: Any) -> None:
    wire = Wire(house, serial=True)
    wire.protocol.dataReceived(b"ha")
    house.reactor.advance(0.9)
    wire.protocol.dataReceived(b"l")
    house.reactor.advance(0.9)
    assert house.notes(Kind.GARBLED) == []
    house.reactor.advance(0.2)
    assert house.notes(Kind.GARBLED) == ['{"fault":"cut"}']
    wire.protocol.dataReceived(b"f.")
    wire.protocol.connectionLost(DONE)
    assert house.reactor.getDelayedCalls() == []


def test_half_a_frame_over_tcp_waits_as_long_as_it_likes(house: Any) -> None:
    wire = Wire(house)
    wire.protocol.dataReceived(b"ha")
    house.reactor.advance(1000)
    assert house.thread.calls == []


def test_reading_stops_when_we_stop_and_answers_still_go_out(house: Any) -> None:
    wire = Wire(house)
    wire.protocol.dataReceived(b"one.ha")
    wire.protocol.stop_reading()
    assert house.notes(Kind.GARBLED) == ['{"fault":"cut"}']
    wire.protocol.connectionLost(DONE)
    assert house.thread.calls == []
    assert (wire.transport.producerState, wire.heard) == ("paused", b"<one.>")


def test_a_tap_never_speaks(house: Any) -> None:
    wire = Wire(house, tap=True)
    wire.protocol.dataReceived(b"one.?beat.")
    house.thread.run()
    assert (wire.heard, len(house.pages.bodies)) == (b"", 2)


def test_a_tap_has_nothing_to_speak_with(house: Any) -> None:
    wire = Wire(house, tap=True)
    assert wire.protocol.transport is None
    assert not hasattr(wire.protocol._exchange, "_send")


def test_a_tap_can_be_ended(house: Any) -> None:
    wire = Wire(house, tap=True)
    wire.protocol.hang_up("stop")
    assert wire.transport.disconnecting
    wire.protocol.connectionLost(DONE)
    assert wire.edge.lost_with == [("stop", 0)]


@pytest.mark.parametrize(("tap", "kind"), [(True, TapProtocol), (False, SessionProtocol)])
def test_the_mode_chooses_the_protocol(house: Any, tap: bool, kind: type) -> None:
    assert type(Wire(house, tap=tap).protocol) is kind


class Socket:
    """A connection's kernel, which takes as much as it is told to."""

    def __init__(self, takes: list[int | Exception]) -> None:
        self.takes = takes
        self.sent = b""

    def send(self, data: bytes) -> int:
        taken = self.takes.pop(0)
        if isinstance(taken, Exception):
            raise taken
        self.sent += data[:taken]
        return taken


@pytest.mark.parametrize(
    ("takes", "directly", "buffered"),
    [
        pytest.param([6, 6], b"<one.><two.>", b"", id="everything"),
        pytest.param([2], b"<o", b"ne.><two.>", id="a part, then the rest in order"),
        pytest.param([BlockingIOError()], b"", b"<one.><two.>", id="nothing, its buffer is full"),
        pytest.param([ConnectionError()], b"", b"<two.>", id="nothing, it is gone"),
    ],
)
def test_what_the_kernel_does_not_take_at_once_is_buffered(
    house: Any, takes: list[int | Exception], directly: bytes, buffered: bytes
) -> None:
    wire = Wire(house)
    kernel = Socket(takes)
    wire.protocol._direct = kernel.send  # type: ignore[attr-defined]
    for frame in (b"one.", b"two."):
        wire.protocol.dataReceived(frame)
        house.thread.run()
    assert (kernel.sent, wire.heard) == (directly, buffered)


@pytest.mark.parametrize("serial", [False, True], ids=["tcp", "serial"])
def test_a_gap_ends_a_frame_where_the_receiver_marks_no_end(house: Any, serial: bool) -> None:
    wire = Wire(house, serial=serial, gap=lambda _: 0.05)
    wire.protocol.dataReceived(b"hal")
    house.pass_time(0.05)
    assert house.notes(Kind.GARBLED) == ['{"fault":"cut"}']


def test_no_silence_ends_a_frame_on_a_connection_by_itself(house: Any) -> None:
    wire = Wire(house)
    wire.protocol.dataReceived(b"on")
    house.pass_time(3600)
    wire.protocol.dataReceived(b"e.")
    house.thread.run_all()
    assert wire.heard == b"<one.>"


def test_a_receiver_that_wants_to_be_asked_is_asked_after_each_silence(house: Any) -> None:
    wire = Wire(house, poll=lambda _: Poll(b"S", 5.0))
    house.pass_time(5)
    house.pass_time(4)
    wire.protocol.dataReceived(b"")
    house.pass_time(4)
    assert wire.heard == b"S"
    house.pass_time(1)
    assert wire.heard == b"SS"
    wire.protocol.connectionLost(DONE)
    house.pass_time(60)
    assert wire.heard == b"SS"


def test_who_was_hung_up_is_not_asked_any_more(house: Any) -> None:
    wire = Wire(house, poll=lambda _: Poll(b"S", 2.0))
    wire.protocol.hang_up("enough")
    house.pass_time(2)
    assert wire.heard == b""


def test_a_tap_asks_nothing(house: Any) -> None:
    wire = Wire(house, tap=True, poll=lambda _: Poll(b"S", 5.0))
    house.pass_time(60)
    assert wire.heard == b""


def test_who_speaks_another_protocol_is_hung_up_on_without_a_word_once_it_is_kept(
    house: Any,
) -> None:
    wire = Wire(house)
    wire.protocol.dataReceived(b"GET /.")
    assert not wire.transport.disconnecting
    house.thread.run()
    assert wire.transport.disconnecting
    wire.protocol.connectionLost(DONE)
    assert wire.edge.lost_with == [("nothing that could be read", 0)]
    assert (wire.heard, house.notes(Kind.GARBLED)) == (b"", ['{"fault":"foreign"}'])


def test_who_speaks_another_protocol_too_often_is_hung_up_on_and_counted(house: Any) -> None:
    intake = house.intake()
    for _ in range(100):
        Wire(house, intake=intake).protocol.dataReceived(b"GET /.")
    house.thread.run_all()
    wire = Wire(house, intake=intake)
    wire.protocol.dataReceived(b"GET /.")
    assert wire.transport.disconnecting
    assert len(house.notes(Kind.GARBLED)) == 100


def test_a_panel_behind_something_foreign_is_served(house: Any) -> None:
    wire = Wire(house)
    wire.protocol.dataReceived(b"GET /.one.")
    house.thread.run()
    assert (wire.heard, wire.transport.disconnecting) == (b"<one.>", False)


@pytest.mark.parametrize(
    ("faults", "ended"), [(frozenset({Fault.CHECKSUM}), True), (frozenset(), False)]
)
def test_a_receiver_names_the_faults_that_end_a_connection(
    house: Any, faults: frozenset[Fault], ended: bool
) -> None:
    wire = Wire(house, hang_up_on=faults)
    wire.protocol.dataReceived(b"!noise.")
    house.thread.run()
    assert wire.transport.disconnecting is ended


def test_a_serial_line_is_not_hung_up_whatever_it_brings(house: Any) -> None:
    wire = Wire(house, serial=True)
    wire.protocol.dataReceived(b"GET /.")
    house.thread.run()
    assert not wire.transport.disconnecting


def test_what_waited_while_nothing_was_read_is_as_old_as_the_pause(house: Any) -> None:
    wire = Wire(house)
    wire.protocol._valve.close("test")
    house.pass_time(4)
    wire.protocol._valve.open("test")
    wire.protocol.dataReceived(b"one.again one.")
    house.thread.run()
    assert wire.heard == b""
    wire.protocol.dataReceived(b"again one.")
    house.thread.run()
    assert wire.heard == b"<again one.>"


@pytest.mark.parametrize(
    ("options", "borne"), [({}, 16_384), ({"limit": 60_000}, 120_000), ({"limit": "x"}, 16_384)]
)
def test_how_much_noise_is_borne_goes_by_the_longest_frame(
    house: Any, options: dict[str, Any], borne: int
) -> None:
    house.options = options
    wire = Wire(house)
    wire.protocol.dataReceived(b"x" * borne)
    assert not wire.transport.disconnecting
    wire.protocol.dataReceived(b"x")
    assert wire.transport.disconnecting
