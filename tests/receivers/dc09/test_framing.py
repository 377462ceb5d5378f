import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from receivers.checksums import crc16
from receivers.dc09.framing import LIMIT, Envelope, Framer, Piece, Style, envelope, seal
from receivers.events import Fault, Garbled
from tests.receivers.conftest import pieces

BODY = b'"SIA-DCS"0021L0#1234[#1234|NBA5]'
GOOD = b"\n6F740020" + BODY + b"\r"
POLL = b'\n1EF20013"NULL"0000L0#1234[]\r'
BINARY = seal(BODY, Style.BINARY)
ELDES = seal(BODY, Style.ELDES)

# Bytes that make headers, ends and broken headers likely.
ATOMS = st.sampled_from(
    [GOOD, POLL, BINARY, ELDES, GOOD[:12], GOOD[5:], b"\n", b"\r", b"\x00", b'"', b"0", b"GET /",
     b"\n" * 5, b"\x00" * 6, b"\x00\r\n" * 3,
     b"\n\n\xf30044", b"\n6F740FFF", b"\n6F740032" + BODY + b"\r", b"\x16\x03\x01\x05", b"x"]
)  # fmt: skip
STREAMS = st.lists(ATOMS, max_size=8).map(b"".join)
CUTS = st.lists(st.integers(min_value=0, max_value=400), max_size=12)


def cut(data: bytes, cuts: list[int]) -> list[Piece]:
    framer = Framer()
    found = [piece for part in pieces(data, cuts) for piece in framer.receive(part)]
    return found + framer.ended()


@settings(max_examples=300)
@given(STREAMS, CUTS)
def test_the_pieces_do_not_depend_on_how_the_bytes_arrive(data: bytes, cuts: list[int]) -> None:
    assert cut(data, cuts) == cut(data, [])


@given(STREAMS)
def test_the_pieces_are_the_same_byte_by_byte(data: bytes) -> None:
    assert cut(data, list(range(len(data)))) == cut(data, [])


@given(st.binary(max_size=300), CUTS)
def test_any_bytes_give_pieces_however_they_arrive(data: bytes, cuts: list[int]) -> None:
    assert cut(data, cuts) == cut(data, [])


@given(STREAMS)
def test_no_byte_appears_twice_and_none_is_made_up(data: bytes) -> None:
    position = 0
    for piece in cut(data, []):
        found = data.find(piece.raw, position)
        assert found >= 0
        position = found + len(piece.raw)


@given(st.lists(st.binary(min_size=1, max_size=2000), max_size=12))
def test_memory_stays_under_its_limit(parts: list[bytes]) -> None:
    framer = Framer()
    for part in parts:
        framer.receive(part)
        assert len(framer._buffer) < LIMIT


@given(STREAMS.filter(lambda data: not data.startswith((b"GET", b"\x16"))))
def test_a_frame_after_noise_is_still_read(noise: bytes) -> None:
    last = cut(noise + b"\r" * 2 + GOOD, [])[-1]
    assert last == Envelope(GOOD, BODY, Style.STANDARD)


@pytest.mark.parametrize(
    ("raw", "style"),
    [
        pytest.param(GOOD, Style.STANDARD, id="standard"),
        pytest.param(GOOD.replace(b"6F74", b"6f74"), Style.STANDARD, id="lower-case hex"),
        pytest.param(BINARY, Style.BINARY, id="binary CRC"),
        pytest.param(ELDES, Style.ELDES, id="CRC and length cover the CR"),
        pytest.param(GOOD.replace(b"0020", b"0032"), Style.DECIMAL, id="decimal length"),
        pytest.param(BINARY.replace(b"0020", b"0032"), Style.BINARY, id="binary and decimal"),
    ],
)
def test_every_style_of_envelope_is_known(raw: bytes, style: Style) -> None:
    assert cut(raw, []) == [Envelope(raw, BODY, style)]
    assert envelope(raw) == Envelope(raw, BODY, style)


@pytest.mark.parametrize(
    ("raw", "fault"),
    [
        pytest.param(GOOD.replace(b"6F74", b"6F75"), Fault.CHECKSUM, id="CRC"),
        pytest.param(GOOD.replace(b"0020", b"0021"), Fault.LENGTH, id="length by one"),
        pytest.param(GOOD.replace(b"0020", b"0FFF"), Fault.LENGTH, id="length far too big"),
        pytest.param(GOOD.replace(b"BA5", b"BA6"), Fault.CHECKSUM, id="a digit changed"),
        pytest.param(b"noise\r", Fault.NOISE, id="no header"),
    ],
)
def test_a_broken_frame_is_garbled_at_once_and_the_next_is_read(raw: bytes, fault: Fault) -> None:
    found = Framer().receive(raw + GOOD)
    assert found == [Garbled(raw, fault), Envelope(GOOD, BODY, Style.STANDARD)]


def bodies_with_crc_bytes(wanted: int) -> bytes:
    number = next(n for n in range(10_000_000) if crc16(b'"NULL"0000L0#%d[]' % n) >> 8 == wanted)
    return b'"NULL"0000L0#%d[]' % number


@pytest.mark.parametrize("byte", [0x0A, 0x0D, 0x22, 0x00])
def test_a_binary_crc_may_hold_any_byte(byte: int) -> None:
    body = bodies_with_crc_bytes(byte)
    raw = seal(body, Style.BINARY)
    assert cut(GOOD + raw + GOOD, [])[1] == Envelope(raw, body, Style.BINARY)


@pytest.mark.parametrize("between", [b"", b"\x00", b"\x00" * 9, b"\n", b"\r\n", b"\n\r\n"])
def test_nothing_is_made_of_idle_bytes_between_frames(between: bytes) -> None:
    assert [piece.raw for piece in cut(GOOD + between + POLL + between, [])] == [GOOD, POLL]


def test_a_frame_is_not_given_before_its_end() -> None:
    framer = Framer()
    assert framer.receive(GOOD[:-1]) == []
    assert [piece.raw for piece in framer.receive(GOOD[-1:] + POLL[:5])] == [GOOD]
    assert framer.ended() == [Garbled(POLL[:5], Fault.CUT)]


def test_ten_megabytes_without_an_end_are_one_piece() -> None:
    framer = Framer()
    found = [piece for _ in range(160) for piece in framer.receive(b"x" * 65_536)]
    assert found == [Garbled(b"x" * LIMIT, Fault.NO_TERMINATOR)]
    assert framer._buffer == b""
    assert [piece.raw for piece in framer.receive(b"x\r" + GOOD)] == [GOOD]


def test_a_frame_without_an_end_is_one_piece_and_the_next_is_read() -> None:
    framer = Framer()
    found = framer.receive(GOOD[:-1] + b"x" * LIMIT)
    assert found == [Garbled((GOOD[:-1] + b"x" * LIMIT)[:LIMIT], Fault.NO_TERMINATOR)]
    assert framer.ended() == []


def test_the_longest_frame_is_read() -> None:
    body = b'"SIA-DCS"0001L0#1234[#1234|NBA1^%b^]' % (b"x" * 4062)
    raw = seal(body[:-2][:4093] + b"^]", Style.STANDARD)
    assert raw[5:9] == b"0FFF"
    assert [type(piece) for piece in cut(raw, [])] == [Envelope]


@pytest.mark.parametrize(
    "hello",
    [b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00\n\r" + b"z" * 300],
)
def test_a_foreigner_is_named_once_and_then_dropped(hello: bytes) -> None:
    assert cut(hello, []) == [Garbled(hello[:4], Fault.FOREIGN)]


def test_a_frame_behind_a_foreigner_is_read() -> None:
    assert cut(b"GET / HTTP/1.1\r\n\r\n" + GOOD, [])[1].raw == GOOD


def test_a_foreigner_without_lines_is_dropped_in_bounded_memory() -> None:
    framer = Framer()
    found = framer.receive(b"\x16\x03\x01\x02" + b"z" * 9000) + framer.receive(b"\n" + b"z" * 9000)
    assert found == [Garbled(b"\x16\x03\x01\x02", Fault.FOREIGN)]
    assert framer._buffer == b""


def test_a_foreigner_with_a_header_and_no_end_is_dropped_too() -> None:
    framer = Framer()
    found = framer.receive(b"GET /" + GOOD[:-1] + b"x" * LIMIT)
    assert found == [Garbled(b"GET ", Fault.FOREIGN)]


@pytest.mark.parametrize(
    "raw", [b"", b"\n", GOOD[:-1], GOOD[1:], b"x" + GOOD, b"\n6F74002" + BODY + b"\r"]
)
def test_what_is_no_frame_has_no_envelope(raw: bytes) -> None:
    assert envelope(raw) == Garbled(raw, Fault.SHAPE)


@given(st.binary(max_size=60).filter(lambda body: b"\r" not in body), st.sampled_from(Style))
def test_a_sealed_body_comes_back(body: bytes, style: Style) -> None:
    written = style if style is not Style.DECIMAL else Style.STANDARD
    assert envelope(seal(b'"' + body, style)) == Envelope(
        seal(b'"' + body, style), b'"' + body, written
    )


def test_noise_on_a_new_line_after_what_was_too_long_is_reported() -> None:
    assert cut(b"x" * 5000 + b"\rnoise\r", []) == [
        Garbled(b"x" * LIMIT, Fault.NO_TERMINATOR),
        Garbled(b"noise\r", Fault.NOISE),
    ]


@pytest.mark.parametrize("raw", [GOOD, BINARY])
def test_after_a_frame_noise_is_reported_again_although_a_foreigner_began(raw: bytes) -> None:
    found = cut(b"GET /\r\n" + raw + b"noise\r", [])
    assert found[-1] == Garbled(b"noise\r", Fault.NOISE)


def test_a_line_feed_ends_what_was_too_long_as_well() -> None:
    assert cut(b"x" * 5000 + b"\nnoise, long enough\r", []) == [
        Garbled(b"x" * LIMIT, Fault.NO_TERMINATOR),
        Garbled(b"\nnoise, long enough\r", Fault.NOISE),
    ]


IDLE_RUNS = [b"\n" * 50, b"\x00" * 50, b"\r" * 50, b"\r\n\x00" * 20]


@pytest.mark.parametrize("idle", IDLE_RUNS)
def test_a_run_of_idle_bytes_costs_no_frame(idle: bytes) -> None:
    assert cut(idle + GOOD + idle + BINARY, []) == cut(GOOD + BINARY, [])


@pytest.mark.parametrize("idle", IDLE_RUNS)
def test_behind_a_run_with_a_line_end_noise_is_told_of_again(idle: bytes) -> None:
    told = cut(b"\nx" + b"x" * LIMIT + idle + b"y" * 20 + b"\r", [])
    again = [piece.raw for piece in told if piece.raw.endswith(b"y\r")]
    assert len(again) == (0 if idle == b"\x00" * 50 else 1)
