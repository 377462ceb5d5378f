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


def test_another_record_is_refused() -> None:
    assert decode(b"\n?\r", lambda _: None, {}) == Undecoded("no known record of ITI Generic")
