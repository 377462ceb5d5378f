from receivers.cp220.framing import framer
from receivers.events import Frame


def test_lines_end_at_cr() -> None:
    assert framer().receive(b"111234564131\r\n111234564132\r") == [
        Frame(b"111234564131\r"),
        Frame(b"111234564132\r"),
    ]
