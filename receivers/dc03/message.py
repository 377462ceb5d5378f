"""DC-03: what one block says.

The account stands in a block of its own, before the events it holds for, and a text in one behind
its event.  So a block is read together with those before it that it stands on, which the session
named: the option ``context``, in hexadecimal.  Without it the number of an event is empty.
"""

from collections.abc import Iterator
from typing import NamedTuple

from receivers import sia
from receivers.codes import TABLE
from receivers.session import Accounts, Options
from receivers.signals import Decoded, Signal, SignalClass, Undecoded
from receivers.text import decode_text

__all__ = ["BLOCKS", "decode"]

BLOCKS = {
    "#": "account",
    "&": "origin",
    "N": "new event",
    "O": "old event",
    "E": "environmental",
    "A": "ascii",
    "@": "configuration",
    "0": "end of data",
    "1": "wait",
    "2": "abort",
    "6": "acknowledge and standby",
    "7": "acknowledge and disconnect",
    "8": "acknowledge",
    "\x08": "acknowledge",
    "9": "reject",
    "\x09": "reject",
    "?": "login",
    "C": "control",
    "P": "program",
    "L": "listen-in",
    "I": "video",
    "X": "extended",
}

_EVENTS = "NO"
# What carries the call and says nothing of a site: a matter of the line, not of an account.
_OF_THE_CALL = "#@0126789\x08\x09"


class _Context(NamedTuple):
    """Whose a block is, and the event that a text block belongs to."""

    number: str = ""
    event: sia.SiaEvent | None = None


def decode(raw: bytes, accounts: Accounts, options: Options) -> Decoded | Undecoded:
    """Read one stored block; never raises, whatever the bytes."""
    block = sia.read_block(raw)
    if block is None:
        return Undecoded("no DC-03 block with a good length and parity")
    name = BLOCKS.get(block.function)
    context = _context(str(options.get("context", "")))
    if name is None:
        return Undecoded(f"block {block.function!r} is not known", context.number)
    if block.function in _EVENTS:
        events = sia.signals(
            [_content(block)], number=context.number, token=block.function, receiver="", line=""
        )
        if events:
            return Decoded(signals=tuple(events), table=TABLE)
    return _plain(raw, block, name, context)


def _context(text: str) -> _Context:
    """Return what the blocks of a context say."""
    try:
        data = bytes.fromhex(text)
    except ValueError:
        return _Context()
    context = _Context()
    for block in _blocks(data):
        if block.function == "#":
            context = _Context(decode_text(block.data))
        elif block.function in _EVENTS:
            events = sia.read_events([_content(block)])
            context = context._replace(event=events[-1] if events else None)
    return context


def _blocks(data: bytes) -> Iterator[sia.Block]:
    position = 0
    while position < len(data):
        end = position + sia.block_length(data[position])
        block = sia.read_block(data[position:end])
        if block is not None:
            yield block
        position = end


def _content(block: sia.Block) -> bytes:
    return block.function.encode("ascii") + block.data


def _plain(raw: bytes, block: sia.Block, name: str, context: _Context) -> Decoded:
    text = decode_text(block.data)
    masked: tuple[tuple[int, int, str], ...] = ()
    if block.function == "?" and block.data:
        text, masked = "*" * len(block.data), ((2, len(raw) - 1, "code"),)
    about = context.event if block.function == "A" else None
    signal = Signal(
        number=text if block.function == "#" else context.number,
        token=block.function,
        signal_class=SignalClass.SELF if block.function in _OF_THE_CALL else SignalClass.STATUS,
        code_name=name if about is None else "text of the event before it",
        text="" if block.function == "#" else text,
        extra={} if about is None else {"event": about.code, "address": about.address},
    )
    return Decoded(signals=(signal,), masked=masked, table=TABLE)
