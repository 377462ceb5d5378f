import pytest
from hypothesis import given
from hypothesis import strategies as st

from receivers.d6500_sia.framing import Form, seal
from receivers.d6500_sia.message import decode
from receivers.signals import Decoded, Signal, SignalClass, Undecoded

FORM = Form(digits=True)


def read(kind: bytes, data: bytes, line: bytes = b"03") -> Decoded:
    decoded = decode(seal(kind + b"000101" + line + b"[" + data + b"]", FORM), lambda _: None, {})
    assert isinstance(decoded, Decoded)
    return decoded


def only(kind: bytes, data: bytes, line: bytes = b"03") -> Signal:
    (signal,) = read(kind, data, line).signals
    return signal


@pytest.mark.parametrize("mark", [b"18", b"98"])
def test_contact_id_is_read(mark: bytes) -> None:
    signal = only(b"a", b"#1234|" + mark + b"113001015")
    assert (signal.number, signal.code, signal.zone, signal.area) == ("1234", "130", "015", "01")
    assert (signal.token, signal.sequence, signal.receiver, signal.line) == (
        "a",
        "0001",
        "01",
        "03",
    )


def test_sia_blocks_are_read() -> None:
    signal = only(b"\t", b"#1234|Nri1/BA5")
    assert (signal.number, signal.code, signal.zone, signal.area, signal.token) == (
        "1234",
        "BA",
        "5",
        "1",
        "TAB",
    )


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [(b"NJT", "JT", ""), (b"REJECT COMMAND", "", "REJECT COMMAND")],
    ids=["code", "words"],
)
def test_a_text_without_an_account_is_the_receivers_own(text: bytes, code: str, said: str) -> None:
    signal = only(b"\t", text, b"00")
    assert (signal.signal_class, signal.number) == (SignalClass.SELF, "")
    assert (signal.code, signal.text) == (code, said)


def test_what_is_said_on_line_00_is_about_the_receiver() -> None:
    assert only(b"\t", b"#0000|NYD01", b"00").signal_class is SignalClass.SELF


def test_a_passcode_is_masked() -> None:
    raw = seal(b"\t00010103[#1234|NBA5|?4711]", FORM)
    decoded = decode(raw, lambda _: None, {})
    assert isinstance(decoded, Decoded)
    assert [raw[a:b] for a, b, _ in decoded.masked] == [b"4711"]


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"nothing", Undecoded("no frame of Bosch SIA mode")),
        (
            seal(b"m00010103[#1234|12 34]", FORM),
            Undecoded("type m: its data are not read", "1234"),
        ),
        (seal(b"m00010103[]", FORM), Undecoded("type m: its data are not read")),
    ],
)
def test_what_cannot_be_read_says_why(raw: bytes, expected: Undecoded) -> None:
    assert decode(raw, lambda _: None, {}) == expected


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    decode(seal(b"a00010103[" + data + b"]", FORM), lambda _: None, {})
