import pytest

from receivers.events import Frame
from tests.receivers.conftest import Station

GENERIC = b"\n1B1j23458b45A\r"
OKAY = b"\n00 OKAY @\r"
INTERFACE = b"|[R|IA1|A1234|N0005|Z1|CA|]K1\r"
ACK, NAK = b"\x06", b"\x15"


@pytest.mark.parametrize(
    ("layout", "data"),
    [("generic", GENERIC + OKAY), ("interface", INTERFACE + b"|[S|IA1|]K1\r")],
)
def test_a_record_is_acknowledged_in_either_layout(layout: str, data: bytes) -> None:
    assert Station("iti", options={"layout": layout}).says(data) == ACK * 2


def test_a_damaged_record_is_refused_once_where_that_is_set() -> None:
    station = Station("iti", options={"nak": "damaged"})
    raw = GENERIC.replace(b"j", b"\x00")
    assert [station.says(raw) for _ in range(3)] == [NAK, b"", b""]


def test_a_record_in_the_other_layout_is_not_acknowledged() -> None:
    assert Station("iti").says(INTERFACE) == b""


def test_a_copy_before_our_answer_is_a_repeat() -> None:
    assert Station("iti").hears(GENERIC * 2) == [Frame(GENERIC), Frame(GENERIC, repeat=True)]
