"""The table of simulated receivers: what every line of it keeps to."""

from datetime import UTC, datetime

import pytest

from receivers.events import Frame, Garbled, Heartbeat
from receivers.registry import RECEIVERS
from stationd.simulate.happening import Event, Happening, Stamp
from stationd.simulate.simulated import SIMULATED
from stationd.simulate.voice import Answer, damaged
from tests.receivers.conftest import Station

STAMP = Stamp(7, datetime(2025, 6, 15, 12, tzinfo=UTC))
HAPPENINGS = [
    Happening("E", "130", "BA", "A", 3, "HALL DOOR"),
    Happening("R", "401", "CL", "C", 4),
    Happening("E", "602", "RP", "R"),
]
ROWS = [pytest.param(row, id=name) for name, row in SIMULATED.items() if row.voice is not None]


def heard(station, raw):
    return station.hears(raw) or station.session.ended()


@pytest.mark.parametrize("row", SIMULATED.values(), ids=SIMULATED)
def test_a_listener_can_be_set_to_it(row):
    spec = RECEIVERS[row.receiver]
    assert {"udp" if way == "udp" else "tcp" for way in row.ways} <= spec.transports
    for name, value in row.options.items():
        option = spec.options[name]
        assert type(value) is type(option.default)
        assert not option.choices or value in option.choices


@pytest.mark.parametrize("row", ROWS)
def test_each_frame_is_taken_and_its_answer_believed(row):
    for form in row.forms:
        for what in HAPPENINGS:
            station = Station(row.receiver, options=row.options)
            for raw in row.voice.write(Event(row.numbers[0], what, form), STAMP):
                (event,) = heard(station, raw)
                assert isinstance(event, Frame)
                assert event.fault is None
                answer = bytearray(station.answers(event))
                if row.habits.awaits:
                    assert row.voice.read(answer, raw) is Answer.TAKEN
                assert answer == b""


@pytest.mark.parametrize("row", ROWS)
def test_a_damaged_frame_is_noticed_where_it_can_be(row):
    for what in HAPPENINGS:
        raw = row.voice.write(Event(row.numbers[0], what, row.forms[0]), STAMP)[0]
        events = heard(Station(row.receiver, options=row.options), damaged(raw))
        whole = [one for one in events if isinstance(one, Frame) and one.fault is None]
        assert (whole == []) is row.voice.checks


@pytest.mark.parametrize("row", [row for row in ROWS if row.values[0].voice.heartbeat])
def test_a_heartbeat_is_known_as_one(row):
    (event,) = Station(row.receiver, options=row.options).hears(row.voice.heartbeat(STAMP))
    assert isinstance(event, Heartbeat) or event.poll or row.receiver == "dmp"


@pytest.mark.parametrize("row", ROWS)
def test_after_a_failure_every_receiver_has_a_way_back(row):
    beats = row.voice.heartbeat is not None and row.habits.heartbeat_every is not None
    assert beats or row.habits.pause is not None or not row.habits.awaits


@pytest.mark.parametrize("row", ROWS)
def test_a_frame_cut_in_the_middle_is_no_frame(row):
    raw = row.voice.write(Event(row.numbers[0], HAPPENINGS[0], row.forms[0]), STAMP)[0]
    events = heard(Station(row.receiver, options=row.options), raw[: len(raw) // 2])
    # Where a silence ends a frame, half of one cannot be told from a whole.
    assert all(isinstance(one, Garbled) for one in events) or row.options.get("end") == ""
