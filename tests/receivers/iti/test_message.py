import pytest

from receivers.iti.message import decode
from receivers.signals import Decoded, SignalClass, Undecoded


@pytest.mark.parametrize(
    ("raw", "token", "kind"),
    [
        (b"\nIT IRCV 234A\r", "test", SignalClass.SELF),
        (b"\n00 OKAY @\r", "okay", SignalClass.SELF),
        (b"\n1B1j23458b45A\r", "report", SignalClass.STATUS),
    ],
)
def test_a_record_is_known_and_kept_whole(raw: bytes, token: str, kind: SignalClass) -> None:
    decoded = decode(raw, lambda _: None, {})
    assert isinstance(decoded, Decoded)
    (signal,) = decoded.signals
    assert (signal.token, signal.signal_class, signal.text) == (token, kind, raw[1:-1].decode())


@pytest.mark.parametrize(
    ("byte", "panel"),
    [(" ", "unknown"), ("1", "not ITI"), ("A", "SX-III or IVA"), ("Z", "SX-IVB"), ("j", "SX-V"),
     ("\x7f", "other")],
)  # fmt: skip
def test_a_generic_report_says_what_kind_of_panel_it_is_from(byte: str, panel: str) -> None:
    decoded = decode(f"\n1B1{byte}23458b45A\r".encode(), lambda _: None, {})
    assert isinstance(decoded, Decoded)
    assert decoded.signals[0].extra == {"panel": panel}


@pytest.mark.parametrize("raw", [b"\n?\r", b"|[X|A1|]c\r", b"|[R|A1\r"])
def test_another_record_is_refused(raw: bytes) -> None:
    assert decode(raw, lambda _: None, {}) == Undecoded("no known record of ITI")


def test_a_report_of_the_computer_interface_is_read_by_its_letters() -> None:
    raw = b"|[R|IA1|LB|A123456|V55600|D0514|T1019|N0005|Z1|CA|]K1\r"
    decoded = decode(raw, lambda _: None, {})
    assert isinstance(decoded, Decoded)
    (s,) = decoded.signals
    assert (s.number, s.code, s.zone, s.receiver, s.line, s.sequence) == (
        "123456",
        "A",
        "1",
        "A1",
        "B",
        "0005",
    )
    assert (s.receiver_time, s.extra) == ("0514 1019", {"panel": "55600"})


@pytest.mark.parametrize(
    ("letter", "token"), [("T", "test"), ("S", "okay"), ("L", "log")], ids=["test", "alive", "log"]
)
def test_the_receivers_own_records_keep_their_text(letter: str, token: str) -> None:
    text = f"|[{letter}|IA1|D970514|T145056|V042097|L6.1|]K1"
    decoded = decode(text.encode() + b"\r", lambda _: None, {})
    assert isinstance(decoded, Decoded)
    (s,) = decoded.signals
    assert (s.token, s.signal_class, s.text, s.number) == (token, SignalClass.SELF, text, "")
