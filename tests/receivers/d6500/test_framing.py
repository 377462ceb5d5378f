import pytest

from receivers.d6500.framing import framer
from receivers.events import Frame, Heartbeat

LINE = b"a011 123418113001015\x14"


@pytest.mark.parametrize(
    "beat", [b"1010           @    \x14", b" 1011           @    \x14"], ids=["bare", "header"]
)
def test_lines_and_heartbeats_are_told_apart(beat: bytes) -> None:
    assert framer().receive(LINE + beat) == [Frame(LINE), Heartbeat(beat)]
