import pytest

from receivers.d6500_sia.framing import Form, seal
from receivers.events import Frame
from tests.receivers.conftest import Station

BODY = b"a00410702[#1234|18113001015]"
FORMS = [Form(digits=True), Form(digits=False), Form(digits=False, order="little")]


@pytest.mark.parametrize("form", FORMS, ids=str)
def test_a_frame_is_taken_with_its_numbers_in_the_form_it_came_in(form: Form) -> None:
    answer = Station("d6500-sia").says(seal(BODY, form))
    assert answer == seal(b"\t00410702[]", form)


def test_a_frame_whose_crc_nobody_knows_is_not_answered() -> None:
    raw = seal(BODY, FORMS[0]).replace(b"130", b"131")
    assert Station("d6500-sia").says(raw) == b""


def test_noise_is_not_answered() -> None:
    assert Station("d6500-sia").says(b"x" * 1000) == b""


def test_a_cut_frame_is_not_answered() -> None:
    station = Station("d6500-sia")
    station.hears(seal(BODY, FORMS[0])[:20])
    assert [station.answers(event) for event in station.session.ended()] == [b""]


def test_a_lost_answer_is_known_by_the_sequence_number() -> None:
    raw = seal(BODY, FORMS[0])
    station = Station("d6500-sia")
    first = station.says(raw)
    assert station.hears(raw) == [Frame(raw, repeat=True)]
    assert station.says(raw) == first


def test_a_frame_that_was_only_counted_is_forgotten() -> None:
    raw, station = seal(BODY, FORMS[0]), Station("d6500-sia")
    station.session.dropped(*station.hears(raw))
    assert station.hears(raw) == [Frame(raw)]
