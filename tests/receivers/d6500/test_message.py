import pytest
from hypothesis import given
from hypothesis import strategies as st

from receivers.d6500.message import MODEM_EVENTS, UNREAD, decode
from receivers.signals import Decoded, SignalClass, Undecoded


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"a01A 123418340101004\x14", ("1234", "a", "401", "A", SignalClass.CLOSING)),
        (b" a011 123418E13001015\x14", ("1234", "a", "130", "1", SignalClass.ALARM)),
        (b"f011  1234 5555 5555 7\x14", ("1234", "f", "", "1", SignalClass.STATUS)),
        (b"f011  1234 1555 5555 7\x14", ("1234", "f", "", "1", SignalClass.ALARM)),
        (b"1011      1234A  005 \x14", ("1234", "1", "A ", "1", SignalClass.ALARM)),
        (b"1011      1234CL 005 \x14", ("1234", "1", "CL", "1", SignalClass.STATUS)),
        (b"1010           @    \x14", ("", "1", "", "0", SignalClass.SELF)),
        (b"9011      123412345678\x14", ("1234", "9", "", "1", SignalClass.STATUS)),
        (b"9011    123412345678\x14", ("1234", "9", "", "1", SignalClass.STATUS)),
        (b"a011 123498113001015\x14", ("1234", "a", "130", "1", SignalClass.ALARM)),
        (b"1011      1234BA0005\x14", ("1234", "1", "BA", "1", SignalClass.ALARM)),
        (b"3011 REJECT COMMAND  \x14", ("", "3", "", "1", SignalClass.SELF)),
    ],
)
def test_every_known_type_is_read(raw: bytes, expected: tuple[object, ...]) -> None:
    decoded = decode(raw, lambda _: None, {})
    assert isinstance(decoded, Decoded)
    (s,) = decoded.signals
    assert (s.number, s.token, s.code, s.line, s.signal_class) == expected
    assert s.receiver == "01"


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"a011 x\x14",
        b"f011 x\x14",
        b"1011 x\x14",
        b"1011      1234KZ0005\x14",
        b"9011 x\x14",
        b"Z011 x\x14",
    ],
)
def test_what_is_in_no_known_layout_says_so(raw: bytes) -> None:
    assert decode(raw, lambda _: None, {}) == Undecoded("not in a known layout of D6500 mode")


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("EF", SignalClass.ALARM),
        ("ED", SignalClass.RESTORE),
        ("F4", SignalClass.ALARM),
        ("D0", SignalClass.OPENING),
        ("CD", SignalClass.CLOSING),
        ("CC", SignalClass.TEST),
        ("B7", SignalClass.TROUBLE),
        ("B6", SignalClass.RESTORE),
        ("BD", SignalClass.TROUBLE),
        ("BC", SignalClass.RESTORE),
        ("AA", SignalClass.STATUS),
    ],
)
def test_an_event_of_the_modem_iie_has_area_event_and_zone(code: str, kind: SignalClass) -> None:
    for text in (f"1011      1234 05 {code} 012", f"1011      123405 {code} 012 "):
        read = decode(text.encode() + b"\x14", lambda _: None, {})
        assert isinstance(read, Decoded)
        (s,) = read.signals
        assert (s.number, s.area, s.code, s.signal_class) == ("1234", "05", code, kind)
        assert (s.user or s.zone) == "012"
        assert bool(s.user) == (code in {"D0", "CD"})
        assert bool(s.code_name) == (code in MODEM_EVENTS)


@pytest.mark.parametrize("end", ["", "030D", "0D", "14"])
def test_the_trailer_is_taken_off(end: str) -> None:
    raw = b"a011 123418113001015" + (bytes.fromhex(end) or b"\x14")
    decoded = decode(raw, lambda _: None, {"end": end})
    assert isinstance(decoded, Decoded)
    assert decoded.signals[0].zone == "015"


def test_a_contact_id_event_with_letters_of_no_event_is_refused() -> None:
    assert isinstance(decode(b"a011 123418X13001015\x14", lambda _: None, {}), Undecoded)


@given(st.sampled_from([b"1", b"3", b"a", b"f", b"x"]), st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(kind: bytes, raw: bytes) -> None:
    decode(kind + b"011" + raw + b"\x14", lambda _: None, {})


@pytest.mark.parametrize("kind", sorted(UNREAD))
def test_a_type_whose_columns_are_not_known_is_parked_under_its_name(kind: str) -> None:
    read = decode(kind.encode() + b"011 whatever\x14", lambda _: None, {})
    assert read == Undecoded(f"type {kind}, {UNREAD[kind]}: its columns are not known")


def test_a_long_account_may_begin_in_the_line_character() -> None:
    read = decode(b"a01B 123418113001015\x14", lambda _: None, {"long_accounts": True})
    assert isinstance(read, Decoded)
    assert read.signals[0].number == "B1234"


def test_what_a_common_events_letters_mean_can_be_programmed() -> None:
    options = {"letters": "CL=closing 1=test"}
    common = decode(b"1011      1234CL 005 \x14", lambda _: None, options)
    other = decode(b"a011 123418113001015\x14", lambda _: None, {"letters": "13=test"})
    assert isinstance(common, Decoded)
    assert isinstance(other, Decoded)
    assert common.signals[0].signal_class is SignalClass.CLOSING
    assert other.signals[0].signal_class is SignalClass.ALARM
