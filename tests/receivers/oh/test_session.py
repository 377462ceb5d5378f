import pytest

from tests.receivers.conftest import Station

BEAT = b"SR0001L0001    012345XX    [ID00000000]"


@pytest.mark.parametrize("raw", [BEAT, b"something else [ID1]"], ids=["heartbeat", "other line"])
def test_a_line_is_taken_with_a_word_in_quotes(raw: bytes) -> None:
    assert Station("osborne-hoffman").says(raw) == b'"ACK"'


def test_the_answer_is_the_one_that_is_set() -> None:
    assert Station("osborne-hoffman", options={"answer": "06"}).says(BEAT) == b"\x06"
