import pytest
from hypothesis import given
from hypothesis import strategies as st

from receivers.events import Event, Fault, Frame, Garbled
from receivers.raw.framing import framer, gap
from receivers.session import Options
from tests.receivers.conftest import pieces

CUTS = st.lists(st.integers(min_value=0, max_value=60), max_size=8)
STREAMS = st.lists(st.sampled_from([b"\r", b"\n", b"ab", b"#"]), max_size=20).map(b"".join)
WAYS: list[Options] = [
    {},
    {"end": "0D0A"},
    {"end": "0D0A", "start": "23", "idle": "00"},
    {"end": ""},
]


def cut(options: Options, data: bytes, cuts: list[int]) -> list[Event]:
    line = framer(options)
    return [e for part in pieces(data, cuts) for e in line.receive(part)] + line.ended()


@pytest.mark.parametrize("options", WAYS)
@given(data=STREAMS, cuts=CUTS)
def test_the_events_do_not_depend_on_how_the_bytes_arrive(
    options: Options, data: bytes, cuts: list[int]
) -> None:
    assert cut(options, data, cuts) == cut(options, data, [])


def test_a_frame_ends_in_the_bytes_that_are_set() -> None:
    assert cut({"end": "0D0A"}, b"a\rb\r\nc\r\n", []) == [Frame(b"a\rb\r\n"), Frame(b"c\r\n")]


def test_a_frame_may_have_a_start() -> None:
    assert cut({"start": "02", "end": "03"}, b"x\x02abc\x03", []) == [
        Garbled(b"x", Fault.NOISE),
        Frame(b"\x02abc\x03"),
    ]


def test_idle_bytes_between_frames_are_dropped_where_they_are_named() -> None:
    assert cut({"idle": "00"}, b"\x00\x00a\r", []) == [Frame(b"a\r")]
    assert cut({}, b"\x00a\r", []) == [Frame(b"\x00a\r")]


def test_without_an_end_a_silence_ends_a_frame() -> None:
    assert cut({"end": ""}, b"anything\rat all", [3, 9]) == [Frame(b"anything\rat all")]


@pytest.mark.parametrize("end", ["0D", ""])
def test_a_frame_is_no_longer_than_the_limit(end: str) -> None:
    events = cut({"end": end, "limit": 16}, b"x" * 100, [])
    assert events == [Garbled(b"x" * 16, Fault.NO_TERMINATOR)]


@pytest.mark.parametrize(
    ("options", "seconds"),
    [({}, None), ({"end": ""}, 0.3), ({"end": "", "gap_ms": 1500}, 1.5), ({"gap_ms": 50}, None)],
)
def test_a_silence_counts_only_where_nothing_else_ends_a_frame(
    options: Options, seconds: float | None
) -> None:
    assert gap(options) == seconds
