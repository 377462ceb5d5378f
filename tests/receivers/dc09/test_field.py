"""What users of other receivers complained about: each situation, and what becomes of it here."""

from dataclasses import dataclass, field

import pytest

from receivers.checksums import crc16
from receivers.dc09.cipher import encrypt
from receivers.dc09.framing import Style, seal
from receivers.events import Fault, Frame, Garbled
from receivers.registry import RECEIVERS
from receivers.session import Account
from receivers.signals import Decoded
from tests.receivers.conftest import NOON, Station, keyed

KEY = b"A" * 16


def plain(body: bytes, style: Style = Style.STANDARD) -> bytes:
    return seal(body, style)


def cipher(head: bytes, clear: bytes) -> bytes:
    clear += NOON.strftime("_%H:%M:%S,%m-%d-%Y").encode()
    return plain(head + encrypt(KEY, b"p" * (16 - len(clear) % 16) + clear))


def ack(echo: bytes, style: Style = Style.STANDARD) -> bytes:
    return seal(b'"ACK"%b[]' % echo, style)


@dataclass(frozen=True)
class Situation:
    """What comes in, what is answered (in full, or how it begins), and what is read."""

    came: bytes
    answered: bytes
    codes: tuple[str, ...] = ()
    accounts: tuple[Account, ...] = ()
    begins: bool = False
    says: dict[str, str] = field(default_factory=dict)


CONFIRMED = [b"CL1", b"BA1", b"BV1", b"BA2", b"BR1", b"BR2", b"OP1"]

SITUATIONS = {
    "1: no R field; a Pyronix wants none back": Situation(
        plain(b'"NULL"0000L0#1409[]'), ack(b"0000L0#1409"), ("",)
    ),
    "2: an event code that nobody knows is no reason for DUH": Situation(
        plain(b'"SIA-DCS"0007L0#1[#1|Nri1/ZQ5]'), ack(b"0007L0#1"), ("ZQ",)
    ),
    "3: a clock that is minutes off in clear": Situation(
        plain(b'"SIA-DCS"0007L0#1[#1|NBA5]_11:53:00,06-15-2025'), ack(b"0007L0#1"), ("BA",)
    ),
    "3: a clock of another year in clear": Situation(
        plain(b'"ADM-CID"1447R01L01#0001[#0001|1603 01 000]_04:45:01,08-30-2014'),
        ack(b"1447R01L01#0001"),
        ("603",),
    ),
    "4: ELDES counts the CR": Situation(
        plain(b'"ADM-CID"0227R1234L1234#1234[#1234|3401 01 057]', Style.ELDES),
        ack(b"0227R1234L1234#1234"),
        ("401",),
    ),
    "5: two bytes of CRC (Trikdis, Lupusec, OPAX)": Situation(
        plain(b'"ADM-CID"1447R01L01#0001[#0001|1130 01 005]', Style.BINARY),
        ack(b"1447R01L01#0001", Style.BINARY),
        ("130",),
    ),
    "8: several frames on one connection, which stays": Situation(
        plain(b'"SIA-DCS"0001L0#1[#1|NBA1]') + plain(b'"SIA-DCS"0002L0#1[#1|NBR1]'),
        ack(b"0001L0#1") + ack(b"0002L0#1"),
        ("BA", "BR"),
    ),
    "9: a confirmed alarm in one read": Situation(
        b"".join(
            plain(b'"SIA-DCS"%04dL0#1[#1|Nri1/%b]' % (n, code)) for n, code in enumerate(CONFIRMED)
        ),
        b"".join(ack(b"%04dL0#1" % n) for n in range(len(CONFIRMED))),
        ("CL", "BA", "BV", "BA", "BR", "BR", "OP"),
    ),
    "11: an empty L and a NUL behind the CR (G90B)": Situation(
        plain(b'"SIA-DCS"0001L#12345678[#12345678|NCQ1]') + b"\x00", ack(b"0001L#12345678"), ("CQ",)
    ),
    "13: time and user before the code (Scantronic)": Situation(
        plain(b'"SIA-DCS"0001L0#1[#1|Nti19:44/id1/RP]'),
        ack(b"0001L0#1"),
        ("RP",),
        says={"panel_time": "19:44", "user": "1"},
    ),
    "14: Contact ID in clear": Situation(
        plain(b'"ADM-CID"0010L0#1[#1|1130 01 015]'),
        ack(b"0010L0#1"),
        ("130",),
        says={"zone": "015", "area": "01"},
    ),
    "14: Contact ID encrypted": Situation(
        cipher(b'"*ADM-CID"0010L0#1[', b"|#1|3130 01 015]"),
        b'"*ACK"0010L0#1[',
        ("130",),
        (keyed("1", KEY),),
        begins=True,
    ),
    "16: a link test of a supervised account": Situation(
        plain(b'"NULL"0000L0#1[]'), ack(b"0000L0#1"), ("",), (Account("1", poll_interval=90),)
    ),
}


@pytest.mark.parametrize("situation", SITUATIONS.values(), ids=SITUATIONS.keys())
def test_every_situation_is_acknowledged_and_read(situation: Situation) -> None:
    station = Station("dc09", *situation.accounts)
    events = [event for event in station.hears(situation.came) if isinstance(event, Frame)]
    answer = b"".join(station.answers(event) for event in events)
    assert answer[9 : 9 + len(situation.answered)] == situation.answered or not situation.begins
    assert answer == situation.answered or situation.begins
    read = [RECEIVERS["dc09"].decode(e.raw, station.accounts.get, {}) for e in events]
    signals = [one for found in read if isinstance(found, Decoded) for one in found.signals]
    assert tuple(signal.code for signal in signals) == situation.codes
    for name, text in situation.says.items():
        assert [getattr(signal, name) for signal in signals] == [text]


GALAXY = bytes([0x46]) + b"#123456" + bytes([0x9A])


def test_6_the_blocks_of_a_galaxy_are_kept_and_not_answered_as_if_they_were_frames() -> None:
    station = Station("dc09")
    events = station.hears(GALAXY * 20) + station.session.ended()
    assert events
    assert all(isinstance(event, Garbled) for event in events)
    assert station.says(GALAXY) == b""
    assert "galaxy" in RECEIVERS


def test_6_behind_the_blocks_of_a_galaxy_a_frame_is_still_heard() -> None:
    station = Station("dc09")
    assert station.says(GALAXY * 3 + plain(b'"NULL"0001L0#1[]')) == ack(b"0001L0#1")


def test_7_no_answer_ends_a_connection() -> None:
    assert RECEIVERS["dc09"].hang_up_on == frozenset()


def test_10_a_message_that_comes_again_and_again_gets_the_same_answer_each_time() -> None:
    station = Station("dc09")
    raw = plain(b'"SIA-DCS"0042R1L0#1[#1|NBA5]_12:00:00,06-15-2025')
    said = []
    for _ in range(40):
        said.append(station.says(raw))
        station.wait(seconds=18)
    assert set(said) == {ack(b"0042R1L0#1")}


def test_10_a_message_that_comes_again_encrypted_can_be_opened_each_time() -> None:
    station = Station("dc09", keyed("1", KEY))
    raw = cipher(b'"*SIA-DCS"0042L0#1[', b"|#1|NBA5]")
    for _ in range(3):
        assert b'"*ACK"0042L0#1[' in station.says(raw)
        station.wait(seconds=13)


def test_12_panels_that_speak_udp_only_are_heard() -> None:
    assert {"tcp", "udp"} <= RECEIVERS["dc09"].transports


@pytest.mark.parametrize("name", ["osborne-hoffman"])
def test_15_osborne_hoffman_has_a_receiver_of_its_own(name: str) -> None:
    raw = b"SR0001L0001    012345XX    [ID00000000]\r\n"
    station = Station("dc09")
    assert all(isinstance(event, Garbled) for event in station.hears(raw))
    assert station.says(raw) == b""
    assert name in RECEIVERS


@pytest.mark.parametrize(
    ("raw", "poll"),
    [
        (plain(b'"NULL"0000L0#1[]'), True),
        (plain(b'"SIA-DCS"0001L0#1[#1|NRP0000]'), False),
    ],
    ids=["a poll", "another message"],
)
def test_16_a_link_test_is_a_poll_and_any_other_message_says_as_much(
    raw: bytes, poll: bool
) -> None:
    station = Station("dc09", Account("1", poll_interval=90))
    (event,) = station.hears(raw)
    assert isinstance(event, Frame)
    assert (event.number, event.poll, event.fault) == ("1", poll, None)


def test_no_answer_was_ever_made_of_parsed_values() -> None:
    answer = Station("dc09").says(plain(b'"NULL"0000L0#1409[]'))
    assert b"None" not in answer
    assert answer[1:5] == b"%04X" % crc16(answer[9:-1])


def test_a_wrong_crc_is_met_with_silence_and_kept() -> None:
    station = Station("dc09")
    (event,) = station.hears(plain(b'"NULL"0000L0#1[]').replace(b"NULL", b"NULl"))
    assert isinstance(event, Garbled)
    assert event.fault is Fault.CHECKSUM
