import pytest

from receivers.automation import read_automation


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"\x06", "acknowledgement"),
        (b"\x15", "refusal"),
        (b"S", "poll"),
        (b"\x00", "link test"),
        (b"\r", "link test"),
        (b"!T1430\r", "set time 14:30"),
        (b"!D061525\r", "set date 06-15-25"),
        (b"!K1\r", "stop two-way audio on line 1"),
        (b"!X1\r", None),
        (b"", None),
    ],
)
def test_what_an_automation_says_is_named(raw: bytes, words: str | None) -> None:
    assert read_automation(raw) == words
