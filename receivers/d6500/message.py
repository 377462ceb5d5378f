"""D6500: what a line says.

Message type, receiver (two digits) and line (one character), then fields at fixed columns.  Of
the types in `UNREAD` only the name is known; such a line is parked under it.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType

from receivers import contact_id, sia
from receivers.codes import TABLE, sia_codes
from receivers.d6500.framing import TERMINATOR
from receivers.d6500.session import OPTIONS
from receivers.options import read_bytes, read_class
from receivers.session import Accounts, Options
from receivers.signals import Decoded, Signal, SignalClass, Undecoded, with_long_numbers
from receivers.text import decode_text

__all__ = ["MODEM_EVENTS", "UNREAD", "decode"]

UNREAD: Mapping[str, str] = MappingProxyType(
    {
        "7": "Sescoa super speed",
        "E": "Silent Knight FSK80",
        "F": "FBI super fast",
        "I": "ITI",
        "N": "DNIS or ANI",
        "S": "SIA or X-SIA text",
        "V": "VONK",
        "b": "Ademco 4-1 express",
        "c": "Ademco 4-2 express",
        "d": "DSC 4-3",
        "e": "caller identification",
        "i": "CFSK",
        "j": "Robofon",
        "k": "Seriee FSK",
        "l": "Seriee DTMF",
        "m": "Silent Knight FSK1 or FSK2",
        "n": "Telim",
        "p": "SafeCom",
    }
)
"""Message types whose columns are not known here."""

_COMMON = "1"
_HEAD = re.compile(r" ?([0-9A-Za-z])([0-9]{2})([0-9A-Z ])(.*)", re.DOTALL)
_CONTACT_ID = re.compile(r" ([0-9A-F]{3,10})(?:18|98)([136ERP][0-9A-F]{8})")
_CHANNELS = re.compile(r" *([0-9A-F]{3,6}) ([0-9A-F]{4}(?: [0-9A-F]{4}){1,3} [0-9A-F])")
_ACRON = re.compile(r" {4,6}([0-9A-F]{4})([0-9A-F]{8})")
_BASIC = re.compile(r" +([0-9A-F]{4})([0-9A-Z ]{2}) ([0-9A-F ]{3}) ")
# BFSK, as a Sur-Gard receiver in Radionics 6500 mode writes it.
_CODED = re.compile(r" +([0-9A-F]{3,6})([A-Z]{2})([0-9A-F]{4})")
# Modem IIe: area, event and zone, apart by spaces as the manual prints them.
_MODEM = re.compile(r" +([0-9A-F]{3,6}) *([0-9A-F]{2}) ([0-9A-F]{2}) ([0-9A-F]{3}) *")
MODEM_EVENTS: Mapping[str, tuple[SignalClass, str]] = MappingProxyType(
    {
        "B6": (SignalClass.RESTORE, "AC restored"),
        "B7": (SignalClass.TROUBLE, "AC failed"),
        "BC": (SignalClass.RESTORE, "communication restored"),
        "BD": (SignalClass.TROUBLE, "communication failed"),
        "CC": (SignalClass.TEST, "test"),
        "CD": (SignalClass.CLOSING, "closed by user"),
        "D0": (SignalClass.OPENING, "opened by user"),
        "ED": (SignalClass.RESTORE, "restored"),
        "EF": (SignalClass.ALARM, "alarm"),
        "F4": (SignalClass.ALARM, "fire alarm"),
    }
)
"""Events of the Modem IIe that the manual names."""


def decode(raw: bytes, accounts: Accounts, options: Options) -> Decoded | Undecoded:
    """Read one stored line; never raises, whatever the bytes."""
    header = read_bytes(options, OPTIONS, "header")
    end = read_bytes(options, OPTIONS, "end") or TERMINATOR
    body = raw.removesuffix(end).strip(b"\x00\r\n").removesuffix(end)
    text = decode_text(body.removeprefix(header))
    head = _HEAD.fullmatch(text)
    if head is not None and head[1] in UNREAD:
        return Undecoded(f"type {head[1]}, {UNREAD[head[1]]}: its columns are not known")
    read = _READERS.get(head[1]) if head is not None else None
    signal = read(head[4]) if head is not None and read is not None else None
    if head is None or signal is None:
        return Undecoded("not in a known layout of D6500 mode")
    programmed = read_class(options, signal.code.strip()) if head[1] == _COMMON else None
    signal = replace(
        signal,
        token=head[1],
        signal_class=programmed or signal.signal_class,
        receiver=head[2],
        line=head[3].strip(),
    )
    decoded = Decoded(signals=(signal,), table=TABLE)
    return with_long_numbers(decoded) if options.get("long_accounts") is True else decoded


def _read_basic(body: str) -> Signal | None:
    if body.strip() == "@":
        return _signal("", SignalClass.SELF, "heartbeat of the receiver")
    match = _BASIC.fullmatch(body)
    if match is None:
        return _read_coded(body) or _read_modem(body)
    # The letters of the common formats differ by maker.
    kind = SignalClass.ALARM if match[2].startswith("A") else SignalClass.STATUS
    return replace(_signal(match[1], kind, ""), code=match[2], zone=match[3].strip())


def _read_coded(body: str) -> Signal | None:
    match = _CODED.fullmatch(body)
    if match is None or match[2] not in sia_codes():
        return None
    event = sia.SiaEvent(code=match[2], address=match[3], block="")
    return replace(sia.signal(event, number=match[1], token="", receiver="", line=""), new=None)


def _read_modem(body: str) -> Signal | None:
    match = _MODEM.fullmatch(body)
    if match is None:
        return None
    number, area, code, zone = match.groups()
    kind, name = MODEM_EVENTS.get(code, (SignalClass.STATUS, ""))
    by_user = kind in {SignalClass.OPENING, SignalClass.CLOSING}
    return replace(
        _signal(number, kind, name),
        code=code,
        area=area,
        zone="" if by_user else zone,
        user=zone if by_user else "",
    )


def _read_contact_id(body: str) -> Signal | None:
    match = _CONTACT_ID.fullmatch(body)
    event = contact_id.read_tail(match[2]) if match else None
    if match is None or event is None:
        return None
    return contact_id.signal(event, number=match[1], token="", receiver="", line="")


def _read_channels(body: str) -> Signal | None:
    match = _CHANNELS.fullmatch(body)
    if match is None:
        return None
    kind = SignalClass.ALARM if "1" in match[2][:-1] else SignalClass.STATUS
    return replace(_signal(match[1], kind, "channels"), text=match[2])


def _read_acron(body: str) -> Signal | None:
    match = _ACRON.fullmatch(body)
    if match is None:
        return None
    # What a channel's digit says is the panel's own.
    return replace(_signal(match[1], SignalClass.STATUS, "channels"), text=match[2])


def _read_text(body: str) -> Signal | None:
    return replace(_signal("", SignalClass.SELF, "text of the receiver"), text=body.strip())


def _signal(number: str, kind: SignalClass, name: str) -> Signal:
    return Signal(number=number, token="", signal_class=kind, code_name=name)


_READERS: Mapping[str, Callable[[str], Signal | None]] = MappingProxyType(
    {
        "1": _read_basic,
        "3": _read_text,
        "9": _read_acron,
        "a": _read_contact_id,
        "f": _read_channels,
    }
)
