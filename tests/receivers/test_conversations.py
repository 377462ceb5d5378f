"""Every receiver in the table, in the ways it can be set: what all their conversations keep to."""

from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from receivers.checksums import v_byte
from receivers.d6500_sia.framing import Form
from receivers.d6500_sia.framing import seal as sia_mode
from receivers.dc09.framing import Style
from receivers.dc09.framing import seal as dc09
from receivers.events import Event, Frame, Heartbeat
from receivers.registry import RECEIVERS
from receivers.session import Options
from receivers.sia import Block, write_block
from tests.receivers.conftest import Station, pieces


def packet(body: bytes) -> bytes:
    return body + bytes((v_byte(body),)) + b"\r"


def block(function: str, data: bytes) -> bytes:
    return write_block(Block(function, data, wants_acknowledgement=True))


@dataclass(frozen=True)
class Way:
    """A receiver as it may be set, a frame and another, and what takes the first.

    ``end`` is what a frame ends in: noise in front of a frame is finished with it.
    """

    receiver: str
    frame: bytes
    other: bytes
    answer: bytes = b"\x06"
    end: bytes = b""
    options: Options = field(default_factory=dict)

    def __str__(self) -> str:
        return " ".join([self.receiver, *map(str, self.options.values())])


CALL = b'&061525"120000"01"0001"00401\x05123456"BA0%d'
OLD_CALL = b'\'062794"0345"51\x051234"BA0%d'
OKAY = b"\n00 OKAY @\r"
BEAT = b"1011           @    \x14"
WAYS = [
    Way("surgard", b"5011 181234E13001015\x14", BEAT, end=b"\x14"),
    Way("surgard", b"5011181234113001015\r", b"1011           @    \r", b"ACK\r\n", b"\r",
        {"end": "0D", "answer": "41434B0D0A"}),
    Way("dc09", dc09(b'"SIA-DCS"0001L0#1234[#1234|NBA5]', Style.STANDARD),
        dc09(b'"NULL"0000L0#1234[]', Style.STANDARD),
        dc09(b'"ACK"0001L0#1234[]', Style.STANDARD), b"\r"),
    Way("dc07", dc09(b'"ADM-CID"0001R1L2[#1234|1130 01 015]', Style.STANDARD),
        dc09(b'"NULL"0000R1L2[]', Style.STANDARD),
        dc09(b'"ACK"0001R1L2[]', Style.STANDARD), b"\r"),
    Way("ademco685", b"\n11 1234 3 5\r", OKAY, end=b"\r"),
    Way("ademco685", b"\n11 1234 0 5 3A", OKAY, end=b"\r", options={"layout": "caps"}),
    Way("mx8000", packet(CALL % 1), packet(b'\x03061525"120000"01"0000"'), end=b"\r"),
    Way("sk9000", packet(OLD_CALL % 1), packet(OLD_CALL % 2), end=b"\r"),
    Way("d6500", b"a011 123418113001015\x14", b"1010           @    \x14", end=b"\x14"),
    Way("d6500", b":a011 123418113001015\r", b":1010           @    \r", end=b"\r",
        options={"header": "3A", "end": "0D"}),
    Way("d6500-sia", sia_mode(b"a00010101[#1234|18113001015]", Form(digits=True)),
        sia_mode(b"\t00020100[NJT]", Form(digits=False)),
        sia_mode(b"\t00010101[]", Form(digits=True)), b"\r"),
    Way("cp220", b"111234564131\r", b"121234564131\r", end=b"\r", options={"answer": "06"}),
    Way("iti", b"\n1B1j23458b45A\r", OKAY, end=b"\r"),
    Way("iti", b"|[R|IA1|A1234|Z1|CA|]K1\r", b"|[S|IA1|]K1\r", end=b"\r",
        options={"layout": "interface"}),
    Way("aes7705", b"\n14 1234 35\r", OKAY, end=b"\r"),
    Way("aes7705", b"1011      1234A  005 \x14", BEAT, end=b"\x14", options={"mode": "6500"}),
    Way("exprecium", b"12:01 06/15/25 11 1234 A5\r", b"12:02 06/15 11 [#1234|EBA5]\r", end=b"\r"),
    Way("galaxy", block("#", b"012345"), block("N", b"BA1"), bytes.fromhex("403887")),
    Way("contact-id-tcp", b"[1234 181602010105]", b"[1234181131010158]", end=b"]"),
    Way("osborne-hoffman", b"SR0001L0001    012345XX    [ID00000000]", b"else [x]",
        b'"ACK"', b"]"),
    Way("dmp", b"1 1234 Zone 5\r", b"s\r", end=b"\r"),
    Way("raw", b"anything\r", b"else\r", end=b"\r"),
    Way("raw", b"\x02any\x03", b"\x02else\x03", b"", b"\x03",
        {"start": "02", "end": "03", "answer": ""}),
]  # fmt: skip
IDS = list(map(str, WAYS))
WAYS_ONE_BY_ONE = pytest.mark.parametrize("way", WAYS, ids=IDS)
GAP = Way("raw", b"anything", b"else", options={"end": ""})
CUTS = st.lists(st.integers(min_value=0, max_value=400), max_size=12)
NOISE = [b"\n", b"\r", b"\x00", b"\x14", b"]", b"[", b"A", b"x", b"\xff", b"&", b"|[", b"GET "]


def streams(way: Way) -> st.SearchStrategy[bytes]:
    whole = [way.frame, way.other]
    broken = [raw[: len(raw) // 2] for raw in whole] + [raw[len(raw) // 2 :] for raw in whole]
    return st.lists(st.sampled_from([*whole, *broken, *NOISE]), max_size=10).map(b"".join)


def heard(way: Way, data: bytes, cuts: list[int]) -> list[Event]:
    station = Station(way.receiver, options=way.options)
    events = [event for part in pieces(data, cuts) for event in station.hears(part)]
    return events + station.session.ended()


def test_no_receiver_of_the_table_is_left_out() -> None:
    assert {way.receiver for way in WAYS} == set(RECEIVERS)


@WAYS_ONE_BY_ONE
def test_a_frame_is_taken_with_its_answer(way: Way) -> None:
    assert Station(way.receiver, options=way.options).says(way.frame) == way.answer


@WAYS_ONE_BY_ONE
def test_a_frame_cut_anywhere_is_answered_once_it_is_whole(way: Way) -> None:
    for place in range(1, len(way.frame)):
        station = Station(way.receiver, options=way.options)
        assert station.says(way.frame[:place]) == b""
        assert station.says(way.frame[place:]) == way.answer


@WAYS_ONE_BY_ONE
def test_frames_that_are_joined_are_told_apart(way: Way) -> None:
    events = heard(way, way.frame + way.other + way.frame, [])
    assert [event.raw for event in events] == [way.frame, way.other, way.frame]
    assert all(isinstance(event, Frame | Heartbeat) for event in events)


@WAYS_ONE_BY_ONE
@settings(max_examples=60)
@given(data=st.data(), cuts=CUTS)
def test_the_events_do_not_depend_on_how_the_bytes_arrive(
    way: Way, data: st.DataObject, cuts: list[int]
) -> None:
    stream = data.draw(streams(way))
    assert heard(way, stream, cuts) == heard(way, stream, [])


@WAYS_ONE_BY_ONE
@pytest.mark.parametrize("noise", [b"\xff\xfe", b"zz\xff", b"\xc3\xa4"])
def test_noise_before_and_behind_does_not_cost_a_frame(way: Way, noise: bytes) -> None:
    # Where nothing marks a beginning, noise lasts until an end.
    events = heard(way, noise + way.end + way.frame + noise + way.end + way.other, [])
    raws = [event.raw for event in events if isinstance(event, Frame | Heartbeat)]
    assert [raw for raw in raws if noise not in raw] == [way.frame, way.other]


@pytest.mark.parametrize("way", [*WAYS, GAP], ids=[*IDS, "raw by silences"])
@settings(max_examples=40)
@given(data=st.binary(max_size=200), now=st.data())
def test_any_bytes_are_taken_answered_and_read(way: Way, data: bytes, now: st.DataObject) -> None:
    station = Station(way.receiver, options=way.options)
    stream = now.draw(streams(way))
    for event in station.hears(data + stream) + station.session.ended():
        assert isinstance(station.answers(event), bytes)
        station.spec.decode(event.raw, lambda _: None, way.options)


@pytest.mark.parametrize("way", [*WAYS, GAP], ids=[*IDS, "raw by silences"])
def test_frames_that_are_never_answered_are_not_remembered_for_ever(way: Way) -> None:
    station = Station(way.receiver, options=way.options)
    for number in range(3000):
        station.hears(way.frame.replace(b"1", b"%d" % number) + way.end)
        station.session.ended()
    talk = getattr(station.session, "_talk", station.session)
    assert len(talk._pending) <= 4096
