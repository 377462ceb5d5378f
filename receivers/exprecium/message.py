"""Exprecium: what a line says: ``HH:MM MM/DD[YY] RL account code``, or SIA in brackets."""

import re
from dataclasses import replace

from receivers import contact_id, sia
from receivers.codes import TABLE
from receivers.exprecium.framing import is_heartbeat
from receivers.options import read_class
from receivers.session import Accounts, Options
from receivers.signals import Decoded, Signal, SignalClass, Undecoded
from receivers.text import decode_text

__all__ = ["decode"]

_TIME = r"([0-9]{2}:[0-9]{2} +[0-9]{2}/[0-9]{2}(?:/?[0-9]{2})?)"
_LINE = re.compile(_TIME + r" +([0-9A-Z])([0-9A-Z]) +([0-9A-F]{3,10}) +(\S.*?) *")
_BLOCKS = re.compile(_TIME + r" +([0-9A-Z])([0-9A-Z]) *\[(.*)\] *", re.DOTALL)
# This receiver writes the letter E where other receivers write N before an event.
_EVENT, _EVENT_THERE = b"E", b"N"
_OWN = "0000"


def decode(raw: bytes, accounts: Accounts, options: Options) -> Decoded | Undecoded:
    """Read one stored line; never raises, whatever the bytes."""
    body = raw.strip(b"\x00\r\n")
    if is_heartbeat(body):
        alive = _signal("", SignalClass.SELF, "heartbeat of the receiver")
        return Decoded(signals=(alive,), table=TABLE)
    text = decode_text(body)
    if (line := _LINE.fullmatch(text)) is not None:
        signals = [_read(line[4], line[5], options)]
        return Decoded(signals=tuple(_placed(each, line) for each in signals), table=TABLE)
    if (line := _BLOCKS.fullmatch(text)) is not None:
        return _read_blocks(raw, line)
    return Undecoded("not in the layout of an Exprecium's own output")


def _read(number: str, code: str, options: Options) -> Signal:
    """Return an event whose code stands behind its account."""
    event = contact_id.read_any(code)
    if event is not None:
        return contact_id.signal(event, number=number, token="contact-id", receiver="", line="")
    # What the codes of the other formats mean is programmed in each panel.
    kind = SignalClass.SELF if number == _OWN else read_class(options, code) or SignalClass.STATUS
    return replace(_signal(number, kind, ""), code=code)


def _read_blocks(raw: bytes, line: re.Match[str]) -> Decoded | Undecoded:
    """Read SIA; its bytes are those of ``raw``, where passcodes are to be masked."""
    start, end = raw.index(b"[") + 1, raw.rindex(b"]")
    number, blocks = sia.split(raw[start:end])
    events = [_EVENT_THERE + block[1:] if block[:1] == _EVENT else block for block in blocks]
    signals = sia.signals(events, number=number, token="sia", receiver="", line="")
    if not signals:
        return Undecoded("the data in brackets hold no event", number)
    first = end - sum(len(block) + 1 for block in blocks) + 1
    return Decoded(
        signals=tuple(_placed(each, line) for each in signals),
        masked=tuple(sia.passcode_spans(blocks, first)),
        table=TABLE,
    )


def _placed(signal: Signal, line: re.Match[str]) -> Signal:
    """Return ``signal`` with the receiver's own time, and its receiver and line."""
    own = SignalClass.SELF if signal.number == _OWN else signal.signal_class
    extra = {**signal.extra, "receiver_time": line[1]}
    return replace(signal, signal_class=own, receiver=line[2], line=line[3], extra=extra)


def _signal(number: str, kind: SignalClass, name: str) -> Signal:
    return Signal(number=number, token="line", signal_class=kind, code_name=name)
