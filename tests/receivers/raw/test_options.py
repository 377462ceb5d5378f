import re

import pytest

from receivers.raw.options import OPTIONS


@pytest.mark.parametrize("value", ["", "06", "41434B0D0A", "echo"])
def test_an_answer_is_bytes_or_what_was_sent(value: str) -> None:
    assert re.fullmatch(OPTIONS["answer"].pattern, value)


@pytest.mark.parametrize("value", ["ACK", "6", "echo06"])
def test_an_answer_is_no_plain_text(value: str) -> None:
    assert not re.fullmatch(OPTIONS["answer"].pattern, value)
