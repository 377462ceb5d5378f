import pytest
from hypothesis import given
from hypothesis import strategies as st

from receivers.contact_id import ContactId, read_any, read_event, read_string, read_tail, signal
from receivers.signals import SignalClass


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("1130 01 015", ContactId("1", "130", "01", "015", "1"), id="new"),
        pytest.param("3401 01 004", ContactId("3", "401", "01", "004", "3"), id="closing"),
        pytest.param("6130 AF 0FF", ContactId("6", "130", "AF", "0FF", "6"), id="hex group"),
        pytest.param(
            "E130 01 C015 ", ContactId("1", "130", "01", "015", "E", mark="C"), id="685 zone"
        ),
        pytest.param(
            "R401 01 U004", ContactId("3", "401", "01", "004", "R", mark="U"), id="685 user"
        ),
        pytest.param("P130 01 015", ContactId("6", "130", "01", "015", "P"), id="previous"),
        pytest.param("2130 01 015", None, id="no such qualifier"),
        pytest.param("0000 00 000", None, id="what a link test carries"),
        pytest.param("1130 01", None, id="cut"),
        pytest.param("", None, id="nothing"),
    ],
)
def test_an_event_is_read_as_text(text: str, expected: ContactId | None) -> None:
    assert read_event(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("E13001015", ContactId("1", "130", "01", "015", "E")),
        ("313001015", ContactId("3", "130", "01", "015", "3")),
        ("X13001015", None),
        ("E1300101", None),
    ],
)
def test_an_event_is_read_without_spaces(text: str, expected: ContactId | None) -> None:
    assert read_tail(text) == expected


def test_an_event_is_read_with_or_without_spaces() -> None:
    assert read_any(" 1130 01 015 ") == read_any("113001015 ") == read_tail("113001015")
    assert read_any("1130-01-015") is None


def place(text: str) -> tuple[str, str, str]:
    event = read_event(text)
    assert event is not None
    read = signal(event, number="1", token="", receiver="", line="")
    return read.zone, read.user, read.extra.get("place", "")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("E130 01 015", ("015", "", ""), id="the table says zone"),
        pytest.param("E401 01 004", ("", "004", ""), id="the table says user"),
        pytest.param("E130 01 U004", ("", "004", ""), id="the receiver says user"),
        pytest.param("E401 01 C004", ("004", "", ""), id="the receiver says zone"),
        pytest.param("E904 01 004", ("004", "", "device"), id="neither"),
    ],
)
def test_the_number_is_a_users_by_what_the_receiver_says_and_else_by_the_table(
    text: str, expected: tuple[str, str, str]
) -> None:
    assert place(text) == expected


def test_a_string_of_the_dialler_carries_account_and_kind() -> None:
    read = read_string("1234981110000019")
    assert read == ContactId("1", "110", "00", "001", "1", number="1234", kind="98")


def test_ten_digits_of_account_have_the_same_tail() -> None:
    read = read_string("0000001234" + "18" + "1131" + "01" + "015" + "8")
    assert read is not None
    assert read.number == "0000001234"


@pytest.mark.parametrize("digit", "0123456789BCDEF")
def test_only_the_right_check_digit_is_taken(digit: str) -> None:
    assert (read_string("123418113101015" + digit) is not None) == (digit == "8")


@given(st.text(max_size=20))
def test_any_text_is_an_event_or_none(text: str) -> None:
    assert read_string(text) is None or len(text) >= 16
    assert read_tail(text) is None or len(text) == 9
    read_event(text)


@pytest.mark.parametrize(
    ("text", "zone", "user", "new"),
    [
        ("1130 01 015", "015", "", True),
        ("3401 01 004", "", "004", False),
        ("6130 01 015", "015", "", None),
        ("1121 01 002", "", "002", True),
    ],
)
def test_the_number_is_a_zone_or_a_user_as_the_code_says(
    text: str, zone: str, user: str, new: bool | None
) -> None:
    event = read_event(text)
    assert event is not None
    read = signal(event, number="1234", token="ADM-CID", receiver="1", line="2")
    assert (read.zone, read.user, read.new) == (zone, user, new)
    assert (read.number, read.area, read.receiver, read.line) == ("1234", "01", "1", "2")


def test_opening_and_closing_are_not_mixed_up() -> None:
    opening, closing = read_event("1401 01 004"), read_event("3401 01 004")
    assert opening is not None
    assert closing is not None
    said = [
        signal(event, number="1", token="", receiver="", line="").signal_class
        for event in (opening, closing)
    ]
    assert said == [SignalClass.OPENING, SignalClass.CLOSING]
