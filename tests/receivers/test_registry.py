import pytest
from hypothesis import given
from hypothesis import strategies as st

from receivers.events import Frame, Garbled, Heartbeat
from receivers.registry import RECEIVERS
from receivers.signals import Decoded, Undecoded
from tests.receivers.conftest import Station

NAMES = sorted(RECEIVERS)


def test_the_receivers_of_the_first_release_are_there() -> None:
    assert {"dc09", "surgard"} <= RECEIVERS.keys()


@pytest.mark.parametrize("name", NAMES)
def test_a_receiver_says_what_it_is_and_what_may_be_set(name: str) -> None:
    spec = RECEIVERS[name]
    assert spec.title
    assert spec.transports <= {"tcp", "udp", "serial"}
    assert spec.silence > 0
    assert all(option.help for option in spec.options.values())


@pytest.mark.parametrize("name", NAMES)
@given(data=st.binary(max_size=200))
def test_any_bytes_give_events_that_can_be_answered_and_read(name: str, data: bytes) -> None:
    station = Station(name)
    for event in station.hears(data) + station.session.ended():
        assert isinstance(event, Frame | Heartbeat | Garbled)
        assert isinstance(station.answers(event), bytes)
        assert isinstance(station.spec.decode(event.raw, lambda _: None, {}), Decoded | Undecoded)


@pytest.mark.parametrize("name", NAMES)
def test_ten_megabytes_without_an_end_leave_one_event(name: str) -> None:
    station = Station(name)
    events = [event for _ in range(160) for event in station.hears(b"x" * 65_536)]
    assert len(events) == 1
    assert station.session.ended() == []
