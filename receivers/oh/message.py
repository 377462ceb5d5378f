"""Osborne-Hoffman: what the heartbeat says."""

import re

from receivers.codes import TABLE
from receivers.session import Accounts, Options
from receivers.signals import Decoded, Signal, SignalClass, Undecoded
from receivers.text import decode_text

__all__ = ["ANSWER", "HEARTBEAT", "decode"]

ANSWER = b'"ACK"'
"""What one implementation answers: the word with its quotes, without a CRC."""

HEARTBEAT = re.compile(rb"SR([0-9A-F]{4})L([0-9A-F]{4}) +(.{8}) +\[ID([0-9A-F]{8})\]")


def decode(raw: bytes, accounts: Accounts, options: Options) -> Decoded | Undecoded:
    """Read one stored line; never raises, whatever the bytes."""
    match = HEARTBEAT.fullmatch(raw.strip(b"\x00\r\n"))
    if match is None:
        return Undecoded("no line of Osborne-Hoffman that is known")
    signal = Signal(
        number=decode_text(match[3]).strip(),
        token="heartbeat",
        signal_class=SignalClass.TEST,
        code_name="heartbeat of the panel",
        receiver=decode_text(match[1]),
        line=decode_text(match[2]),
        extra={"id": decode_text(match[4])},
    )
    return Decoded(signals=(signal,), table=TABLE)
