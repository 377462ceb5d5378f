from dataclasses import replace

import pytest
from hypothesis import assume, given
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
from receivers.events import Garbled
from receivers.session import Account, Key
from receivers.signals import Decoded, SignalClass, Undecoded
from tests.receivers.conftest import Station, keyed

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
    [
        (b"#12|N", b"12"),
        (b"12|N", b"12"),
        (b"# 12 |N", b"12"),
        (b"|N", b""),
        (b"]", b""),
        (b"", b""),
    ],
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
        pytest.param(
            b"p|a]d[x|#1|NBA][Mab]_12:00:00,06-15-2025",
            Clear(b"#1|NBA", (("M", 17, b"ab"),), "12:00:00,06-15-2025", 8, whole=True),
            id="marks in the pad",
        ),
        pytest.param(
            b"p]d]_12:00:00,06-15-2025",
            Clear(b"", (), "12:00:00,06-15-2025", 3, whole=True),
            id="a bracket in a pad without a bar",
        ),
        pytest.param(
            b"pad|#1|NBA]_12:00:00,06-15-2025" + b"\x10" * 16,
            Clear(b"#1|NBA", (), "12:00:00,06-15-2025", 4, whole=True),
            id="a padding of another kind behind the time",
        ),
        pytest.param(
            b"pad|#1|NBA] [Va[0]][][Mab]_12:00:00,06-15-2025",
            Clear(
                b"#1|NBA",
                (("V", 14, b"a[0"), ("M", 23, b"ab")),
                "12:00:00,06-15-2025",
                4,
                whole=True,
            ),
            id="extended data with marks in and between them",
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


@given(st.binary(min_size=1, max_size=31), st.sampled_from([b"", b"[Mab]", b"[I|x][Va[b]"]))
def test_a_pad_may_be_any_bytes(pad: bytes, extended: bytes) -> None:
    # Two pairs of marks cannot be told from those of the frame.
    assume(b"|#" not in pad and b"][" not in pad)
    time = b"_12:00:00,06-15-2025"
    with_bar = clear_text(pad + b"|#1234|NBA5]" + extended + time, padded=True)
    assert (with_bar.data, with_bar.whole) == (b"#1234|NBA5", True)
    without = clear_text(pad.replace(b"|", b"") + b"]" + extended + time, padded=True)
    assert (without.data, without.whole) == (b"", True)
    assert with_bar.time == without.time == "12:00:00,06-15-2025"
    letters = [name for name, _, _ in with_bar.extended]
    assert letters == [name for name, _, _ in without.extended]
    assert letters == [block[:1].decode() for block in extended.split(b"[")[1:3] if block]


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
    ("data", "extended", "time"),
    [
        (b"1130 01 015", b"[H11:59:58,06-15-2025]", "11:59:58,06-15-2025"),
        (b"1130 01 015", b"[Hyesterday]", ""),
        (b"1130 01 015", b"", ""),
    ],
)
def test_the_time_of_occurrence_is_the_panels_time(data: bytes, extended: bytes, time: str) -> None:
    (signal,) = read(b'"ADM-CID"0001L0#1[#1|' + data + b"]" + extended).signals
    assert signal.panel_time == time


def test_the_time_in_an_event_goes_before_that_in_extended_data() -> None:
    (signal,) = read(b'"SIA-DCS"0001L0#1[#1|Nti07:32/BA5][H11:59:58,06-15-2025]').signals
    assert (signal.panel_time, signal.extra["H"]) == ("07:32", "11:59:58,06-15-2025")


def test_contact_id_may_leave_its_spaces_out() -> None:
    (signal,) = read(b'"ADM-CID"0001L0#1[#1|113001015]').signals
    assert (signal.code, signal.area, signal.zone) == ("130", "01", "015")


def test_several_contact_id_events_are_read_and_what_is_none_stands_beside_them() -> None:
    signals = read(b'"ADM-CID"0001L0#1[#1|1130 01 015|what|3130 01 015]').signals
    assert [(s.code, s.new) for s in signals] == [("130", True), ("130", False)]
    assert [s.extra.get("blocks", "") for s in signals] == ["what", ""]


MODIFIERS = {"ti": "07:32:01", "id": "12", "pi": "010", "ri": "2", "da": "06-15-25", "va": "7"}


@given(st.permutations(sorted(MODIFIERS)), st.sampled_from(["/", ""]))
def test_modifiers_are_read_in_any_order(order: list[str], slash: str) -> None:
    packets = "".join(name + MODIFIERS[name] + slash for name in order)
    (signal,) = read(f'"SIA-DCS"0001L0#1[#1|N{packets}OP5]'.encode()).signals
    assert (signal.code, signal.area, signal.user) == ("OP", "2", "12")
    assert signal.panel_time == "06-15-25 07:32:01"
    assert signal.extra == {"pi": "010", "va": "7", "address": "5"}


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


SECRET = b"00112233445566778899AABBCCDDEEFF"


@pytest.mark.parametrize(
    "rest",
    [
        b"[#1|NBA5][K%b]",
        b"[#1|NBA5][Mab][K%b]_12:00:00,06-15-2025",
        b"[#1|NBA5][k%b]",
        b"[#1|NBA5][$K%b]",
        b"[#1|NBA5] [K%b]",
        b"[#1|NBA5]x[K%b]",
        b"[#1|NBA5][K%b",
        b"[#1|NBA5^TEXT[K%b]",
        b"[#1|NBA5][K%b][K%b]",
        b"[K%b]",
        b"[|K%b]",
        b"[#1|NBA5|K%b]",
    ],
)
@pytest.mark.parametrize("token", [b"SIA-DCS", b"NULL", b"ADM-CID"])
def test_a_key_that_a_panel_sends_is_nowhere_in_what_is_read(token: bytes, rest: bytes) -> None:
    raw = seal(b'"%b"0001L0#1' % token + rest.replace(b"%b", SECRET), Style.STANDARD)
    decoded = decode(raw, {}.get, {})
    assert SECRET.decode() not in repr(decoded)
    if isinstance(decoded, Decoded):
        hidden = bytearray(raw)
        for start, end, kind in decoded.masked:
            assert kind == "code"
            hidden[start:end] = b"*" * (end - start)
        assert SECRET not in hidden


@given(st.binary(max_size=40), st.binary(max_size=40))
def test_a_key_block_is_masked_wherever_it_stands(before: bytes, after: bytes) -> None:
    body = b'"NULL"0001L0#1[' + before + b"][K" + SECRET + b"]" + after
    decoded = decode(seal(body, Style.STANDARD), {}.get, {})
    assert SECRET.decode() not in repr(decoded)


def cipher_text(key: bytes, clear: bytes) -> bytes:
    return b'"*SIA-DCS"0001L0#1[' + encrypt(key, b"p" * (-len(clear) % 16) + clear)


def test_the_name_of_the_key_that_opened_a_frame_is_told() -> None:
    body = cipher_text(KEY, b"pppp|#1|NBA5]_12:00:00,06-15-2025")
    keys = (Key(bytes(16), name="old"), Key(KEY, name="new"))
    assert read(body, Account("1", keys)).key == "new"
    assert read(b'"SIA-DCS"0001L0#1[#1|NBA5]', Account("1", keys)).key == ""


@pytest.mark.parametrize("own", [(), (Key(bytes(16)),)], ids=["no key", "a key of its own"])
def test_what_came_under_the_key_of_the_group_stays_readable(own: tuple[Key, ...]) -> None:
    body = cipher_text(KEY, b"pppp|#1|NBA5]_12:00:00,06-15-2025")
    decoded = read(body, Account("1", own), Account("", (Key(KEY, name="group"),)))
    assert (decoded.key, decoded.signals[0].code) == ("group", "BA")


def test_an_encrypted_frame_without_a_time_is_read_where_it_was_acknowledged() -> None:
    body = cipher_text(KEY, b"pppp|#1|NBA5]")
    account = Account("1", (Key(bytes(16)), Key(KEY), Key(KEY)))
    assert refused(body, account).number == "1"
    switched = replace(account, switches=frozenset({"time_missing"}))
    assert read(body, switched).signals[0].code == "BA"


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


def test_a_key_block_that_holds_nothing_masks_nothing() -> None:
    decoded = decode(
        seal(b'"SIA-DCS"0001L0#1[#1|NBA5][K][K0A1B]', Style.STANDARD), lambda _: None, {}
    )
    assert isinstance(decoded, Decoded)
    assert [end - start for start, end, _ in decoded.masked] == [4]


HEADS = [b"#77", b"#1234", b"", b"# 1234", b"#1234 "]
NAMES = [b"#1234", b"1234", b"# 1234", b"#1234 ", b" #1234", b"", b"#77", b"NBA5", b"#", b"##1234"]
BLOCKS = [b"NBA5", b"Nri1/CL7", b"1130 01 015", b"#1234", b"AHALL", b"", b" "]


@given(
    st.sampled_from([b"SIA-DCS", b"ADM-CID"]),
    st.sampled_from(HEADS),
    st.lists(st.sampled_from(NAMES), max_size=2),
    st.lists(st.sampled_from(BLOCKS), max_size=3),
)
def test_no_plain_frame_that_is_taken_speaks_for_an_account_with_a_key(
    token: bytes, head: bytes, names: list[bytes], blocks: list[bytes]
) -> None:
    body = b'"%b"0001L0%b[%b]' % (token, head, b"|".join([*names, *blocks]))
    station = Station("dc09", Account("77"), keyed("1234", KEY))
    for event in station.hears(seal(body, Style.STANDARD)):
        if isinstance(event, Garbled) or event.fault is not None:
            continue
        meaning = decode(event.raw, station.accounts.get, {})
        numbers = [s.number for s in meaning.signals] if isinstance(meaning, Decoded) else []
        assert "1234" not in numbers


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
