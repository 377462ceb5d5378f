"""A receiver that speaks SIA DC-07, as the trade describes it: DC-09's frame with a line number.

The account stands in the data only, for the frame is the receiver's and not a panel's.
"""

from stationd.simulate import dc09
from stationd.simulate.happening import Event, Form, Stamp, digits, sia_block
from stationd.simulate.voice import Answer

__all__ = ["beat", "read", "write"]


def write(event: Event, stamp: Stamp) -> tuple[bytes, ...]:
    """Return an event: SIA blocks, or Contact ID."""
    if event.form is Form.SIA:
        return (_frame("SIA-DCS", stamp.sequence, f"#{event.number}|{sia_block(event.what)}"),)
    said = f"{digits(event.what)} 01 {event.what.place:03d}"
    return (_frame("ADM-CID", stamp.sequence, f"#{event.number}|{said}"),)


def beat(stamp: Stamp) -> bytes:
    """Return the link test."""
    return _frame("NULL", 0, "")


def read(heard: bytearray, in_flight: bytes) -> Answer | None:
    """Take an answer off: ACK with the numbers of what is in flight, or NAK."""
    end = heard.find(b"\r")
    if end < 0:
        return None
    raw = bytes(heard[: end + 1])
    del heard[: end + 1]
    try:
        answer = dc09.read_answer(raw, None)
    except dc09.AnswerError:
        return Answer.STRANGE
    if answer.token == "NAK":
        return Answer.REFUSED
    ours = f'"{answer.header}['.encode("ascii") in in_flight
    return Answer.TAKEN if answer.token == "ACK" and ours else Answer.STRANGE


def _frame(token: str, sequence: int, content: str) -> bytes:
    message = dc09.Message(
        token=token, sequence=sequence, number="", content=content, receiver="1", prefix="1"
    )
    return dc09.encode(message, stamp=None)
