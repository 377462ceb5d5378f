from receivers.events import Frame, Heartbeat
from receivers.oh.framing import framer

BEAT = b"SR0001L0001    012345XX    [ID00000000]"


def test_the_heartbeat_is_told_from_other_lines() -> None:
    assert framer().receive(BEAT + b"other]") == [Heartbeat(BEAT), Frame(b"other]")]
