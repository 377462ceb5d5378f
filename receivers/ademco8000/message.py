"""8000 and SK9000: what a packet says."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType

from receivers import sia
from receivers.codes import TABLE
from receivers.session import Accounts, Options
from receivers.signals import Decoded, Signal, SignalClass, Undecoded
from receivers.text import decode_text

__all__ = ["SYSTEM", "decode"]

SYSTEM: Mapping[str, str] = MappingProxyType(
    dict.fromkeys("ABCDEF", "listen-in")
    | {
        "a": "power up",
        "b": "local programming begun",
        "c": "local programming ended",
        "d": "local programming failed",
        "e": "date changed",
        "f": "time changed",
        "g": "queue above warning",
        "h": "queue below warning",
        "i": "queue full",
        "j": "queue restored",
        "k": "printer off line",
        "l": "printer out of paper",
        "m": "printer restored",
        "n": "line card added",
        "o": "line card deleted",
        "p": "line card trouble",
        "q": "phone line trouble",
        "r": "line card restored",
        "s": "phone line restored",
        "t": "line card modified",
        "w": "AC lost",
        "x": "AC restored",
        "y": "battery trouble",
        "z": "battery restored",
        "{": "computer trouble",
        "}": "computer restored",
        "~": "operator log off",
        "\x7f": "operator log on",
    }
)
"""What the receiver reports about itself, by code byte (41h to 46h, 61h to 7Fh)."""

_HEADER = re.compile(
    r'([&\x02\x27\x01])([0-9]{6})"([0-9]{4}(?:[0-9]{2})?)"(?:([0-9]{2})"([0-9]{4})")?'
)
# Of a call: accounts with their events, and digits that could not be read, in any order.
_PART = (
    r"#[^\x05#!]*"
    r'|[\x05!](?P<{0}number>[^"\x05*,#!]{{1,16}})(?P<{0}events>(?:"[^"*,\x05#!]+)+)'
)
_PARTS = re.compile(_PART.format(""), re.DOTALL)
_CALL = re.compile(
    r"(?P<format>[0-9]{3}|[0-9A-Za-z])(?P<line>[0-9]{2}|[0-9A-Za-z])"
    r"(?:\x12(?P<caller>[^\x05\x11#]*))?(?:\x11(?P<name>[^\x05#]*))?"
    rf"(?P<parts>(?:{_PART.format('_')})+?)"
    r"(?:\*(?P<listen>[0-9]{3})?)?(?P<more>,)?",
    re.DOTALL,
)
_CODED = re.compile(r"([A-Z]{2})([0-9A-F]*)")
# What stands behind a code of the receiver's own.
_OF_A_USER = frozenset("bcdef")
_OF_A_LINE = frozenset("nopqrst")


def decode(raw: bytes, accounts: Accounts, options: Options) -> Decoded | Undecoded:
    """Read one stored packet; never raises, whatever the bytes."""
    text = decode_text(raw.strip(b"\x00\n"))[:-2]
    if text.startswith("\x03"):
        return Decoded(signals=(_heartbeat(text),), table=TABLE)
    header = _HEADER.match(text)
    if header is None:
        return Undecoded("no header of the 8000 or the SK9000")
    body = text[header.end() :]
    if header[1] not in "&'":
        signals = _system(header, body)
    elif (call := _CALL.fullmatch(body)) is not None:
        signals = _call(header, call)
        if not signals:
            return Undecoded("the call holds nothing but digits that could not be read")
    else:
        signals = []
    if not signals:
        return Undecoded("the packet is in no known layout")
    return Decoded(signals=tuple(signals), table=TABLE)


def _heartbeat(text: str) -> Signal:
    """Return the receiver's sign of life, whose body is kept as text: no manual shows it."""
    return Signal(
        number="",
        token="heartbeat",
        signal_class=SignalClass.SELF,
        code_name="heartbeat of the receiver",
        text=text[1:],
    )


def _call(header: re.Match[str], call: re.Match[str]) -> list[Signal]:
    parts = list(_PARTS.finditer(call["parts"]))
    extra = _of_the_call(call, [part[0] for part in parts if not part["number"]])
    return [
        replace(
            _event(event, part["number"]),
            receiver=header[4] or "",
            line=call["line"],
            sequence=header[5] or "",
            receiver_time=f"{header[2]} {header[3]}",
            extra={**extra, "event": event},
        )
        for part in parts
        if part["number"]
        for event in part["events"][1:].split('"')
    ]


def _of_the_call(call: re.Match[str], unread: Iterable[str]) -> dict[str, str]:
    """Return what holds for all events of a call."""
    said = {
        "fmt": call["format"],
        "caller": call["caller"],
        "caller_name": call["name"],
        "bad": "".join(unread),
        "listen_in_s": call["listen"] and str(int(call["listen"])),
        "more": call["more"] and "follows",
    }
    return {name: text for name, text in said.items() if text}


def _event(event: str, number: str) -> Signal:
    """Return an event of a call; what is no SIA code is kept as it was written."""
    match = _CODED.fullmatch(event)
    if match is None:
        return Signal(number=number, token="call", signal_class=SignalClass.STATUS, code=event)
    coded = sia.SiaEvent(code=match[1], address=match[2], block="")
    return replace(sia.signal(coded, number=number, token="call", receiver="", line=""), new=None)


def _system(header: re.Match[str], body: str) -> list[Signal]:
    code, value = body[:1], body[1:]
    name = SYSTEM.get(code)
    if name is None:
        return []
    return [
        Signal(
            number="",
            token="system",
            signal_class=SignalClass.SELF,
            code=f"{ord(code):02X}",
            code_name=name,
            user=value if code in _OF_A_USER else "",
            text="" if code in _OF_A_USER | _OF_A_LINE else value,
            receiver=header[4] or "",
            line=value if code in _OF_A_LINE else "",
            sequence=header[5] or "",
            receiver_time=f"{header[2]} {header[3]}",
        )
    ]
