from receivers.events import Frame
from receivers.oh.framing import framer

BEAT = b"SR0001L0001    012345XX    [ID00000000]"


def test_the_heartbeat_is_a_poll_of_its_account() -> None:
    assert framer().receive(BEAT + b"other]") == [
        Frame(BEAT, number="012345XX", poll=True),
        Frame(b"other]"),
    ]
