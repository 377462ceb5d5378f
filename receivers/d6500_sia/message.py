"""Bosch SIA mode: what a frame says.

Contact ID stands as ``[#aaaa|18QXYZGGCCC]``, SIA as blocks, and texts of the receiver itself
without an account, under line 00.
"""

import re
from dataclasses import replace

from receivers import contact_id, sia
from receivers.codes import TABLE
from receivers.d6500_sia.framing import Telegram, read
from receivers.session import Accounts, Options
from receivers.signals import Decoded, Signal, SignalClass, Undecoded
from receivers.text import decode_text

__all__ = ["decode"]

_CONTACT_ID = re.compile(r"(?:18|98)([136ERP][0-9A-F]{8})")
_OWN_LINE = b"00"


def decode(raw: bytes, accounts: Accounts, options: Options) -> Decoded | Undecoded:
    """Read one stored frame; never raises, whatever the bytes."""
    telegram = read(raw.strip(b"\x00"))
    if telegram is None:
        return Undecoded("no frame of Bosch SIA mode")
    number, blocks = sia.split(telegram.data) if b"|" in telegram.data else ("", [telegram.data])
    token = decode_text(telegram.kind).replace("\t", "TAB")
    signals = _contact_id(number, token, blocks) or sia.signals(
        blocks, number=number, token=token, receiver="", line=""
    )
    if not signals and not number and telegram.data:
        signals = [_own_text(telegram, token)]
    if not signals:
        return Undecoded(f"type {token}: its data are not read", number)
    start = raw.index(b"[") + 1 + len(telegram.data) - sum(len(block) + 1 for block in blocks) + 1
    return Decoded(
        signals=tuple(_addressed(signal, telegram) for signal in signals),
        masked=tuple(sia.passcode_spans(blocks, start)),
        table=TABLE,
    )


def _contact_id(number: str, token: str, blocks: list[bytes]) -> list[Signal]:
    found = [_CONTACT_ID.fullmatch(decode_text(block)) for block in blocks]
    events = [contact_id.read_tail(match[1]) if match else None for match in found]
    return [
        contact_id.signal(event, number=number, token=token, receiver="", line="")
        for event in events
        if event is not None
    ]


def _own_text(telegram: Telegram, token: str) -> Signal:
    return Signal(
        number="",
        token=token,
        signal_class=SignalClass.SELF,
        code_name="text of the receiver",
        text=decode_text(telegram.data),
    )


def _addressed(signal: Signal, telegram: Telegram) -> Signal:
    own = telegram.line == _OWN_LINE
    return replace(
        signal,
        signal_class=SignalClass.SELF if own else signal.signal_class,
        sequence=decode_text(telegram.sequence),
        receiver=decode_text(telegram.receiver),
        line=decode_text(telegram.line),
    )
