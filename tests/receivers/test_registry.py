import re
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from receivers.events import Frame, Garbled, Heartbeat
from receivers.registry import RECEIVERS
from receivers.session import Options
from receivers.signals import Decoded, Undecoded
from tests.receivers.conftest import Station

NAMES = sorted(RECEIVERS)


def test_every_receiver_a_station_may_own_is_there() -> None:
    assert RECEIVERS.keys() == {
        "ademco685",
        "aes7705",
        "contact-id-tcp",
        "cp220",
        "d6500",
        "d6500-sia",
        "dc07",
        "dc09",
        "dmp",
        "exprecium",
        "galaxy",
        "iti",
        "mx8000",
        "osborne-hoffman",
        "raw",
        "sk9000",
        "surgard",
    }


def test_what_was_built_without_a_device_or_a_full_text_is_marked() -> None:
    trials = {name for name, spec in RECEIVERS.items() if spec.trial}
    assert trials == {"dc07", "d6500-sia", "dmp", "exprecium", "osborne-hoffman"}
    assert all(
        word in RECEIVERS[name].title
        for name, word in zip(
            sorted(trials),
            ["on trial", "on trial", "framing only", "on trial", "on trial"],
            strict=True,
        )
    )


@pytest.mark.parametrize("name", NAMES)
def test_a_receiver_says_what_it_is_and_what_may_be_set(name: str) -> None:
    spec = RECEIVERS[name]
    assert spec.title
    assert spec.transports <= {"tcp", "udp", "serial"}
    assert spec.silence > 0
    assert all(option.help for option in spec.options.values())
    assert all(
        option.default in option.choices for option in spec.options.values() if option.choices
    )
    assert all(
        re.fullmatch(option.pattern, str(option.default))
        for option in spec.options.values()
        if option.pattern
    )
    assert spec.gap({}) is None or spec.gap({}) > 0  # type: ignore[operator]
    assert spec.poll({}) is None


@pytest.mark.parametrize("name", NAMES)
@given(data=st.binary(max_size=200))
def test_any_bytes_give_events_that_can_be_answered_and_read(name: str, data: bytes) -> None:
    station = Station(name)
    for event in station.hears(data) + station.session.ended():
        assert isinstance(event, Frame | Heartbeat | Garbled)
        assert isinstance(station.answers(event), bytes)
        assert isinstance(station.spec.decode(event.raw, lambda _: None, {}), Decoded | Undecoded)


WAYS: list[tuple[str, Options]] = [
    *((name, {}) for name in NAMES),
    ("ademco685", {"layout": "caps"}),
    ("iti", {"layout": "interface"}),
    ("aes7705", {"mode": "6500"}),
    ("raw", {"end": ""}),
    ("surgard", {"end": ""}),
]


@pytest.mark.parametrize(("name", "options"), WAYS)
@pytest.mark.parametrize("byte", [b"x", b"\x00", b"[", b"\n"])
def test_ten_megabytes_without_an_end_leave_one_event_and_little_memory(
    name: str, options: Options, byte: bytes
) -> None:
    station = Station(name, options=options)
    flood = byte * 65_536
    tracemalloc.start()
    events = [event for _ in range(160) for event in station.hears(flood)]
    grown, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(events) <= 1
    assert station.session.ended() == []
    assert grown < 65_536
