"""Events become bodies: what is kept, with which mark, and what is only counted."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from twisted.logger import capturedLogs

from receivers.events import Event, Fault, Frame, Garbled, Heartbeat
from receivers.session import Account
from stationd.journal.model import Kind, decode_body
from stationd.net.faulty_limit import KEPT
from stationd.net.strangers import Reason, Strangers
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
        pytest.param(
            Frame(b"f", repeat=True, suspect=True, context=b"c"),
            Kind.FRAME,
            b'{"context":"63","repeat":true,"suspect":true}',
            id="what may be a copy",
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


class Limited:
    """The intake of a listener for panels, whose roster has the number 1 and the group's line."""

    def __init__(self, house: Any, *, policy: str = "take", per_network: int = 3) -> None:
        self._house = house
        self.limits = Strangers(
            lambda number: Account(number) if number in {"1", ""} else None,
            policy=policy,
            per_network=per_network,
            in_all=1000,
        )
        self.intake = house.intake(strangers=self.limits)
        self.peer = self.intake.peer("192.0.2.9:1", "192.0.2.9")

    def keeps(self, *events: Event) -> list[Event]:
        kept, bodies = self.intake.bodies(self.peer, events, self._house.clock.now_ns())
        assert len(kept) == len(bodies)
        return kept

    def counted(self) -> list[tuple[str, str, int]]:
        return [(one.peer, one.fault, one.count) for one in self.limits.everything()]


KNOWN, UNKNOWN = Frame(b"k", number="1"), Frame(b"u", number="2")


def test_beyond_the_limit_an_unknown_number_is_counted_and_not_kept(house: Any) -> None:
    limited = Limited(house)
    assert limited.keeps(*[UNKNOWN] * 5) == [UNKNOWN] * 3
    assert limited.counted() == [("192.0.2.0/24", "unknown_number", 2)]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from([KNOWN, UNKNOWN, Garbled(b"g", Fault.NOISE)]), max_size=40))
def test_a_known_account_is_never_limited(new_house: Any, events: list[Event]) -> None:
    limited = Limited(new_house(), policy="take", per_network=1)
    kept = limited.keeps(*events)
    assert kept.count(KNOWN) == events.count(KNOWN)
    assert len(kept) - kept.count(KNOWN) <= 1


def test_a_known_accounts_panel_with_a_wrong_clock_is_never_limited(house: Any) -> None:
    limited = Limited(house)
    limited.keeps(*[UNKNOWN] * 9)
    stale = Frame(b"s", number="1", fault=Fault.STALE)
    assert limited.keeps(stale) == [stale]


def test_an_unknown_number_that_is_only_stored_is_marked_so_that_nobody_answers(
    house: Any,
) -> None:
    limited = Limited(house, policy="store")
    kept, (body, other) = limited.intake.bodies(limited.peer, [UNKNOWN, KNOWN], 0)
    assert kept == [Frame(b"u", number="2", fault=Fault.UNKNOWN_NUMBER), KNOWN]
    assert decode_body(body, position=1, link=b"").note == b'{"fault":"unknown_number"}'
    assert decode_body(other, position=2, link=b"").note == b""


def test_an_unknown_number_that_is_only_counted_is_not_kept(house: Any) -> None:
    limited = Limited(house, policy="count")
    assert limited.keeps(UNKNOWN, KNOWN) == [KNOWN]
    assert limited.counted() == [("192.0.2.0/24", "unknown_number", 1)]


def test_what_names_nobody_is_its_connections(house: Any) -> None:
    limited = Limited(house, policy="count")
    nameless = Frame(b"n")
    assert limited.keeps(nameless) == []
    assert limited.keeps(KNOWN, nameless) == [KNOWN, nameless]


def test_noise_is_limited_by_the_network_too_however_many_hosts_send_it(house: Any) -> None:
    limited = Limited(house, per_network=5)
    kept = 0
    for number in range(20):
        limited.peer = limited.intake.peer("p", f"192.0.2.{number}")
        kept += len(limited.keeps(Garbled(b"x", Fault.NOISE)))
    assert kept == 5
    assert limited.counted() == [("192.0.2.0/24", "noise", 15)]


def test_a_receiver_speaks_for_accounts_that_nobody_asks_for(house: Any) -> None:
    limits = Strangers(None, policy="take", per_network=1, in_all=1)
    intake = house.intake(strangers=limits)
    peer = intake.peer("p", "192.0.2.9")
    kept, _ = intake.bodies(peer, [Frame(b"f"), UNKNOWN, Heartbeat(b"h")] * 9, 0)
    assert (len(kept), peer.heard is None) == (27, False)


def test_who_is_turned_away_is_told_of_once_a_minute(house: Any) -> None:
    limited = Limited(house)
    for _ in range(3):
        limited.intake.refuse("192.0.2.9", Reason.NOT_ADMITTED)
    house.pass_time(60)
    limited.intake.look()
    (note,) = house.notes(Kind.GARBLED)
    assert '"count":3,"fault":"not_admitted"' in note
    limited.intake.refuse("192.0.2.9", Reason.NOT_ADMITTED)
    limited.intake.finish()
    assert len(house.notes(Kind.GARBLED)) == 2


def test_a_line_of_our_own_turns_nobody_away(house: Any) -> None:
    intake = house.intake()
    intake.refuse("192.0.2.9", Reason.NOT_ADMITTED)
    assert intake.tells_connection("192.0.2.9")
    intake.finish()
    assert house.notes(Kind.GARBLED) == []
