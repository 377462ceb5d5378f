"""A simulator's frame of a sample's meaning is the sample, byte for byte.

The samples come from makers' manuals and captures (`vectors/sample-frames.csv`); the encoders of
the simulators were written apart from the codecs that are tested against the same file.
"""

import csv
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from stationd.simulate import ademco, ademco8000, bosch, galaxy, iti, plain, surgard
from stationd.simulate.happening import Event, Form, Happening, Stamp
from stationd.simulate.voice import ACK, NAK

ROWS = [
    (row["protocol"], bytes.fromhex(row["hex_of_frame"]))
    for row in csv.DictReader(
        (Path(__file__).parents[2] / "vectors" / "sample-frames.csv").read_text().splitlines()
    )
]
RRL, RRLLL = surgard.Header(), surgard.Header("01", "001")
CARD = surgard.Header("01", "000")
NOON = datetime(2025, 6, 15, 12, tzinfo=UTC)
OLD = Stamp(1, datetime(1994, 6, 27, 3, 45, tzinfo=UTC))
BURGLARY = Happening("E", "130", "BA", "A", 15)
CLOSING = Happening("R", "401", "CL", "C", 4)


def stamp(sequence: int) -> Stamp:
    return Stamp(sequence, NOON)


def surgard_cid(header, qualifier, code, zone, **more):
    return surgard.contact_id(header, "1234", qualifier, code, group="01", zone=zone, **more)


def only(frames: tuple[bytes, ...]) -> bytes:
    (frame,) = frames
    return frame


MADE: dict[str, list[bytes]] = {
    "surgard": [
        surgard_cid(RRL, "E", "121", "001"),
        surgard_cid(RRL, "R", "121", "001"),
        surgard_cid(RRL, "P", "130", "015"),
        surgard_cid(RRLLL, "E", "130", "015"),
        only(
            surgard.writer(RRL, surgard.Dialect(numeric=True))(
                Event("1234", Happening("E", "130", "BA", "A", 4)), stamp(1)
            )
        ),
        surgard.basic(RRL, "1234", "A", "5"),
        surgard.basic(RRL, "0012", "C", "128", group="1"),
        surgard.basic(RRL, "0012", "C", "128", group="2"),
        surgard.basic(RRL, "0000", "P", "01"),
        surgard.basic(RRLLL, "1234", "A", "5"),
        surgard.basic(RRLLL, "123", "A", "45"),
        surgard.heartbeat(RRL),
        surgard.heartbeat(CARD),
        surgard.coded(RRL, "1234", "BA", "0005"),
        surgard.sia(RRL, "1234", "NBA005"),
        surgard.sia(RRLLL, "001234", "Nri01/OP007"),
        surgard.own_event(CARD, "NYD0001"),
        surgard.own_event(CARD, "NRU0000"),
        surgard.own_event(CARD, "NLT0001", kind="S"),
        surgard.coded(RRL, "1234", "BA", "0005", kind="6"),
        surgard.channels(RRL, "1234", "1555 5555 7"),
        surgard.telim(RRL, "123456", "A", "05"),
        ACK,
        NAK,
    ],
    "ebs-osm-cid": [
        surgard_cid(RRL, "E", "130", "004"),
        surgard.contact_id(RRL, "1234", "R", "301", group="00", zone="000"),
        surgard_cid(RRL, "E", "130", "004") * 3,
    ],
    "ademco685": [
        ademco.okay(),
        ademco.okay("11", space=" "),
        ademco.contact_id("13", Event("1234", BURGLARY)),
        ademco.four_two("11", "1234", "3"),
        ademco.four_two("11", "123", "3"),
        ademco.four_two("11", "1234", "3", "5"),
        ademco.channels("11", "1234", "1555 5555 7"),
        ademco.contact_id("11", Event("1234", BURGLARY)),
        ademco.contact_id("11", Event("1234", CLOSING)),
        b"S",
        ACK,
        NAK,
    ],
    "caps": [only(ademco.caps(Event("1234", Happening("E", "130", "BA", "A", 5)), stamp(1)))],
    "radionics6500": [
        bosch.contact_id("1234", "E13001015", header=" "),
        bosch.heartbeat(line="1", header=" "),
        bosch.common("1234", "A", "005"),
        bosch.text("AES 7000 V1.71"),
    ],
    "bosch-d6500": [
        bosch.contact_id("1234", "113001015"),
        bosch.contact_id("1234", "340101004", line="A"),
        bosch.heartbeat(),
        bosch.channels("1234", "1555 5555 7"),
        ACK,
        NAK,
    ],
    "mx8000": [
        only(ademco8000.call("123456", ["BA01", "DC2", "RP"], stamp(1))),
        only(ademco8000.call("123456", ["BA01"], stamp(2), listen_in=60)),
        ademco8000.system("p01", stamp(3)),
        ademco8000.system("w", stamp(4)),
        ademco8000.system("x", stamp(5)),
        ACK,
        NAK,
    ],
    "sk9000": [
        only(ademco8000.sk9000_call("1234", ["BA01", "BA02", "BA04"], OLD)),
        ademco8000.sk9000_system("z9000", OLD),
        ademco8000.sk9000_system("q01", OLD),
        b"\x00",
    ],
    "iti-generic": [iti.test(), iti.generic("00 OKAY @"), iti.report("2345", "A", "45")],
    "cp220": [plain.cp220_line("123456", "4131")],
    "cid-over-tcp-lupus": [plain.bracketed("1234", "18160201010")],
    "oh-ip": [plain.oh_heartbeat("012345XX")],
    "dc03-block": [
        galaxy.block("#", "012345"),
        galaxy.block("N", "ti11:46/BA1011"),
        galaxy.block("N", "ti11:45/id001/pi010/CL"),
        galaxy.block("A", "BURGLARY       HALL"),
        galaxy.block("O", "FA12"),
        galaxy.block("N", "ti12:00/RP"),
        galaxy.block("@", "AL3"),
        galaxy.END,
        *galaxy.TAKEN,
        galaxy.REJECTED[0],
        galaxy.block("6"),
        galaxy.block("7"),
    ],
}  # fmt: skip

# What no simulated receiver writes.
LEFT_OUT = {
    ("surgard", b"001001[#1234567890|Idu255]\x14"),  # visual verification
    ("surgard", b"s010010012345678008931080000000000000\x14"),  # a SIM number
    ("surgard", b"1011    1B2345A081A31\x14"),  # ITI data behind a Sur-Gard header
    ("bosch-d6500", b"!T1430\r"),  # a command of the automation
    ("mx8000", b"\r"),  # likewise
    ("dc03-block", b"CNBA1\xc1"),  # broken on purpose
}


@pytest.mark.parametrize("protocol", MADE)
def test_the_frames_of_the_samples_are_made_byte_for_byte(protocol: str) -> None:
    samples = [raw for name, raw in ROWS if name == protocol]
    wanted = {raw for raw in samples if (protocol, raw) not in LEFT_OUT}
    assert set(MADE[protocol]) == wanted


def test_no_protocol_of_the_samples_is_left_out() -> None:
    # DC-09 has a module of its own, and the strings of the dialler are tested below.
    assert {name for name, _ in ROWS} == {*MADE, "dc09", "contact-id-dtmf"}


STRINGS = [raw.decode() for name, raw in ROWS if name == "contact-id-dtmf"]


@pytest.mark.parametrize("text", STRINGS)
def test_the_check_digit_is_that_of_the_samples(text: str) -> None:
    broken = text == "1234181131010151"
    assert (plain.check_digit(text[:-1]) == text[-1]) is not broken


MANY = [f"BA{number:02d}" for number in range(40)]
CALLS: list[tuple[Callable[..., tuple[bytes, ...]], int]] = [
    (ademco8000.call, 128),
    (ademco8000.sk9000_call, 70),
]


@pytest.mark.parametrize(("call", "longest"), CALLS, ids=["mx8000", "sk9000"])
def test_a_long_call_goes_out_in_parts_under_one_header(call, longest: int) -> None:
    parts = call("1234", MANY, stamp(7))
    assert len(parts) > 2
    assert all(len(part) <= longest for part in parts)
    assert [part[-3:-2] for part in parts] == [b","] * (len(parts) - 1) + [b"9"]
    heads = {part[: part.index(b"\x05") + 5] for part in parts}
    assert len(heads) == 1
    events = [event for part in parts for event in part[:-2].rstrip(b",").split(b'"')[1:]]
    assert [event.decode() for event in events if event.startswith(b"BA")] == MANY


def test_a_form_that_a_receiver_has_not_is_written_as_contact_id() -> None:
    event = Event("1234", BURGLARY, Form.SIA)
    assert ademco.writer()(event, stamp(1)) == (b"\n11 1234 18 E130 01 C015 \r",)
