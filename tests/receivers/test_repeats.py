from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from receivers.repeats import Recent, Repeats
from tests.receivers.conftest import NOON


def memory() -> Repeats:
    return Repeats(span=timedelta(minutes=5), limit=10)


def test_a_frame_is_remembered_with_the_time_it_came() -> None:
    repeats = memory()
    repeats.remember(b"a", NOON)
    assert repeats.last(b"a") == NOON
    assert repeats.last(b"b") is None


def test_the_last_time_counts() -> None:
    repeats = memory()
    repeats.remember(b"a", NOON)
    repeats.remember(b"a", NOON + timedelta(minutes=1))
    assert repeats.last(b"a") == NOON + timedelta(minutes=1)


@given(st.lists(st.integers(min_value=0, max_value=600), max_size=40))
def test_what_came_within_the_span_is_known_while_there_is_room(seconds: list[int]) -> None:
    repeats = memory()
    for second in sorted(seconds):
        at = NOON + timedelta(seconds=second)
        repeats.remember(b"%d" % (second // 200), at)
        assert repeats.last(b"%d" % (second // 200)) == at


@given(st.lists(st.binary(max_size=2), max_size=100))
def test_memory_stays_under_its_limit(frames: list[bytes]) -> None:
    repeats = memory()
    for raw in frames:
        repeats.remember(raw, NOON)
        assert len(repeats) <= 10


def test_what_is_old_is_forgotten() -> None:
    repeats = memory()
    repeats.remember(b"a", NOON)
    repeats.remember(b"b", NOON + timedelta(minutes=6))
    repeats.remember(b"c", NOON + timedelta(minutes=12))
    assert repeats.last(b"a") is None
    assert repeats.last(b"b") is not None


def test_the_value_set_last_is_remembered_of_a_number() -> None:
    recent: Recent[int] = Recent(limit=4)
    for value in (1, 2):
        recent.put(b"a", value)
    assert (recent.get(b"a"), recent.get(b"b")) == (2, None)
    recent.drop(b"a")
    assert (recent.get(b"a"), len(recent)) == (None, 0)


@given(st.lists(st.integers(min_value=0, max_value=50), max_size=100))
def test_the_numbers_set_last_are_remembered_in_bounded_memory(numbers: list[int]) -> None:
    recent: Recent[int] = Recent(limit=20)
    for place, number in enumerate(numbers):
        recent.put(b"%d" % number, place)
        assert len(recent) <= 20
    for place, number in list(enumerate(numbers))[-10:]:
        assert (recent.get(b"%d" % number) or 0) >= place
