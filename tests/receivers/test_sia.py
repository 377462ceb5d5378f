import pytest
from hypothesis import given
from hypothesis import strategies as st

from receivers import sia
from receivers.sia import Block, read_block, read_events, split, write_block
from receivers.signals import SignalClass

Row = tuple[str, str, dict[str, str], str]


def rows(data: bytes) -> list[Row]:
    return [
        (event.code, event.address, dict(event.modifiers), event.text)
        for event in read_events(split(data)[1])
    ]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        pytest.param(b"#1|NBA5", [("BA", "5", {}, "")], id="plain"),
        pytest.param(b"#1|Nri1/BA5", [("BA", "5", {"ri": "1"}, "")], id="area"),
        pytest.param(b"#1|Nri1BA5", [("BA", "5", {"ri": "1"}, "")], id="no slash"),
        pytest.param(
            b"#1|Nti07:32/ri2/CL7^FRONT DOOR^",
            [("CL", "7", {"ti": "07:32", "ri": "2"}, "FRONT DOOR")],
            id="time before the code, and a text",
        ),
        pytest.param(
            b"#1|Nti19:44/id1/RP", [("RP", "", {"ti": "19:44", "id": "1"}, "")], id="Scantronic"
        ),
        pytest.param(
            b"#1|Nti20:50:26RP99", [("RP", "99", {"ti": "20:50:26"}, "")], id="time with seconds"
        ),
        pytest.param(b"#1|Nri1CL0^a/b^", [("CL", "0", {"ri": "1"}, "a/b")], id="slash in a text"),
        pytest.param(b"#1|NBA5/BA6/BA7", [("BA", z, {}, "") for z in "567"], id="several events"),
        pytest.param(
            b"#1|Nri1/BA5/ri2/BA6",
            [("BA", "5", {"ri": "1"}, ""), ("BA", "6", {"ri": "2"}, "")],
            id="a modifier holds for what follows it",
        ),
        pytest.param(b"#1|NFA3|AKITCHEN SMOKE", [("FA", "3", {}, "KITCHEN SMOKE")], id="A block"),
        pytest.param(
            b"#1|NFA3|ALEFT|OBA4|ARIGHT",
            [("FA", "3", {}, "LEFT"), ("BA", "4", {}, "RIGHT")],
            id="a text belongs to the event before it",
        ),
        pytest.param(b"#1|Nri0A/BA1", [("BA", "1", {"ri": "0A"}, "")], id="hexadecimal area"),
        pytest.param(b"#1|NriAB/BA1", [("BA", "1", {"ri": "AB"}, "")], id="letters only"),
        pytest.param(b"#1|NBA5*3^X", [("BA", "5", {}, "X")], id="units, and a text not closed"),
        pytest.param(
            b"#1|Nri1^Hall^id2^Bob^ti12:00:00BA5^Door^",
            [
                (
                    "BA",
                    "5",
                    {"ri": "1", "ri_name": "Hall", "id": "2", "id_name": "Bob", "ti": "12:00:00"},
                    "Door",
                )
            ],
            id="names of area and user",
        ),
        pytest.param(
            b"#1|Nri04/OP001NM", [("OP", "001", {"ri": "04"}, "")], id="extended SIA, no text"
        ),
        pytest.param(
            b"#1|NBA5*\"north / door\"NM/BA6*'x'NM",
            [("BA", "5", {}, "north / door"), ("BA", "6", {}, "x")],
            id="extended SIA",
        ),
        pytest.param(b"#1|Nri1/NM2", [("NM", "2", {"ri": "1"}, "")], id="an event NM"),
        pytest.param(b"#1|NNM1", [("NM", "1", {}, "")], id="an event NM first"),
        pytest.param(b"#1|NBA5/^HALL^", [("BA", "5", {}, "HALL")], id="text behind a slash"),
        pytest.param(b"#1|NBA5 hall", [("BA", "5", {}, "hall")], id="text without a mark"),
        pytest.param(b"#1|AKITCHEN", [], id="a text without an event"),
        pytest.param(b"#1|", [], id="nothing"),
        pytest.param(b"#1|N", [], id="an empty block"),
    ],
)
def test_events_are_read_with_their_modifiers(data: bytes, expected: list[Row]) -> None:
    assert rows(data) == expected


@pytest.mark.parametrize(
    ("data", "number", "count"),
    [
        pytest.param(b"#1234|NBA5", "1234", 1, id="usual"),
        pytest.param(b"1234|NBA5", "1234", 1, id="without the sign"),
        pytest.param(b"|Nri2/JC12", "", 1, id="left out before the bar"),
        pytest.param(b"Nri1/WA000", "", 1, id="left out with the bar"),
        pytest.param(b"NFA3|AKITCHEN", "", 2, id="left out, two blocks"),
        pytest.param(b"#XTRM189|NRP", "XTRM189", 1, id="letters beyond F"),
        pytest.param(b"", "", 0, id="nothing"),
        pytest.param(b"#1234", "1234", 0, id="no block"),
    ],
)
def test_the_account_stands_before_the_blocks(data: bytes, number: str, count: int) -> None:
    named, blocks = split(data)
    assert (named, len(blocks)) == (number, count)


def the_signal(data: bytes) -> sia.Signal:
    (event,) = read_events(split(data)[1])
    return sia.signal(event, number="1", token="SIA-DCS", receiver="R", line="L")


def test_the_user_is_in_id_or_in_the_address() -> None:
    both = the_signal(b"#1|Nri01/id012/OP12")
    alone = the_signal(b"#1|NCL7")
    assert (both.user, both.area, both.extra) == ("012", "01", {"address": "12"})
    assert (alone.user, alone.zone) == ("7", "")


def test_the_address_of_an_area_code_is_its_area() -> None:
    assert the_signal(b"#1|NCG3").area == "3"
    assert the_signal(b"#1|Nri2/BV3").area == "2"
    assert the_signal(b"#1|Nri2/BV3").zone == "3"
    assert the_signal(b"#1|Nri02/BV2").zone == ""
    assert the_signal(b"#1|Nri02/BV2").area == "02"


def test_a_signal_keeps_what_the_panel_said_of_time_and_the_rest() -> None:
    read = the_signal(b"#1|Nda01-31-25/ti07:32/pi010/OBA5*2")
    assert read.panel_time == "01-31-25 07:32"
    assert read.extra == {"pi": "010", "units": "2"}
    assert read.new is True


def test_an_old_event_is_marked() -> None:
    read = the_signal(b"#1|OBA5")
    assert (read.new, read.extra) == (False, {"block": "O"})


def test_blocks_without_an_event_are_one_signal_with_their_text() -> None:
    (read,) = sia.signals([b"Idu255", b"?1234"], number="1", token="0", receiver="", line="")
    assert (read.text, read.signal_class) == ("Idu255 ?", SignalClass.STATUS)


@pytest.mark.parametrize("blocks", [[], [b""], [b"Zzz"], [b"N"]])
def test_what_is_no_block_gives_no_signal(blocks: list[bytes]) -> None:
    assert sia.signals(blocks, number="1", token="0", receiver="", line="") == []


def test_passcodes_are_found_to_be_masked() -> None:
    data = b"#1|?1234|NBA5|?99"
    blocks = split(data)[1]
    spans = sia.passcode_spans(blocks, 3)
    assert [(data[a:b], c) for a, b, c in spans] == [(b"1234", "code"), (b"99", "code")]
    assert sia.passcode_spans([b"?"], 0) == []


@given(st.binary(max_size=80))
def test_any_bytes_are_read(data: bytes) -> None:
    number, blocks = split(data)
    assert isinstance(number, str)
    sia.signals(blocks, number=number, token="", receiver="", line="")


@given(st.sampled_from("NO#A@C"), st.binary(max_size=63), st.booleans(), st.booleans())
def test_a_block_comes_back_as_it_was_written(
    function: str, data: bytes, wants: bool, reverse: bool
) -> None:
    block = Block(function, data, wants_acknowledgement=wants, reverse=reverse)
    raw = write_block(block)
    assert read_block(raw) == block
    assert sia.block_length(raw[0]) == len(raw)


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"\x40\x38", id="cut"),
        pytest.param(b"\x41\x38\x87", id="longer by its header"),
        pytest.param(bytes.fromhex("434e424131c1"), id="column parity"),
    ],
)
def test_a_damaged_block_is_not_read(raw: bytes) -> None:
    assert read_block(raw) is None


def test_the_number_of_something_else_than_a_zone_says_of_what() -> None:
    assert the_signal(b"#1|NLT2").extra == {"place": "line"}
    assert the_signal(b"#1|NDG4").extra == {"place": "door"}
    assert the_signal(b"#1|NBA4").extra == {}
    assert the_signal(b"#1|NLT").extra == {}


def test_what_cannot_be_read_stands_beside_the_event_after_it() -> None:
    event = the_signal(b"#1|Nzz12/^HALL^/ri2/BA5")
    assert (event.code, event.zone, event.area) == ("BA", "5", "2")
    assert event.extra == {"unread": "zz12 HALL"}


def test_blocks_beside_an_event_are_not_lost() -> None:
    number, blocks = split(b"#1|NBA5|@AL3|Zwhat|?4711|")
    (event,) = sia.signals(blocks, number=number, token="S", receiver="", line="")
    assert event.extra == {"blocks": "@AL3 Zwhat"}


@pytest.mark.parametrize("data", [b"#  1234|NBA5", b"1234  |NBA5", b"#1234|NBA5"])
def test_an_account_has_no_spaces_around_it(data: bytes) -> None:
    assert split(data) == ("1234", [b"NBA5"])
