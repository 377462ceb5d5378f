"""685 and CAPS: what a line says."""

import re
from dataclasses import replace

from receivers import contact_id
from receivers.codes import TABLE
from receivers.options import read_class
from receivers.session import Accounts, Options
from receivers.signals import Decoded, Signal, SignalClass, Undecoded, with_long_numbers
from receivers.text import decode_text

__all__ = ["decode"]

_LINE = re.compile(r"([0-9])([0-9A-Z]) ([0-9A-F]{4,6}) (.+?) ?")
_OKAY = re.compile(r"([0-9A-Z])([0-9A-Z]) OKAY @ ?")
_CONTACT_ID = re.compile(r"18 (.+)")
_CHANNELS = re.compile(r"[0-9A-F]{4}(?: [0-9A-F]{4}){1,3} [0-9A-F]")
_BASIC = frozenset({"4x1", "4x2"})
_SHORT = re.compile(r"([0-9A-F])(?: ([0-9A-F]))?")
_CAPS = re.compile(r"([0-9]) ([0-9]) ([0-9])A")


def decode(raw: bytes, accounts: Accounts, options: Options) -> Decoded | Undecoded:
    """Read one stored line; never raises, whatever the bytes."""
    text = decode_text(raw.strip(b"\x00\r\n"))
    okay = _OKAY.fullmatch(text)
    if okay is not None:
        heartbeat = _signal("", okay, SignalClass.SELF, "heartbeat of the receiver")
        return Decoded(signals=(heartbeat,), table=TABLE)
    line = _LINE.fullmatch(text)
    signal = _read(line) if line is not None else None
    if signal is None:
        return Undecoded("not in a layout of 685 or CAPS")
    programmed = read_class(options, signal.code) if signal.token in _BASIC else None
    if programmed is not None:
        signal = replace(signal, signal_class=programmed)
    decoded = Decoded(signals=(signal,), table=TABLE)
    return with_long_numbers(decoded) if options.get("long_accounts") is True else decoded


def _read(line: re.Match[str]) -> Signal | None:
    number, body = line[3], line[4]
    if (match := _CONTACT_ID.fullmatch(body)) is not None:
        event = contact_id.read_event(match[1])
        if event is None:
            return None
        return contact_id.signal(
            event, number=number, token="contact-id", receiver=line[1], line=line[2]
        )
    if _CHANNELS.fullmatch(body):
        kind = SignalClass.ALARM if "1" in body[:-1] else SignalClass.STATUS
        return replace(_signal(number, line, kind, "channels"), text=body, token="high speed")
    if (match := _CAPS.fullmatch(body)) is not None:
        # Three digits spell 16 times the event and the zone, in decimal.
        value = int("".join(match.groups()))
        read = _signal(number, line, SignalClass.ALARM, "")
        extra = {"value": str(value)}
        return replace(
            read, token="4x2", code=f"{value // 16:X}", zone=f"{value % 16:X}", extra=extra
        )
    if (match := _SHORT.fullmatch(body)) is not None:
        read = _signal(number, line, SignalClass.ALARM, "")
        token = "4x2" if match[2] else "4x1"
        return replace(read, token=token, code=match[1], zone=match[2] or "")
    return None


def _signal(number: str, line: re.Match[str], kind: SignalClass, name: str) -> Signal:
    return Signal(
        number=number,
        token="okay",
        signal_class=kind,
        code_name=name,
        receiver=line[1],
        line=line[2],
    )
