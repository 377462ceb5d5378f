"""DC-03: what one block says.

The account stands in a block of its own, before the events it holds for; a block alone does not
say whose its events are, so their number is empty.
"""

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


def decode(raw: bytes, accounts: Accounts, options: Options) -> Decoded | Undecoded:
    """Read one stored block; never raises, whatever the bytes."""
    block = sia.read_block(raw)
    if block is None:
        return Undecoded("no DC-03 block with a good length and parity")
    name = BLOCKS.get(block.function)
    if name is None:
        return Undecoded(f"block {block.function!r} is not known")
    if block.function in "NO":
        content = block.function.encode("ascii") + block.data
        events = sia.signals([content], number="", token=block.function, receiver="", line="")
        if events:
            return Decoded(signals=tuple(events), table=TABLE)
    return _plain(raw, block, name)


def _plain(raw: bytes, block: sia.Block, name: str) -> Decoded:
    text = decode_text(block.data)
    masked: tuple[tuple[int, int, str], ...] = ()
    if block.function == "?" and block.data:
        text, masked = "*" * len(block.data), ((2, len(raw) - 1, "code"),)
    signal = Signal(
        number=text if block.function == "#" else "",
        token=block.function,
        signal_class=SignalClass.STATUS,
        code_name=name,
        text="" if block.function == "#" else text,
    )
    return Decoded(signals=(signal,), masked=masked, table=TABLE)
