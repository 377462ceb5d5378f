"""Copies of a line become entries, in order, and are confirmed only once they are committed."""

import socket
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from twisted.internet.error import CannotListenError, ConnectionDone
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure

from stationd.journal.model import Kind
from stationd.net.line import Link
from stationd.net.relayed import (
    FIRST_CALL_SECONDS,
    LISTEN_AGAIN_SECONDS,
    MOST_CONVERSATIONS,
    REFUSED_SECONDS,
    TCP_SILENCE_SECONDS,
    RelayedEdge,
)
from stationd.relaying.wire import Copy, Hello, Lost, NumberReader, What, encode_copy
from stationd.settings import RelayListener

DONE = Failure(ConnectionDone())


class Relayed:
    """An edge with the house below it, and a relay that talks to it."""

    def __init__(self, house: Any, folder: Path) -> None:
        self.house = house
        self.taken = 0
        self.factory: Any = None
        self.number = 0
        line = house.line(tap=True)
        self.link = Link(line.intake, lambda: None)
        settings = RelayListener.model_construct(
            name="line", mode="proxy", socket=folder / "line.socket",
            between=SimpleNamespace(kind="tcp"),
        )  # fmt: skip
        reactor: Any = SimpleNamespace(
            callLater=house.reactor.callLater, listenUNIX=self.listen_unix
        )
        self.edge = RelayedEdge(settings, line, self.link, reactor)
        self.edge.start()

    def listen_unix(self, path: str, factory: Any, mode: int) -> Any:
        if self.taken:
            self.taken -= 1
            raise CannotListenError(None, path, "in use")
        self.factory = factory
        return SimpleNamespace(stopListening=lambda: None)

    def call(self, *, again: int = 0, line: str = "line") -> Any:
        protocol = self.factory.buildProtocol(None)
        protocol.makeConnection(StringTransport())
        protocol.dataReceived(
            self.copy(What.HELLO, Hello(line=line, relay=bytes(16), again=again).encode(), 0)
        )
        return protocol

    def copy(self, what: What, raw: bytes, number: int | None = None, **more: int) -> bytes:
        if number is None:
            self.number += 1
            number = self.number
        given = {"at": 5_000_000_000, "ticks": 7, "conversation": 1} | more
        return encode_copy(Copy(what=what, number=number, raw=raw, **given))

    def kept(self) -> list[tuple[str, bytes]]:
        self.house.thread.run_all()
        return [(entry.kind.value, entry.raw) for entry in self.house.pages.entries()]


@pytest.fixture
def relayed(house: Any, tmp_path: Path) -> Relayed:
    return Relayed(house, tmp_path)


def confirmed(protocol: Any) -> int | None:
    return NumberReader().receive(protocol.transport.value())


def test_both_directions_are_kept_with_the_relays_times(relayed: Relayed, house: Any) -> None:
    protocol = relayed.call()
    protocol.dataReceived(
        relayed.copy(What.OPENED, b"rx:1025")
        + relayed.copy(What.FROM_RECEIVER, b"one.?.")
        + relayed.copy(What.FROM_AUTOMATION, b"\x06")
    )
    assert relayed.kept()[1:] == [
        ("link_up", b""), ("frame", b"one."), ("heartbeat", b"?."), ("answer", b"\x06"),
    ]  # fmt: skip
    frame = house.pages.entries(Kind.FRAME)[0]
    assert (frame.received_at, frame.ticks, frame.peer) == (5_000_000_000, 7, "rx:1025")
    assert confirmed(protocol) == 3


def test_nothing_is_confirmed_before_it_is_committed(relayed: Relayed, house: Any) -> None:
    protocol = relayed.call()
    house.thread.run_all()
    protocol.dataReceived(relayed.copy(What.FROM_RECEIVER, b"one."))
    assert confirmed(protocol) is None
    house.thread.run_all()
    assert confirmed(protocol) == 1


def test_what_an_unfinished_frame_needs_is_not_confirmed(relayed: Relayed) -> None:
    protocol = relayed.call()
    for raw in (b"one.", b"tw", b"o"):
        protocol.dataReceived(relayed.copy(What.FROM_RECEIVER, raw))
    relayed.kept()
    assert confirmed(protocol) == 1
    protocol.dataReceived(relayed.copy(What.FROM_RECEIVER, b".th"))
    relayed.kept()
    assert confirmed(protocol) == 3


def test_a_silence_cuts_what_is_unfinished(relayed: Relayed, house: Any) -> None:
    protocol = relayed.call()
    protocol.dataReceived(relayed.copy(What.FROM_RECEIVER, b"ha"))
    house.pass_time(TCP_SILENCE_SECONDS)
    house.pass_time(0)
    assert ("garbled", b"ha") in relayed.kept()
    assert confirmed(protocol) == 1


def test_a_silence_on_the_line_cuts_though_the_copies_come_together(relayed: Relayed) -> None:
    protocol = relayed.call()
    late = int(TCP_SILENCE_SECONDS * 1e9) + 8
    protocol.dataReceived(
        relayed.copy(What.FROM_RECEIVER, b"ha")
        + relayed.copy(What.FROM_RECEIVER, b"one.", ticks=late)
    )
    assert relayed.kept()[-2:] == [("garbled", b"ha"), ("frame", b"one.")]


def test_what_the_journal_does_not_take_comes_again(relayed: Relayed, house: Any) -> None:
    protocol = relayed.call()
    house.thread.run_all()
    house.pages.broken = True
    protocol.dataReceived(relayed.copy(What.FROM_RECEIVER, b"one."))
    house.thread.run_all()
    protocol.dataReceived(relayed.copy(What.FROM_RECEIVER, b"two."))
    house.pass_time(REFUSED_SECONDS)
    assert protocol.transport.disconnecting
    protocol.connectionLost(DONE)
    assert relayed.link.is_up
    house.pages.broken = False
    again = relayed.call(again=1)
    again.dataReceived(relayed.copy(What.FROM_RECEIVER, b"one.", 1))
    assert relayed.kept()[-1] == ("frame", b"one.")
    assert "1 copies come again" in house.notes(Kind.LINK_UP)[-1]
    assert confirmed(again) == 1


def test_a_hole_is_an_entry_and_cuts_what_is_unfinished(relayed: Relayed, house: Any) -> None:
    protocol = relayed.call()
    lost = Lost(count=3, size=9, first=10**9, last=2 * 10**9)
    protocol.dataReceived(
        relayed.copy(What.FROM_RECEIVER, b"ha") + relayed.copy(What.HOLE, lost.encode())
    )
    assert relayed.kept()[-2:] == [("garbled", b"ha"), ("hole", b"")]
    (note,) = house.notes(Kind.HOLE)
    assert '"bytes":9' in note
    assert '"count":3' in note


def test_the_end_of_a_conversation_is_told(relayed: Relayed, house: Any) -> None:
    protocol = relayed.call()
    protocol.dataReceived(
        relayed.copy(What.FROM_RECEIVER, b"ha") + relayed.copy(What.CLOSED, b"receiver: gone")
    )
    assert relayed.kept()[-2:] == [("garbled", b"ha"), ("link_down", b"")]
    assert "receiver: gone" in house.notes(Kind.LINK_DOWN)[-1]
    assert confirmed(protocol) == 2


def test_conversations_are_bounded(relayed: Relayed) -> None:
    protocol = relayed.call()
    for number in range(MOST_CONVERSATIONS + 5):
        protocol.dataReceived(relayed.copy(What.FROM_RECEIVER, b"x", conversation=number))
    assert confirmed(protocol) == 5


@pytest.mark.parametrize(
    "first", [b"\xff" * 8, "no hello", "twice"], ids=["noise", "no hello", "twice"]
)
def test_whoever_is_no_relay_is_sent_away(relayed: Relayed, first: bytes | str) -> None:
    protocol = relayed.factory.buildProtocol(None)
    protocol.makeConnection(StringTransport())
    if first == "twice":
        protocol = relayed.call()
        first = relayed.copy(What.HELLO, b"")
    elif first == "no hello":
        first = relayed.copy(What.OPENED, b"")
    protocol.dataReceived(first)
    assert protocol.transport.disconnecting


def test_a_relay_of_another_line_is_sent_away(relayed: Relayed) -> None:
    assert relayed.call(line="other").transport.disconnecting
    assert relayed.link.is_up is None


def test_a_relay_that_calls_anew_takes_the_place_of_its_old_call(relayed: Relayed) -> None:
    old = relayed.call()
    relayed.call()
    assert old.transport.disconnecting
    old.connectionLost(DONE)
    assert relayed.link.is_up


def test_a_relay_that_goes_or_never_comes_is_a_link_down(relayed: Relayed, house: Any) -> None:
    house.pass_time(FIRST_CALL_SECONDS)
    assert (relayed.link.is_up, relayed.link.cause) == (False, "no relay has called")
    relayed.call().connectionLost(DONE)
    assert relayed.link.cause.startswith("relay: ")


def test_stopping_reads_no_more_and_lets_the_relay_keep_the_rest(relayed: Relayed) -> None:
    protocol = relayed.call()
    relayed.edge.stop_reading()
    assert protocol.transport.producerState == "paused"
    relayed.edge.hang_up("signal TERM")
    assert protocol.transport.disconnecting
    protocol.connectionLost(DONE)
    relayed.edge.hang_up("signal TERM")
    assert relayed.edge.port is None


def test_a_socket_that_cannot_be_made_is_tried_again(relayed: Relayed, house: Any) -> None:
    relayed.taken = 1
    relayed.edge.start()
    assert relayed.link.cause == "cannot listen: in use"
    house.pass_time(LISTEN_AGAIN_SECONDS)
    assert relayed.call() is not None


def test_a_socket_nobody_listens_on_is_put_away_and_any_other_is_not(
    house: Any, tmp_path: Path
) -> None:
    path = tmp_path / "line.socket"
    with socket.socket(socket.AF_UNIX) as old:
        old.bind(str(path))
    relayed = Relayed(house, tmp_path)
    assert not path.exists()
    path.write_bytes(b"")
    relayed.edge.start()
    assert "is no socket" in relayed.link.cause
    path.unlink()
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(str(path))
        other.listen()
        relayed.edge.start()
    assert "another program listens" in relayed.link.cause
