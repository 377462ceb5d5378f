import pytest
from hypothesis import given
from hypothesis import strategies as st

from receivers.ademco8000.message import SYSTEM, decode
from receivers.signals import Decoded, SignalClass, Undecoded

HEAD = b'061525"120000"01"0001"'


def read(body: bytes) -> Decoded:
    decoded = decode(body + b"V\r", lambda _: None, {})
    assert isinstance(decoded, Decoded)
    return decoded


def test_a_call_has_a_signal_for_each_event() -> None:
    signals = read(b"&" + HEAD + b'00401\x05123456"BA01"CL2"123').signals
    assert [(s.code, s.zone, s.user) for s in signals] == [
        ("BA", "01", ""),
        ("CL", "", "2"),
        ("123", "", ""),
    ]
    assert {(s.number, s.receiver, s.line, s.sequence) for s in signals} == {
        ("123456", "01", "01", "0001")
    }
    assert signals[2].signal_class is SignalClass.STATUS
    assert signals[0].receiver_time == "061525 120000"


@pytest.mark.parametrize("tail", [b"", b"*", b"*060", b",", b"*060,"])
def test_a_call_may_ask_to_listen_in_or_go_on(tail: bytes) -> None:
    (signal,) = read(b"&" + HEAD + b'00401\x12555\x11NAME\x05123456"BA01' + tail).signals
    assert signal.extra.get("listen_in_s", "") == ("60" if b"060" in tail else "")
    assert signal.extra.get("more", "") == ("follows" if tail.endswith(b",") else "")


@pytest.mark.parametrize(("code", "name"), sorted(SYSTEM.items()))
def test_what_the_receiver_says_of_itself_is_named(code: str, name: str) -> None:
    (signal,) = read(b"\x02" + HEAD + code.encode() + b"01").signals
    assert (signal.code_name, signal.signal_class) == (name, SignalClass.SELF)
    place = ("01", "", "") if code in "bcdef" else ("", "01", "")
    place = place if code in "bcdefnopqrst" else ("", "", "01")
    assert (signal.user, signal.line, signal.text) == place


def test_digits_that_could_not_be_read_may_stand_between_accounts() -> None:
    signals = read(b'\'062794"0345"51\x051234"BA01#77#8!5678"FA02"FA03').signals
    assert [(s.number, s.code, s.zone, s.extra["bad"]) for s in signals] == [
        ("1234", "BA", "01", "#77#8"),
        ("5678", "FA", "02", "#77#8"),
        ("5678", "FA", "03", "#77#8"),
    ]


def test_an_sk9000_packet_has_no_receiver_number() -> None:
    (signal,) = read(b'\'062794"0345"51\x051234"BA01').signals
    assert (signal.receiver, signal.sequence, signal.line) == ("", "", "1")


@pytest.mark.parametrize(
    ("body", "bad"),
    [
        (b"&" + HEAD + b'00401#1A2B#3C\x05123456"BA01', "#1A2B#3C"),
        (b'\'062794"0345"51#12345!1234"BA01', "#12345"),
    ],
    ids=["8000", "SK9000"],
)
def test_what_could_not_be_read_of_a_call_is_kept_beside_what_could(body: bytes, bad: str) -> None:
    (signal,) = read(body).signals
    assert (signal.code, signal.extra["bad"]) == ("BA", bad)


def test_who_called_is_kept() -> None:
    (signal,) = read(b"&" + HEAD + b'00401\x12555\x11NAME\x05123456"BA01').signals
    assert (signal.extra["caller"], signal.extra["caller_name"]) == ("555", "NAME")


def test_the_heartbeats_body_is_kept_as_text() -> None:
    (signal,) = read(b"\x03" + HEAD).signals
    assert (signal.signal_class, signal.number) == (SignalClass.SELF, "")
    assert signal.text == HEAD.decode()


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (
            b"&" + HEAD + b"00401#1A2B#3CV\r",
            "the call holds nothing but digits that could not be read",
        ),
        (b"", "no header of the 8000 or the SK9000"),
        (b"\x02" + HEAD + b"?01V\r", "the packet is in no known layout"),
        (b"&" + HEAD + b"?01V\r", "the packet is in no known layout"),
    ],
)
def test_what_cannot_be_read_says_why(raw: bytes, reason: str) -> None:
    assert decode(raw, lambda _: None, {}) == Undecoded(reason)


@given(st.sampled_from([b"&", b"\x02", b"'", b"\x01"]), st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(kind: bytes, raw: bytes) -> None:
    decode(kind + HEAD + raw, lambda _: None, {})
