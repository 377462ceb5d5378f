"""Codes that an operator adds, applied to what a protocol has decoded."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from receivers import contact_id, sia
from receivers.own_codes import NO_OWN_CODES, PREFIX, OwnCodes, OwnCodesError, parse
from receivers.signals import Decoded, Signal, SignalClass, Undecoded

ONE = """
name = "south"
[[codes]]
format = "sia"
code = "OG"
class = "opening"
name = "armed by a scenario"
address = "user"
vendor = "ajax"
"""
CONTACT_ID = """
name = "south"
[[codes]]
format = "contact-id"
code = "7A1"
class = "alarm"
name = "glass broken in the vault"
"""


def decoded(*signals: Signal) -> Decoded:
    return Decoded(signals=signals, table="stationd-codes-1:0")


def of_sia(data: bytes) -> Signal:
    (signal,) = sia.signals([data], number="1234", token="t", receiver="", line="")
    return signal


def of_contact_id(text: str) -> Signal:
    event = contact_id.read_tail(text)
    assert event is not None
    return contact_id.signal(event, number="1234", token="5", receiver="", line="")


def read(own: OwnCodes, signal: Signal, group: str = "main") -> Signal:
    found = own.read(decoded(signal), group)
    assert isinstance(found, Decoded)
    return found.signals[0]


def test_a_code_of_its_own_gets_class_words_vendor_and_address_from_the_file() -> None:
    own = parse(ONE)
    found = read(own, of_sia(b"NOG7"))
    assert (found.signal_class, found.code_name, found.vendor) == (
        SignalClass.OPENING,
        "armed by a scenario",
        "ajax",
    )
    assert (found.user, found.zone, found.code) == ("7", "", "OG")
    assert found.table == own.version


def test_other_codes_are_left_as_they_are() -> None:
    frame = decoded(of_sia(b"NBA7"))
    assert parse(ONE).read(frame, "main") is frame


def test_nothing_of_ones_own_changes_nothing() -> None:
    frame = decoded(of_sia(b"NOG7"))
    assert NO_OWN_CODES.read(frame, "main") is frame
    assert parse(ONE).read(Undecoded("no"), "main") == Undecoded("no")


@pytest.mark.parametrize(
    ("text", "expected"),
    [("E7A101003", "alarm"), ("R7A101003", "restore"), ("P7A101003", "status")],
)
def test_a_contact_id_code_says_what_is_new_and_its_restore_follows(
    text: str, expected: str
) -> None:
    found = read(parse(CONTACT_ID), of_contact_id(text))
    assert (found.signal_class, found.code_name) == (expected, "glass broken in the vault")
    assert (found.zone, found.area) == ("003", "01")


def test_what_the_receiver_says_of_itself_is_not_the_operators_to_explain() -> None:
    own = replace(of_sia(b"NOG7"), signal_class=SignalClass.SELF)
    assert read(parse(ONE), own) == own


def test_a_letter_of_a_common_format_is_explained_too() -> None:
    text = ONE.replace('"sia"', '"other"').replace('"OG"', '"3"')
    letter = Signal(number="1", token="1", signal_class=SignalClass.ALARM, code="3", zone="5")
    found = read(parse(text), letter)
    assert (found.signal_class, found.user, found.zone) == (SignalClass.OPENING, "5", "")


def test_a_number_that_stands_where_it_belongs_stays() -> None:
    both = of_sia(b"Nid4/ZZ7")
    assert (both.user, both.zone) == ("4", "7")
    found = read(parse(ONE.replace("OG", "ZZ")), both)
    assert (found.user, found.zone) == ("4", "7")


@pytest.mark.parametrize(
    ("data", "address", "expected"),
    [
        (b"NOP7", "zone", ("7", "", "")),
        (b"NOP7", "area", ("", "", "7")),
        (b"NBA7", "area", ("", "", "7")),
        (b"NBA", "user", ("", "", "")),
    ],
)
def test_the_number_beside_a_code_goes_where_the_file_says(
    data: bytes, address: str, expected: tuple[str, str, str]
) -> None:
    text = ONE.replace('"OG"', f'"{data[1:3].decode()}"').replace('"user"', f'"{address}"')
    found = read(parse(text), of_sia(data))
    assert (found.zone, found.user, found.area) == expected


def test_one_code_means_different_things_in_different_groups() -> None:
    more = '[[codes]]\nformat = "sia"\ncode = "OG"\nclass = "test"\nname = "t"\ngroups = ["ip"]\n'
    own = parse(ONE + more)
    assert read(own, of_sia(b"NOG7"), "main").signal_class is SignalClass.OPENING
    assert read(own, of_sia(b"NOG7"), "ip").signal_class is SignalClass.TEST


def test_a_code_of_another_group_is_not_explained() -> None:
    own = parse(ONE + 'groups = ["ip"]\n')
    assert read(own, of_sia(b"NOG7"), "main") == of_sia(b"NOG7")


def test_the_version_is_the_name_and_what_the_file_says_and_nothing_else() -> None:
    version = parse(ONE).version
    assert version.startswith(f"{PREFIX}south:")
    assert parse(f"# a comment\n{ONE}").version == version
    assert parse(ONE.replace("ajax", "inim")).version != version
    assert parse(ONE.replace("south", "north")).version != version


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("name =", "nam =", "nam: is not known"),
        ('"south"', '"so uth"', "name: 1 to 32 letters"),
        ('"sia"', '"x"', "format must be one of sia, contact-id, other"),
        ('"OG"', '"ogg"', "code 'ogg' is none of format sia"),
        ('"opening"', '"loud"', "class must be one of alarm"),
        ('"opening"', '"self"', "class must be one of alarm"),
        ('"user"', '"door"', "address must be one of zone, user, area"),
        ('"armed by a scenario"', '" "', "name must say in words"),
        ('"ajax"', "7", "vendor must be a text"),
        ('"ajax"', '"ajax"\ngroups = "ip"', "groups must be a list"),
        ('"ajax"', '"ajax"\ncolour = "red"', "colour is not known"),
    ],
)
def test_every_fault_is_named_with_its_place(before: str, after: str, said: str) -> None:
    with pytest.raises(OwnCodesError, match=said):
        parse(ONE.replace(before, after, 1))


def test_all_faults_are_told_at_once() -> None:
    with pytest.raises(OwnCodesError) as told:
        parse(ONE.replace('"sia"', '"x"').replace('"user"', '"door"'))
    assert [problem.partition(":")[0] for problem in told.value.problems] == ["codes.0"] * 2


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name = ", "Invalid value"),
        ('name = "s"\ncodes = 3', "codes: must be tables"),
        ('name = "s"\ncodes = [3]', "codes.0: must be a table"),
        (ONE + ONE.partition("south")[2][1:], "stands here twice"),
        ('name = "s"', ""),
    ],
)
def test_a_file_of_another_shape_is_refused(text: str, said: str) -> None:
    if not said:
        assert parse(text).codes == {}
        return
    with pytest.raises(OwnCodesError, match=said):
        parse(text)


@given(st.builds(dict, code=st.sampled_from(["OG", "BA", "7A1", "3", ""]), zone=st.text()))
def test_any_signal_can_be_read_and_keeps_its_code_and_number(fields: dict[str, Any]) -> None:
    signal = Signal(number="1", token="", signal_class=SignalClass.STATUS, **fields)
    found = read(parse(ONE), signal)
    assert (found.code, found.number) == (signal.code, signal.number)
    assert {found.zone, found.user, found.area} == {signal.zone, signal.user, signal.area}
