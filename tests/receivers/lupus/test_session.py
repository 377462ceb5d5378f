from receivers.events import Frame
from tests.receivers.conftest import Station

GOOD = b"[1234 181602010105]"


def test_a_string_with_a_good_check_digit_is_taken() -> None:
    assert Station("contact-id-tcp").says(GOOD) == b"\x06"


def test_one_with_a_wrong_check_digit_is_not_answered() -> None:
    assert Station("contact-id-tcp").says(GOOD.replace(b"05]", b"06]")) == b""


def test_a_string_that_comes_again_before_our_answer_is_a_repeat() -> None:
    first, second = Station("contact-id-tcp").hears(GOOD * 2)
    assert first == Frame(GOOD, number="1234")
    assert second == Frame(GOOD, number="1234", repeat=True)
