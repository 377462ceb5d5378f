from receivers.raw.message import decode
from receivers.signals import Undecoded


def test_a_frame_is_kept_and_not_read() -> None:
    assert decode(b"anything", lambda _: None, {}) == Undecoded("raw: kept as it came, not read")
