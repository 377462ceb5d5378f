import pytest
from hypothesis import given
from hypothesis import strategies as st

from receivers.dc09.cipher import encrypt
from receivers.dc09.framing import Style, seal
from receivers.dc09.message import (
    ANSWERS,
    LINK_TESTS,
    TOKENS,
    Clear,
    Head,
    clear_text,
    data_number,
    decode,
    read_head,
)
from receivers.session import Account, Key
from receivers.signals import Decoded, SignalClass, Undecoded
from tests.receivers.conftest import keyed

KEY = bytes(range(16))


def read(body: bytes, *accounts: Account, style: Style = Style.STANDARD) -> Decoded:
    decoded = decode(seal(body, style), {a.number: a for a in accounts}.get, {})
    assert isinstance(decoded, Decoded)
    return decoded


def refused(body: bytes, *accounts: Account) -> Undecoded:
    undecoded = decode(seal(body, Style.STANDARD), {a.number: a for a in accounts}.get, {})
    assert isinstance(undecoded, Undecoded)
    return undecoded


@pytest.mark.parametrize(
    ("body", "head"),
    [
        (b'"NULL"0000L0#1234[]', Head(b"", b"NULL", b"0000L0#1234", b"1234", 18)),
        (b'"*NULL"0000R0L0#AB[00', Head(b"*", b"NULL", b"0000R0L0#AB", b"AB", 19)),
        (b'"X"1[', Head(b"", b"X", b"1", None, 5)),
        (b'"NAK"0000R0L0A0[]', Head(b"", b"NAK", b"0000R0L0A0", None, 16)),
        (b'"NULL"[]', None),
        (b'"NULL"0000', None),
        (b'NULL"0000[', None),
        (b"", None),
    ],
)
def test_the_head_is_what_stands_before_the_data(body: bytes, head: Head | None) -> None:
    assert read_head(body) == head


@pytest.mark.parametrize(
    ("data", "number"),
    [(b"#12|N", b"12"), (b"12|N", b"12"), (b"|N", b""), (b"]", b""), (b"", b"")],
)
def test_the_data_may_name_an_account(data: bytes, number: bytes) -> None:
    assert data_number(data) == number


@pytest.mark.parametrize(
    ("text", "clear"),
    [
        pytest.param(
            b"pad|#1|NBA]_12:00:00,06-15-2025",
            Clear(b"#1|NBA", (), "12:00:00,06-15-2025", 4, whole=True),
            id="with a bar",
        ),
        pytest.param(
            b"pad]_12:00:00,06-15-2025",
            Clear(b"", (), "12:00:00,06-15-2025", 3, whole=True),
            id="without a bar",
        ),
        pytest.param(
            b'\xfe\x00"|][Mab][$Px]_12:00:00,06-15-2025',
            Clear(b"", (("M", 7, b"ab"), ("$P", 13, b"x")), "12:00:00,06-15-2025", 4, whole=True),
            id="any pad, and extended data",
        ),
        pytest.param(b"pad|x]", Clear(b"x", (), "", 4, whole=False), id="no time"),
        pytest.param(
            b"pad|x]?_12:00:00,06-15-2025",
            Clear(b"x", (), "12:00:00,06-15-2025", 4, whole=False),
            id="something between",
        ),
        pytest.param(b"garbage", Clear(b"garbage", (), "", 0, whole=False), id="another key"),
    ],
)
def test_clear_text_is_taken_apart(text: bytes, clear: Clear) -> None:
    assert clear_text(text, padded=True) == clear


def test_several_events_are_several_signals_in_order() -> None:
    decoded = read(b'"SIA-DCS"0008R1L2#1234[#77|NBA5/BA6/BA7]_00:00:09,03-01-2025')
    assert [(s.number, s.code, s.zone) for s in decoded.signals] == [
        ("77", "BA", "5"),
        ("77", "BA", "6"),
        ("77", "BA", "7"),
    ]
    assert {(s.receiver, s.line, s.sequence, s.sender_time) for s in decoded.signals} == {
        ("1", "2", "0008", "00:00:09,03-01-2025")
    }


@pytest.mark.parametrize(
    ("data", "number"),
    [(b"#0042|NRP", "0042"), (b"0042|NRP", "0042"), (b"|NRP", "1234"), (b"NRP", "1234")],
)
def test_an_event_is_of_the_account_in_the_data_else_of_the_head(data: bytes, number: str) -> None:
    (signal,) = read(b'"SIA-DCS"0001L0#1234[' + data + b"]").signals
    assert signal.number == number


def test_contact_id_without_an_account_in_the_data() -> None:
    (signal,) = read(b'"ADM-CID"0001L0#1234[1130 01 015]').signals
    assert (signal.number, signal.code, signal.token) == ("1234", "130", "ADM-CID")


def test_a_frame_with_a_binary_crc_is_read_alike() -> None:
    (signal,) = read(b'"ADM-CID"0001L0#1234[#1234|3401 01 004]', style=Style.BINARY).signals
    assert signal.signal_class is SignalClass.CLOSING


def test_extended_data_are_kept_by_letter_and_a_second_one_beside_the_first() -> None:
    (signal,) = read(b'"SIA-DCS"0001L0#1[#1|NBA5][X1][X2][X3][q7][]').signals
    assert signal.extra == {"X": "1", "X2": "2", "X3": "3", "q": "7"}


@pytest.mark.parametrize(
    ("raw", "text"),
    [("Tür".encode(), "Tür"), ("Tür".encode("cp1252"), "Tür"), ("Дверь".encode(), "Дверь")],
)
def test_alarm_text_is_the_signals_text(raw: bytes, text: str) -> None:
    (signal,) = read(b'"ADM-CID"0001L0#1[#1|1130 01 015][I' + raw + b"]").signals
    assert (signal.text, signal.extra["I"]) == (text, text)


def test_the_panels_own_text_goes_before_extended_text() -> None:
    (signal,) = read(b'"SIA-DCS"0001L0#1[#1|NBA5^HALL^][Iother]').signals
    assert signal.text == "HALL"


def masked(decoded: Decoded, text: bytes) -> list[tuple[bytes, str]]:
    return [(text[start:end], name) for start, end, name in decoded.masked]


@pytest.mark.parametrize("style", [Style.STANDARD, Style.BINARY, Style.ELDES])
def test_keys_and_passcodes_are_masked_where_they_stand(style: Style) -> None:
    body = b'"SIA-DCS"0001L0#1[#1|?4711|NBA5][K00FF][Mab]'
    decoded = read(body, style=style)
    assert sorted(masked(decoded, seal(body, style))) == [(b"00FF", "code"), (b"4711", "code")]
    assert decoded.signals[0].extra == {"K": "****", "M": "ab"}


def test_keys_and_passcodes_of_an_encrypted_frame_are_masked_in_its_clear_form() -> None:
    clear = b"|#1|?4711|NBA5][K00FF]_12:00:00,06-15-2025"
    clear = b"p" * (-len(clear) % 16) + clear
    decoded = read(b'"*SIA-DCS"0001L0#1[' + encrypt(KEY, clear), keyed("1", KEY))
    assert decoded.plain == clear
    assert sorted(masked(decoded, clear)) == [(b"00FF", "code"), (b"4711", "code")]


def test_an_encrypted_frame_is_read_with_any_key_the_account_ever_had() -> None:
    clear = b"pppp|#1|NBA5]_12:00:00,06-15-2025"
    clear = b"p" * (-len(clear) % 16) + clear
    account = Account("1", (Key(bytes(16)), Key(KEY)))
    decoded = read(b'"*SIA-DCS"0001L0#1[' + encrypt(KEY, clear), account)
    assert decoded.signals[0].code == "BA"


@pytest.mark.parametrize("account", [Account("1"), keyed("1", bytes(16)), Account("2")])
def test_an_encrypted_frame_without_its_key_says_whose_it_is(account: Account) -> None:
    undecoded = refused(b'"*SIA-DCS"0001L0#1[' + b"00" * 16, account)
    assert undecoded == Undecoded("encrypted, and no key of this account opens it", "1")


@pytest.mark.parametrize("token", sorted(LINK_TESTS))
def test_a_link_test_is_a_test_of_the_heads_account(token: bytes) -> None:
    (signal,) = read(b'"%b"0000L0#1234[#0000|0000 00 000]' % token).signals
    assert (signal.number, signal.signal_class) == ("1234", SignalClass.TEST)
    assert signal.text == "#0000|0000 00 000"


@pytest.mark.parametrize("token", sorted(ANSWERS))
def test_an_answer_seen_by_a_tap_is_read_as_one(token: bytes) -> None:
    (signal,) = read(b'"%b"0000L0#1234[]' % token).signals
    assert (signal.token, signal.code_name) == (token.decode(), "answer of a receiver")


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b'"SIA-DCS"0001L0#1[#1|]', "SIA-DCS: the data hold no event in the layout of SIA DC-03"),
        (b'"ADM-CID"0001L0#1[#1|x]', "ADM-CID: the data hold no event in the layout of Contact ID"),
        (b'"ACR-SF"0001L0#1[#1|x]', "ACR-SF: Acron super fast is not read by this version"),
        (b'"NEW"0001L0#1[#1|x]', "the token NEW is not known"),
    ],
)
def test_what_cannot_be_read_says_why_and_whose_it_is(body: bytes, reason: str) -> None:
    undecoded = refused(body)
    assert undecoded.reason.startswith(reason)
    assert undecoded.number == "1"


@pytest.mark.parametrize("raw", [b"", b"\n", b"noise", b'\n00000000"NULL"0000L0#1[]\r'])
def test_what_is_no_frame_is_undecoded(raw: bytes) -> None:
    assert decode(raw, lambda _: None, {}) == Undecoded("no DC-09 frame with a good CRC and length")


UNREAD = sorted(TOKENS.keys() - LINK_TESTS - {b"SIA-DCS", b"ADM-CID"})


@pytest.mark.parametrize("token", UNREAD)
def test_a_token_that_is_not_read_is_parked_under_its_name(token: bytes) -> None:
    undecoded = refused(b'"%b"0001L0#1234[#1234|whatever]' % token)
    name = token.decode()
    assert undecoded.reason == f"{name}: {TOKENS[token]} is not read by this version"
    assert undecoded.number == "1234"


def test_every_token_has_a_name() -> None:
    assert all(TOKENS.values())
    assert not ANSWERS & TOKENS.keys()


@given(st.binary(max_size=120).filter(lambda body: b"\r" not in body))
def test_any_body_is_read_or_refused(body: bytes) -> None:
    for head in (b'"', b'"SIA-DCS"0001L0#1[', b'"ADM-CID"0001#1[#1|', b'"*NULL"0001L0#1['):
        assert decode(seal(head + body, Style.STANDARD), {"1": keyed("1", KEY)}.get, {})


@given(st.binary(max_size=120))
def test_a_masked_span_lies_within_the_bytes(data: bytes) -> None:
    raw = seal(b'"SIA-DCS"0001L0#1[#1|?' + data.replace(b"\r", b"") + b"]", Style.STANDARD)
    decoded = decode(raw, lambda _: None, {})
    for start, end, _ in decoded.masked if isinstance(decoded, Decoded) else ():
        assert 0 <= start < end <= len(raw)


@pytest.mark.parametrize(
    ("data", "panel_time"),
    [
        ("NBA1", "13:59:58,12-31-2012"),
        ("Nti13:58/BA1", "13:58"),
    ],
    ids=["H alone", "the block's own time"],
)
def test_the_time_of_occurrence_is_the_panels(data: str, panel_time: str) -> None:
    body = f'"SIA-DCS"0001L0#1234[#1234|{data}][H13:59:58,12-31-2012]_14:00:07,12-31-2012'.encode()
    (signal,) = read(body).signals
    assert (signal.panel_time, signal.sender_time) == (panel_time, "14:00:07,12-31-2012")
    assert signal.extra["H"] == "13:59:58,12-31-2012"
