from receivers.events import Frame
from tests.receivers.conftest import Station

LINE = b"12:01 06/15 11 1234 A5\r"


def test_a_line_is_taken_understood_or_not() -> None:
    station = Station("exprecium")
    assert station.says(LINE + b"whatever\r@\r") == b"\x06" * 3


def test_a_line_that_comes_again_before_its_answer_is_a_repeat() -> None:
    station = Station("exprecium")
    first, again = station.hears(LINE + LINE)
    assert (first, again) == (Frame(LINE), Frame(LINE, repeat=True))
    assert station.answers(first) == station.answers(again) == b"\x06"
    assert station.hears(LINE) == [Frame(LINE)]


def test_damage_is_refused_only_where_that_is_set() -> None:
    assert Station("exprecium").says(b"12:\x001\r") == b""
    station = Station("exprecium", options={"nak": "damaged"})
    assert station.says(b"12:\x001\r" * 5) == b"\x15" * 3
