import pytest

from receivers.events import Frame
from receivers.raw.session import DMP_OPTIONS, OPTIONS
from receivers.session import Options
from tests.receivers.conftest import Station


@pytest.mark.parametrize("name", ["raw", "dmp"])
@pytest.mark.parametrize(
    ("options", "answer"),
    [
        pytest.param({}, b"\x06", id="one byte"),
        pytest.param({"answer": "41434B0D0A"}, b"ACK\r\n", id="a text"),
        pytest.param({"answer": ""}, b"", id="none"),
        pytest.param({"answer": "echo"}, b"what it is\r", id="what was sent"),
    ],
)
def test_every_frame_gets_the_answer_that_is_set(
    name: str, options: Options, answer: bytes
) -> None:
    assert Station(name, options=options).says(b"what it is\r") == answer


def test_a_frame_that_a_silence_ended_is_answered() -> None:
    station = Station("raw", options={"end": ""})
    assert station.hears(b"one") + station.hears(b"two") == []
    (event,) = station.session.ended()
    assert event == Frame(b"onetwo")
    assert station.answers(event) == b"\x06"


def test_copies_before_the_answer_are_repeats_and_none_where_there_is_no_answer() -> None:
    assert Station("raw").hears(b"a\ra\r") == [Frame(b"a\r"), Frame(b"a\r", repeat=True)]
    assert Station("raw", options={"answer": ""}).hears(b"a\ra\r") == [Frame(b"a\r")] * 2


def test_a_dmp_receivers_menu_has_the_same_settings() -> None:
    assert OPTIONS.keys() == DMP_OPTIONS.keys()
