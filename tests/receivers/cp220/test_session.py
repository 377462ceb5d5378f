from receivers.events import Fault, Frame, Garbled
from tests.receivers.conftest import Station

LINE = b"111234564131\r"


def test_as_it_leaves_the_factory_it_gets_no_answer_and_repeats_nothing() -> None:
    station = Station("cp220")
    assert station.hears(LINE * 2) == [Frame(LINE)] * 2
    assert station.says(LINE) == b""


def test_where_its_ack_is_on_each_line_is_taken_with_it() -> None:
    assert Station("cp220", options={"answer": "06"}).says(LINE + b"?\r") == b"\x06\x06"


def test_all_its_bytes_are_those_set_at_the_receiver() -> None:
    options = {"end": "2A", "answer": "41", "nak": "damaged", "refusal": "4E"}
    station = Station("cp220", options=options)
    assert station.says(b"111234564131*") == b"A"
    assert station.says(b"11123\x00564131*") == b"N"


def test_it_is_refused_nine_times_at_most_for_after_ten_it_gives_up() -> None:
    station = Station("cp220", options={"nak": "damaged"})
    assert [station.says(b"\x0011\r") for _ in range(11)] == [b"\x15"] * 9 + [b""] * 2


def test_a_byte_with_wrong_parity_makes_a_line_garbled() -> None:
    raw = b"11123\x00564131\r"
    assert Station("cp220").hears(raw) == [Garbled(raw, Fault.CHECKSUM)]


def test_an_end_that_is_empty_is_the_usual_one() -> None:
    assert Station("cp220", options={"end": ""}).hears(LINE) == [Frame(LINE)]
