"""Every receiver of the table, with options of every kind: what the README promises of all of them.

`test_conversations.py` looks at the ways a receiver is mostly set; here hypothesis sets it.
"""

import re
from collections.abc import Callable, Iterable

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from receivers.checksums import v_byte
from receivers.d6500_sia.framing import Form
from receivers.d6500_sia.framing import seal as sia_mode
from receivers.dc09.framing import Style
from receivers.dc09.framing import seal as dc09
from receivers.events import Event, Frame, Garbled, Heartbeat
from receivers.registry import RECEIVERS
from receivers.session import Options
from receivers.sia import Block, write_block
from receivers.signals import Decoded, Undecoded
from receivers.surgard.message import HEADERS
from tests.fuzz.targets import choices, samples
from tests.receivers.conftest import Station, pieces

NAMES = sorted(RECEIVERS)
EVERY = pytest.mark.parametrize("name", NAMES)
FEW = settings(max_examples=30)
ALL_SAMPLES = samples()


def options_of(name: str) -> st.SearchStrategy[dict[str, str | int | bool]]:
    known = RECEIVERS[name].options
    return st.fixed_dictionaries(
        {option: st.sampled_from(choices(known[option])) for option in known}
    )


def packet(body: bytes) -> bytes:
    return body + bytes((v_byte(body),)) + b"\r"


def block(function: str, data: bytes) -> bytes:
    return write_block(Block(function, data, wants_acknowledgement=True))


def word(options: Options, name: str, default: str = "") -> bytes:
    return bytes.fromhex(str(options.get(name, default)))


def lines(start: bytes, bodies: Iterable[bytes], end: bytes) -> list[bytes]:
    """Return frames around ``bodies``, where the options make frames that can be told apart."""
    frames = [start + body + end for body in bodies]
    for frame in frames if end else ():
        assume(frame.find(end) == len(frame) - len(end))
        assume(not start or frame.rfind(start) == 0)
    return frames


def of_raw(options: Options) -> list[bytes]:
    start, idle = word(options, "start"), word(options, "idle")
    end = word(options, "end", "0D")
    assume(not set(start) & set(idle))
    return lines(start if end else b"", [b"zone-5", b"z"], end)


def of_d6500(options: Options) -> list[bytes]:
    header, end = word(options, "header"), word(options, "end", "14") or b"\x14"
    # What is idle between lines, or marks damage, is no header.
    assume(not set(header) & set(b"\x00\r\n"))
    bodies = lines(b"", [b"a011 123418113001015", b"1010           @    "], end)
    assume(end not in header)
    return [header + body for body in bodies]


def of_iti(options: Options) -> list[bytes]:
    if options.get("layout") == "interface":
        return [b"|[R|IA1|A1234|Z1|CA|]K1\r", b"|[S|IA1|]K1\r"]
    return [b"\n1B1j23458b45A\r", b"\n00 OKAY @\r"]


def of_surgard(options: Options) -> list[bytes]:
    width = HEADERS[str(options.get("header", "auto"))] or 3
    header = b"0123456789"[:width]
    bodies = [
        b"5" + header + b" 181234E13001015",
        b"1" + header + b"           @    ",
        b"1" + header + b"      1234 A   5",
        b"S" + header + b"[#1234|NBA5]",
    ]
    return lines(b"", bodies, word(options, "end", "14"))


OKAY = b"\n00 OKAY @\r"
CALL = b'&061525"120000"01"0001"00401\x05123456"BA01'
FRAMES: dict[str, Callable[[Options], list[bytes]]] = {
    "ademco685": lambda options: (
        [b"\n11 1234 3 5\r", OKAY]
        + ([b"\n11 1234 0 5 3A"] if options.get("layout") == "caps" else [])
    ),
    "aes7705": lambda options: (
        [b"\n14 1234 35\r", OKAY]
        if options.get("mode") == "685"
        else [b"1011      1234A  005 \x14", b"1011           @    \x14"]
    ),
    "contact-id-tcp": lambda _: [b"[1234 181602010105]", b"[1234181131010158]"],
    "cp220": lambda options: lines(
        b"", [b"111234564131", b"121234564131"], word(options, "end", "0D") or b"\r"
    ),
    "d6500": of_d6500,
    "d6500-sia": lambda _: [
        sia_mode(b"a00010101[#1234|18113001015]", Form(digits=True)),
        sia_mode(b"\t00020100[NJT]", Form(digits=False)),
    ],
    "dc07": lambda _: [dc09(b'"ADM-CID"0001R1L2[#1234|1130 01 015]', Style.STANDARD)],
    "dc09": lambda _: [
        dc09(b'"SIA-DCS"0001L0#1234[#1234|NBA5]', style)
        for style in (Style.STANDARD, Style.BINARY, Style.ELDES)
    ],
    "dmp": of_raw,
    "exprecium": lambda _: [b"12:01 06/15/25 11 1234 A5\r", b"@\r"],
    "galaxy": lambda _: [block("#", b"012345"), block("N", b"BA1")],
    "iti": of_iti,
    "mx8000": lambda _: [packet(CALL), packet(b'\x03061525"120000"01"0000"')],
    "osborne-hoffman": lambda _: [b"SR0001L0001    012345XX    [ID00000000]"],
    "raw": of_raw,
    "sk9000": lambda _: [packet(b'\'062794"0345"51\x051234"BA01')],
    "surgard": of_surgard,
}


def ends_in_silence(name: str, options: Options) -> bool:
    return "end" in RECEIVERS[name].options and RECEIVERS[name].gap(options) is not None


def heard(name: str, options: Options, parts: Iterable[bytes]) -> list[Event]:
    station = Station(name, options=options)
    silent = ends_in_silence(name, options)
    events = []
    for part in parts:
        events += station.hears(part)
        events += station.session.ended() if silent else []
    return events + station.session.ended()


def whole(events: Iterable[Event]) -> list[bytes]:
    return [event.raw for event in events if isinstance(event, Frame | Heartbeat)]


def separator(name: str, options: Options) -> bytes:
    """Return what ends noise, so that it is not taken for the beginning of a frame."""
    ends = {"contact-id-tcp": b"]", "osborne-hoffman": b"]", "galaxy": b""}
    if name == "aes7705":
        return b"\r" if options.get("mode") == "685" else b"\x14"
    default = "14" if name in {"surgard", "d6500"} else "0D"
    return ends.get(name, word(options, "end", default) or bytes.fromhex(default))


def test_no_receiver_is_left_out() -> None:
    assert FRAMES.keys() == RECEIVERS.keys()


@EVERY
@FEW
@given(data=st.data())
def test_frames_that_come_together_are_the_frames_that_come_apart(
    name: str, data: st.DataObject
) -> None:
    options = data.draw(options_of(name))
    frames = FRAMES[name](options)
    order = data.draw(st.lists(st.sampled_from(frames), min_size=1, max_size=5))
    parts = order if ends_in_silence(name, options) else [b"".join(order)]
    events = heard(name, options, parts)
    assert whole(events) == order
    assert not any(isinstance(event, Garbled) for event in events)


@pytest.mark.parametrize("name", sorted(set(NAMES) - {"dmp", "raw"}))
@FEW
@given(data=st.data())
def test_a_frame_is_read_however_the_receiver_is_set(name: str, data: st.DataObject) -> None:
    options = data.draw(options_of(name))
    for frame in FRAMES[name](options):
        meaning = RECEIVERS[name].decode(frame, lambda _: None, options)
        assert isinstance(meaning, Decoded), meaning


@EVERY
@FEW
@given(data=st.data())
def test_events_do_not_depend_on_cuts(name: str, data: st.DataObject) -> None:
    options = data.draw(options_of(name))
    frames = [*FRAMES[name](options), *ALL_SAMPLES]
    part = st.one_of(st.sampled_from(frames), st.binary(max_size=20))
    stream = b"".join(data.draw(st.lists(part, max_size=6)))
    cuts = data.draw(st.lists(st.integers(min_value=0, max_value=400), max_size=12))
    station, other = Station(name, options=options), Station(name, options=options)
    events = station.hears(stream) + station.session.ended()
    apart = [event for piece in pieces(stream, cuts) for event in other.hears(piece)]
    assert apart + other.session.ended() == events


@EVERY
@FEW
@given(data=st.data(), size=st.sampled_from([3, 40, 9000]))
def test_a_frame_behind_noise_is_read(name: str, data: st.DataObject, size: int) -> None:
    options = data.draw(options_of(name))
    frames = FRAMES[name](options)
    noise = bytes(data.draw(st.lists(st.integers(0x80, 0xFF), min_size=1, max_size=3))) * size
    end = separator(name, options)
    assume(not set(noise) & set(end))
    parts = [noise + end, frames[0], noise + end, frames[-1]]
    parts = parts if ends_in_silence(name, options) else [b"".join(parts)]
    found = whole(heard(name, options, parts))
    assert [raw for raw in found if raw[0] < 0x80] == [frames[0], frames[-1]]


@EVERY
@settings(max_examples=50)
@given(data=st.data())
def test_any_bytes_are_taken_answered_and_read(name: str, data: st.DataObject) -> None:
    options, others = data.draw(options_of(name)), data.draw(options_of(name))
    part = st.one_of(st.binary(max_size=80), st.sampled_from(ALL_SAMPLES))
    station = Station(name, options=options)
    for event in station.hears(b"".join(data.draw(st.lists(part, max_size=5)))):
        assert isinstance(station.answers(event), bytes)
        for setting in (options, others, {}):
            meaning = station.spec.decode(event.raw, lambda _: None, setting)
            assert isinstance(meaning, Decoded | Undecoded)
    for event in station.session.ended():
        assert isinstance(station.answers(event), bytes)


def held(thing: object, seen: set[int]) -> int:
    """Return how many bytes of bytes and text ``thing`` holds on to."""
    if id(thing) in seen or callable(thing) or isinstance(thing, re.Pattern):
        return 0
    seen.add(id(thing))
    if isinstance(thing, bytes | str):
        return len(thing)
    if isinstance(thing, dict):
        return sum(held(key, seen) + held(value, seen) for key, value in thing.items())
    if isinstance(thing, list | tuple | set):
        return sum(held(each, seen) for each in thing)
    return sum(held(each, seen) for each in getattr(thing, "__dict__", {}).values())


@EVERY
@settings(max_examples=12)
@given(data=st.data())
def test_what_a_session_holds_is_bounded(name: str, data: st.DataObject) -> None:
    options = data.draw(options_of(name))
    grain = data.draw(st.one_of(st.binary(min_size=1, max_size=12), st.sampled_from(ALL_SAMPLES)))
    station = Station(name, options=options)
    limit = max(int(options.get("limit", 0)), 4107)
    flood = grain * (limit // len(grain) + 1)
    for _ in range(4):
        for event in station.hears(flood):
            station.answers(event)
    assert held(station.session, set()) <= 2 * limit + 4096


def test_what_is_held_is_counted() -> None:
    station = Station("raw")
    before = held(station.session, set())
    station.hears(b"x" * 500)
    assert held(station.session, set()) == before + 500
