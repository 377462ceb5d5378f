"""SIA format (ANSI/SIA DC-03): blocks, and the events inside them.

A block is a function letter and its content.  On a phone line and over Galaxy's TCP it stands
between a header byte and a parity byte; inside DC-09 and Sur-Gard frames it is text between
``|``.  Event content is packets: lower-case pairs are modifiers that hold for what follows,
upper-case pairs are events.  Real panels leave the slash between them out, so packets are told
apart by the case of their letters and not by the slash.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from receivers.checksums import column_parity
from receivers.codes import PLACES, name_sia
from receivers.signals import Signal, SignalClass
from receivers.text import decode_text

__all__ = [
    "Block",
    "SiaEvent",
    "block_length",
    "passcode_spans",
    "read_block",
    "read_events",
    "signal",
    "signals",
    "split",
    "with_blocks",
    "write_block",
]

# The value of a modifier ends at a slash, at a text, or where two letters of a code begin.
_PACKET = re.compile(
    r"(?P<modifier>da|ti|id|ri|pi|ai|ph|lv|va|pt|rg|ss)"
    r"(?P<value>[0-9A-Fa-f:.\-]+?)(?=/|\^|$|\||[A-Z]{2}|[a-z]{2})(?:\^(?P<label>[^^]*)\^?)?"
    r"|(?P<code>[A-Z]{2})(?P<address>[0-9A-F:\-]*)"
    # Extended SIA closes an event with its text in quotes and NM; NM there is no event.
    r"(?:\*(?:\"(?P<quoted>[^\"]*)\"|'(?P<apostrophed>[^']*)'|(?P<units>[^/^]*?)(?=NM(?:/|\^|$)|/|\^|$)))?"
    r"(?:NM(?=/|\^|$))?"
    r"(?:\^(?P<text>[^^]*)\^?)?"
    r"|\^(?P<caret>[^^]*)\^?"
    r"|(?P<slash>/)"
    r"|(?P<rest>[^/^]+?)(?=/|\^|$|[A-Z]{2})",
    re.DOTALL,
)
_EVENT_FUNCTIONS = frozenset("NO")
# What stands in an event already, or nowhere: a passcode.
_READ_FUNCTIONS = frozenset({b"N", b"O", b"A", b"?"})
# Text, origin, environment, configuration, control, program, listen-in, video, login, extended.
_TEXT_FUNCTIONS = frozenset({b"", *(bytes((byte,)) for byte in b"A&E@CPLI?XVv")})
_FIELDS = frozenset({"da", "id", "ri", "ti"})  # modifiers that a signal has fields for
_ACKNOWLEDGEMENT_WANTED = 0x40
_REVERSE_CHANNEL = 0x80
_LENGTH = 0x3F


@dataclass(frozen=True, slots=True)
class Block:
    """A DC-03 block as framed with header and parity."""

    function: str
    data: bytes
    wants_acknowledgement: bool = False
    reverse: bool = False


@dataclass(slots=True)
class SiaEvent:
    """One event of a block, with the modifiers that hold for it."""

    code: str
    address: str
    block: str
    modifiers: Mapping[str, str] = field(default_factory=dict)
    text: str = ""
    units: str = ""
    unread: str = ""


def block_length(header: int) -> int:
    """Return how many bytes the block has that begins with ``header``."""
    return (header & _LENGTH) + 3


def read_block(raw: bytes) -> Block | None:
    """Read a framed block; None where length or column parity are wrong."""
    if len(raw) < block_length(0) or len(raw) != block_length(raw[0]):
        return None
    if column_parity(raw[:-1]) != raw[-1]:
        return None
    header = raw[0]
    return Block(
        function=chr(raw[1]),
        data=raw[2:-1],
        wants_acknowledgement=bool(header & _ACKNOWLEDGEMENT_WANTED),
        reverse=bool(header & _REVERSE_CHANNEL),
    )


def write_block(block: Block) -> bytes:
    """Return ``block`` with header and parity; it holds at most 63 bytes of data."""
    header = len(block.data)
    header |= _ACKNOWLEDGEMENT_WANTED if block.wants_acknowledgement else 0
    header |= _REVERSE_CHANNEL if block.reverse else 0
    body = bytes((header, ord(block.function))) + block.data
    return body + bytes((column_parity(body),))


def split(data: bytes) -> tuple[str, list[bytes]]:
    """Return the account that block text names (empty: none) and its blocks.

    The account stands before the first ``|``, with or without ``#``, and with or without spaces
    around it.  Where there is no ``#`` and the first part reads as an event block, the account was
    left out.
    """
    parts = data.split(b"|")
    first = parts[0]
    if first.startswith(b"#"):
        return decode_text(first[1:]).strip(" "), parts[1:]
    if not first or (len(parts) > 1 and not _reads_as_events(first)):
        return decode_text(first).strip(" "), parts[1:]
    return "", parts


def _reads_as_events(part: bytes) -> bool:
    return bool(re.match(rb"[NO](?:[A-Z]{2}|[a-z]{2}[0-9])", part))


def read_events(blocks: Iterable[bytes]) -> list[SiaEvent]:
    """Return the events of ``blocks`` in order; a text block belongs to the event before it."""
    events: list[SiaEvent] = []
    for raw in blocks:
        block = decode_text(raw)
        function, content = block[:1], block[1:]
        if function in _EVENT_FUNCTIONS:
            events += _packets(content, function)
        elif function == "A" and events:
            events[-1].text = (events[-1].text + " " + content).strip()
    return events


def _packets(content: str, block: str) -> list[SiaEvent]:
    events: list[SiaEvent] = []
    modifiers: dict[str, str] = {}
    unread = ""
    for packet in _PACKET.finditer(content):
        found = packet.groupdict("")
        if found["modifier"]:
            modifiers = {**modifiers, found["modifier"]: found["value"]}
            if found["label"]:
                modifiers[found["modifier"] + "_name"] = found["label"].strip()
        elif found["code"]:
            events.append(
                SiaEvent(
                    code=found["code"],
                    address=found["address"],
                    block=block,
                    modifiers=modifiers,
                    text=(found["quoted"] + found["apostrophed"] + found["text"]).strip(),
                    units=found["units"],
                    unread=unread,
                )
            )
            unread = ""
        elif events:
            events[-1].text = (events[-1].text + " " + found["caret"] + found["rest"]).strip()
        else:
            unread = (unread + " " + found["caret"] + found["rest"]).strip()
    return events


def passcode_spans(blocks: Iterable[bytes], start: int) -> list[tuple[int, int, str]]:
    """Return the spans of passcodes (``?`` blocks), where the first block begins at ``start``."""
    spans = []
    for block in blocks:
        if block.startswith(b"?") and len(block) > 1:
            spans.append((start + 1, start + len(block), "code"))
        start += len(block) + 1
    return spans


def signal(event: SiaEvent, *, number: str, token: str, receiver: str, line: str) -> Signal:
    """Return ``event`` as the signal of ``number``."""
    signal_class, name, addressed, vendor = name_sia(event.code)
    modifiers = event.modifiers
    zone, user, area, beside = _placed(event, addressed)
    said = {key: modifiers[key] for key in modifiers if key not in _FIELDS}
    kept = {"units": event.units, "unread": event.unread, "block": event.block.strip("N")}
    return Signal(
        number=number,
        token=token,
        signal_class=signal_class,
        code=event.code,
        code_name=name,
        zone=zone,
        user=user,
        area=area,
        text=event.text,
        new=event.block == "N",
        receiver=receiver,
        line=line,
        panel_time=" ".join(filter(None, (modifiers.get("da"), modifiers.get("ti")))),
        vendor=vendor,
        extra=said | beside | {key: text for key, text in kept.items() if text},
    )


def _placed(event: SiaEvent, addressed: str) -> tuple[str, str, str, dict[str, str]]:
    """Return zone, user and area of ``event``, and what its address says besides.

    Panels put the user into ``id`` or into the address, and the area likewise; both are kept.
    """
    address, user, area = (
        event.address,
        event.modifiers.get("id", ""),
        event.modifiers.get("ri", ""),
    )
    if addressed == "user":
        return "", user or address, area, {"address": address} if user and address else {}
    if addressed == "area" and (not area or area.lstrip("0") == address.lstrip("0")):
        return "", user, area or address, {}
    named = bool(address) and addressed not in PLACES
    return address, user, area, {"place": addressed} if named else {}


def signals(
    blocks: Sequence[bytes], *, number: str, token: str, receiver: str, line: str
) -> list[Signal]:
    """Return the signals of ``blocks``; blocks without an event give one that holds their text.

    Beside events, the text of blocks that are neither events nor text of one stands with the first.
    Nothing comes of bytes that are no blocks.
    """
    found = [
        signal(event, number=number, token=token, receiver=receiver, line=line)
        for event in read_events(blocks)
    ]
    if found:
        return with_blocks(found, [block for block in blocks if block[:1] not in _READ_FUNCTIONS])
    if not all(block[:1] in _TEXT_FUNCTIONS for block in blocks):
        return []
    text = _shown(blocks)
    if not text:
        return []
    return [
        Signal(
            number=number,
            token=token,
            signal_class=SignalClass.STATUS,
            code_name="block without an event",
            text=text,
            receiver=receiver,
            line=line,
        )
    ]


def with_blocks(found: list[Signal], blocks: Iterable[bytes]) -> list[Signal]:
    """Return ``found`` with the text of ``blocks`` that were not read beside the first."""
    text = _shown(blocks)
    if not found or not text:
        return found
    first = found[0]
    return [replace(first, extra={**first.extra, "blocks": text}), *found[1:]]


def _shown(blocks: Iterable[bytes]) -> str:
    """Return the text of ``blocks``, without passcodes."""
    return " ".join(
        "?" if block.startswith(b"?") else decode_text(block) for block in blocks if block
    )
