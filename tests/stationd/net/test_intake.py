"""Events become bodies: what is kept, with which mark, and what is only counted."""

from typing import Any

import pytest
from twisted.logger import capturedLogs

from receivers.events import Event, Fault, Frame, Garbled, Heartbeat
from stationd.journal.model import Kind, decode_body
from stationd.net.faulty_limit import KEPT
from stationd.supervision.heartbeat import Change


@pytest.mark.parametrize(
    ("event", "kind", "note"),
    [
        pytest.param(Frame(b"f"), Kind.FRAME, b"", id="a frame"),
        pytest.param(Frame(b"f", repeat=True), Kind.FRAME, b'{"repeat":true}', id="a repeat"),
        pytest.param(Frame(b"f", poll=True), Kind.FRAME, b'{"poll":true}', id="a poll"),
        pytest.param(
            Frame(b"f", fault=Fault.STALE), Kind.FRAME, b'{"fault":"stale"}', id="a stale frame"
        ),
        pytest.param(
            Frame(b"f", repeat=True, poll=True, fault=Fault.UNDECRYPTABLE),
            Kind.FRAME,
            b'{"fault":"undecryptable","poll":true,"repeat":true}',
            id="all at once",
        ),
        pytest.param(Heartbeat(b"f"), Kind.HEARTBEAT, b"", id="a heartbeat"),
        pytest.param(
            Garbled(b"f", Fault.CHECKSUM), Kind.GARBLED, b'{"fault":"checksum"}', id="garbled"
        ),
    ],
)
def test_each_event_is_written_as_what_it_is(
    house: Any, event: Event, kind: Kind, note: bytes
) -> None:
    intake = house.intake()
    kept, (body,) = intake.bodies(intake.peer("host:1", "host"), [event], 77)
    entry = decode_body(body, position=1, link=b"")
    assert kept == [event]
    assert (entry.kind, entry.note, entry.raw) == (kind, note, b"f")
    assert (entry.listener, entry.peer, entry.received_at) == ("line", "host:1", 77)


def test_every_entry_has_a_salt_of_its_own(house: Any) -> None:
    intake = house.intake()
    _, bodies = intake.bodies(intake.peer("p", "p"), [Frame(b"f")] * 600, 1)
    assert len({decode_body(body, position=1, link=b"").salt for body in bodies}) == 600


def test_a_flood_of_noise_is_counted_in_one_entry(house: Any) -> None:
    intake = house.intake()
    peer = intake.peer("host:1", "host")
    noise = [Garbled(b"x", Fault.NOISE)] * (KEPT + 7)
    kept, bodies = intake.bodies(peer, noise, house.clock.now_ns())
    assert len(kept) == len(bodies) == KEPT

    house.pass_time(60)
    assert intake.look() is None
    (note,) = house.notes(Kind.GARBLED)
    assert note == (
        '{"count":7,"fault":"noise","first":"2026-01-01T00:00:00.000000Z",'
        '"last":"2026-01-01T00:00:00.000000Z"}'
    )


def test_connections_of_one_host_share_its_limit(house: Any) -> None:
    intake = house.intake()
    noise = [Garbled(b"x", Fault.NOISE)] * KEPT
    intake.bodies(intake.peer("host:1", "host"), noise, 0)
    kept, _ = intake.bodies(intake.peer("host:2", "host"), [*noise, Frame(b"good")], 0)
    assert kept == [Frame(b"good")]


def test_a_count_is_told_when_we_stop(house: Any) -> None:
    intake = house.intake()
    intake.bodies(intake.peer("p", "p"), [Garbled(b"x", Fault.NOISE)] * (KEPT + 1), 0)
    intake.finish()
    assert len(house.notes(Kind.GARBLED)) == 1


def test_a_silent_receiver_is_told_of_and_so_is_its_return(house: Any) -> None:
    intake = house.intake(silence=10.0)
    house.pass_time(21)
    with capturedLogs() as logs:
        assert intake.look() is Change.LATE
    assert [log["log_format"] for log in logs] == ["heartbeat_late"]
    assert house.notes(Kind.LINK_DOWN) == []
    house.pass_time(10)
    assert intake.look() is Change.LOST
    assert intake.look() is None
    intake.bodies(intake.peer("p", "p"), [Heartbeat(b"?")], 0)
    (down,) = house.notes(Kind.LINK_DOWN)
    (up,) = house.notes(Kind.LINK_UP)
    assert down == '{"cause":"silent for three periods","scope":"heartbeat","unacknowledged":0}'
    assert up == '{"cause":"heard again","scope":"heartbeat"}'


def test_a_receiver_that_speaks_is_alive(house: Any) -> None:
    intake = house.intake(silence=10.0)
    for _ in range(5):
        house.pass_time(19)
        intake.bodies(intake.peer("p", "p"), [Frame(b"f")], 0)
        assert intake.look() is None


def test_frames_without_which_another_says_nothing_stand_beside_it(house: Any) -> None:
    intake = house.intake()
    events = [Frame(b"x", context=b"\x01#1234"), Frame(b"y", repeat=True, context=b"\x02")]
    _, bodies = intake.bodies(intake.peer("p", "p"), events, 0)
    notes = [decode_body(body, position=1, link=b"").note for body in bodies]
    assert notes == [b'{"context":"012331323334"}', b'{"context":"02","repeat":true}']
