from receivers.events import Frame, Heartbeat
from receivers.iti.framing import framer


def test_records_and_okay_are_told_apart() -> None:
    report, okay = b"\n1B1j23458b45A\r", b"\n00 OKAY @\r"
    assert framer().receive(report + okay) == [Frame(report), Heartbeat(okay)]
