"""A real daemon on loopback, and every receiver of the table calling it."""

import json
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from receivers.events import Fault
from receivers.registry import RECEIVERS
from receivers.session import Options
from receivers.signals import Decoded
from stationd.journal.model import Kind
from tests.receivers.test_conversations import GAP, WAYS, Way, block

pytestmark = pytest.mark.system

BY_TCP = [way for way in WAYS if "tcp" in RECEIVERS[way.receiver].transports]
ACCOUNT, EVENT, TEXT = block("#", b"012345"), block("N", b"BA1011"), block("A", b"HALL")
TAKEN = bytes.fromhex("403887")


def add(station: Any, name: str, receiver: str, options: Options) -> int:
    """Add a listener; return its port."""
    port = station.listen("tcp", receiver, name=name)
    station.listeners += f"options = {{ {_inline(options)} }}\n"
    return int(port)


@pytest.fixture
def listen(station: Any) -> Iterator[Callable[..., socket.socket]]:
    """Return what adds a listener, starts the daemon and calls it."""
    with ExitStack() as calls:

        def listening(name: str, receiver: str, options: Options) -> socket.socket:
            port = add(station, name, receiver, options)
            station.start()
            return calls.enter_context(call(port))

        yield listening


def call(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=20)


def _inline(options: Options) -> str:
    return ", ".join(f"{name} = {json.dumps(value)}" for name, value in options.items())


def ask(connection: socket.socket, data: bytes, length: int) -> bytes:
    connection.sendall(data)
    answer = b""
    while len(answer) < length and (more := connection.recv(4096)):
        answer += more
    return answer


def converse(port: int, way: Way) -> bytes:
    with call(port) as connection:
        return ask(connection, way.frame, len(way.answer))


def test_every_receivers_frame_is_kept_and_answered_also_over_a_crash(station: Any) -> None:
    ports = [
        add(station, f"way-{number}", way.receiver, way.options)
        for number, way in enumerate(BY_TCP)
    ]
    station.start()
    answers = [converse(port, way) for port, way in zip(ports, BY_TCP, strict=True)]
    assert answers == [way.answer for way in BY_TCP]
    station.until(lambda: len(station.frames()) == len(BY_TCP), "what is not answered is kept too")
    station.kill()

    station.start()
    assert sorted(station.frames()) == sorted(way.frame for way in BY_TCP)


def test_a_galaxys_blocks_are_read_with_those_before_them(station: Any, listen: Any) -> None:
    connection = listen("galaxy", "galaxy", {})
    answers = [ask(connection, each, 3) for each in (ACCOUNT, EVENT, TEXT)]
    assert answers == [TAKEN] * 3
    entries = station.entries(Kind.FRAME)
    notes = [json.loads(entry.note) if entry.note else {} for entry in entries]
    read = [
        RECEIVERS["galaxy"].decode(entry.raw, lambda _: None, note)
        for entry, note in zip(entries, notes, strict=True)
    ]
    assert [one.signals[0].number for one in read if isinstance(one, Decoded)] == ["012345"] * 3


def test_an_encrypted_galaxy_is_told_of_and_hung_up(station: Any, listen: Any) -> None:
    connection = listen("galaxy", "galaxy", {})
    assert ask(connection, b"\x05\x01\x00\x20whatever", 1) == b""
    (entry,) = station.entries(Kind.GARBLED)
    assert json.loads(entry.note)["fault"] == Fault.UNDECRYPTABLE.value


def test_a_frame_that_only_a_silence_ends_is_echoed(station: Any, listen: Any) -> None:
    options: Options = {**GAP.options, "gap_ms": 60, "answer": "echo"}
    connection = listen("check", "raw", options)
    connection.sendall(b"half ")
    assert ask(connection, b"and half", 13) == b"half and half"
    assert station.frames() == [b"half and half"]


def test_a_receiver_that_wants_to_be_asked_is_asked(station: Any, listen: Any) -> None:
    connection = listen("ademco", "ademco685", {"poll": 1})
    assert connection.recv(16) == b"S"
    connection.sendall(b"\n00 OKAY @\r")
    assert connection.recv(16) == b"S"
    assert [entry.raw for entry in station.entries(Kind.HEARTBEAT)] == [b"\n00 OKAY @\r"]
