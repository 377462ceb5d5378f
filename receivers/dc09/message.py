"""DC-09: a frame's fields, and what they say.

`read_head` is what an answer depends on; `decode` reads the rest, later and as often as newer
tables ask for it.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import NamedTuple

from receivers import contact_id, sia
from receivers.codes import TABLE
from receivers.dc09.cipher import decrypt
from receivers.dc09.framing import Envelope, envelope
from receivers.session import Account, Accounts, Options
from receivers.signals import Decoded, Signal, SignalClass, Undecoded
from receivers.text import decode_text

__all__ = [
    "ANSWERS",
    "LINK_TESTS",
    "TOKENS",
    "Clear",
    "Head",
    "clear_text",
    "data_number",
    "decode",
    "read_head",
]

TOKENS: Mapping[bytes, str] = MappingProxyType(
    {
        b"SIA-DCS": "SIA DC-03 blocks",
        b"ADM-CID": "Contact ID",
        b"NULL": "link test",
        b"XNM": "link test with extended data",
        b"SIA-PUL": "pulse format",
        b"ACR-SF": "Acron super fast",
        b"ADM-41E": "Ademco 4-1 express",
        b"ADM-42E": "Ademco 4-2 express",
        b"ADM-HS": "Ademco high speed",
        b"DSC-43": "DSC 4-3",
        b"FBI-SF": "FBI super fast",
        b"ITI-I": "ITI",
        b"SCN-S8": "Scancom 8",
        b"SCN-S16": "Scancom 16",
        b"SCN-S24": "Scancom 24",
        b"SCT": "Scantronic",
        b"SES-SS": "Sescoa super speed",
        b"SIA-S2K": "SIA 2000",
        b"SK-FSK1": "Silent Knight FSK1",
        b"SK-FSK2": "Silent Knight FSK2",
    }
)
"""What a panel may send (DC-09 annex H).  Another token with a good CRC is answered DUH."""

ANSWERS = frozenset({b"ACK", b"NAK", b"DUH", b"RSP"})
"""What only receivers send: a tap of both directions sees them; they are never answered."""

LINK_TESTS = frozenset({b"NULL", b"XNM"})
"""What only says that the path lives."""

Read = tuple[list[Signal], list[tuple[int, int, str]]]
_KEY = "K"  # extended data that carries an encryption key

_HEAD = re.compile(
    rb'"(\*?)([^"]{1,16})"'
    rb"([0-9A-Fa-f]{1,8}(?:[Rr][0-9A-Fa-f]*)?(?:[Ll][0-9A-Fa-f]*)?(?:#([^\[\]|#]*))?)\["
)
_ECHO = re.compile(rb"([0-9A-Fa-f]+)(?:[Rr]([0-9A-Fa-f]*))?(?:[Ll]([0-9A-Fa-f]*))?")
_DATA_NUMBER = re.compile(rb"#?([^|\[\]]*)\|")
_TIME = re.compile(rb"_([0-9]{2}:[0-9]{2}:[0-9]{2},[0-9]{2}-[0-9]{2}-[0-9]{4})$")
_EXTENDED = re.compile(rb"\[(\$?.)([^\]]*)\]", re.DOTALL)


class Head(NamedTuple):
    """What stands before the data.

    ``star`` is ``*`` where the rest is encrypted.  ``echo`` is sequence, R, L and #account as
    received, for the answer; ``number`` is None where there is no account.  ``start`` is where,
    in the body, the data begins.
    """

    star: bytes
    token: bytes
    echo: bytes
    number: bytes | None
    start: int


@dataclass(frozen=True, slots=True)
class Clear:
    """Clear text taken apart: data, extended data and time, and where the data begins in it."""

    data: bytes
    extended: tuple[tuple[str, int, bytes], ...]
    time: str
    start: int
    whole: bool


def read_head(body: bytes) -> Head | None:
    """Return the head of ``body``; None where it has not the layout."""
    match = _HEAD.match(body)
    if match is None:
        return None
    star, token, echo, number = match.groups()
    return Head(star, token, echo, number, match.end())


def data_number(data: bytes) -> bytes:
    """Return the account that the data names; empty where it names none."""
    match = _DATA_NUMBER.match(data)
    return match[1] if match else b""


def clear_text(text: bytes, *, padded: bool) -> Clear:
    """Take clear text apart.  ``whole``: it ends the way clear text has to.

    The pad may be any bytes but ``|`` and brackets; with a bar it ends there, without one at the
    bracket that closes the empty data.
    """
    close = text.find(b"]")
    if close < 0:
        return Clear(text, (), "", 0, whole=False)
    start = 0
    if padded:
        bar = text.find(b"|", 0, close)
        start = bar + 1 if bar >= 0 else close
    time = _TIME.search(text, close)
    end = time.start() if time else len(text)
    extended = []
    position = close + 1
    while (block := _EXTENDED.match(text, position, end)) is not None:
        extended.append((decode_text(block[1]), block.start(2), block[2]))
        position = block.end()
    whole = time is not None and position == end
    stamp = time[1].decode("ascii") if time else ""
    return Clear(text[start:close], tuple(extended), stamp, start, whole=whole)


def decode(raw: bytes, accounts: Accounts, options: Options) -> Decoded | Undecoded:
    """Read one stored frame; never raises, whatever the bytes."""
    piece = envelope(raw)
    body = piece.body if isinstance(piece, Envelope) else b""
    head = read_head(body)
    if head is None:
        return Undecoded("no DC-09 frame with a good CRC and length")
    number = decode_text(head.number or b"")
    text, offset, plain = body[head.start :], len(raw) - 1 - len(body) + head.start, b""
    if head.star:
        opened = _open(text, accounts(number))
        if opened is None:
            return Undecoded("encrypted, and no key of this account opens it", number)
        text, offset, plain = opened, 0, opened
    clear = clear_text(text, padded=bool(head.star))
    signals, masked = _signals(head, clear, offset)
    if not signals:
        return Undecoded(_why(head), number)
    return Decoded(signals=signals, plain=plain, masked=masked, table=TABLE)


def _open(text: bytes, account: Account | None) -> bytes | None:
    """Return the clear form of ``text`` under any key the account has or had."""
    for key in account.keys if account else ():
        plain = decrypt(key.secret, text)
        if plain is not None and clear_text(plain, padded=True).whole:
            return plain
    return None


def _signals(
    head: Head, clear: Clear, offset: int
) -> tuple[tuple[Signal, ...], tuple[tuple[int, int, str], ...]]:
    """Return the signals, and the spans to mask where ``clear`` begins at ``offset``."""
    number = decode_text(head.number or b"")
    masked = [
        (offset + start, offset + start + len(value), "code")
        for letter, start, value in clear.extended
        if letter == _KEY
    ]
    read = _READERS.get(head.token, _read_nothing)
    signals, passcodes = read(number, decode_text(head.token), clear.data)
    masked += [(offset + clear.start + a, offset + clear.start + b, c) for a, b, c in passcodes]
    extra = _extended(clear)
    sequence, receiver, line = _addresses(head.echo)
    return tuple(
        replace(
            signal,
            sequence=sequence,
            receiver=receiver,
            line=line,
            sender_time=clear.time,
            # What the block itself says of its event's time is nearer to it than H.
            panel_time=signal.panel_time or extra.get("H", ""),
            text=signal.text or extra.get("I", ""),
            extra={**signal.extra, **extra},
        )
        for signal in signals
    ), tuple(masked)


def _addresses(echo: bytes) -> tuple[str, str, str]:
    """Return sequence, receiver and line of a head; empty where it has none."""
    match = _ECHO.match(echo)
    found = match.groups(b"") if match else (b"", b"", b"")
    return decode_text(found[0]), decode_text(found[1]), decode_text(found[2])


def _extended(clear: Clear) -> dict[str, str]:
    """Return extended data by letter; a letter that comes again gets its count behind it."""
    extra: dict[str, str] = {}
    for letter, _, value in clear.extended:
        text = "*" * len(value) if letter == _KEY else decode_text(value)
        count, name = 1, letter
        while name in extra:
            count += 1
            name = f"{letter}{count}"
        extra[name] = text
    return extra


def _read_sia(number: str, token: str, data: bytes) -> Read:
    named, blocks = sia.split(data)
    start = len(data) - sum(len(block) + 1 for block in blocks) + 1
    signals = sia.signals(blocks, number=named or number, token=token, receiver="", line="")
    return signals, sia.passcode_spans(blocks, start)


def _read_contact_id(number: str, token: str, data: bytes) -> Read:
    named, blocks = sia.split(data)
    events = [contact_id.read_event(decode_text(block)) for block in blocks]
    signals = [
        contact_id.signal(event, number=named or number, token=token, receiver="", line="")
        for event in events
        if event is not None
    ]
    return signals, []


def _read_link_test(number: str, token: str, data: bytes) -> Read:
    test = Signal(
        number=number,
        token=token,
        signal_class=SignalClass.TEST,
        code_name="link test",
        text=decode_text(data),
    )
    return [test], []


def _read_answer(number: str, token: str, data: bytes) -> Read:
    answer = Signal(
        number=number,
        token=token,
        signal_class=SignalClass.STATUS,
        code_name="answer of a receiver",
        text=decode_text(data),
    )
    return [answer], []


def _read_nothing(number: str, token: str, data: bytes) -> Read:
    return [], []


_READERS: Mapping[bytes, Callable[[str, str, bytes], Read]] = MappingProxyType(
    {
        b"SIA-DCS": _read_sia,
        b"ADM-CID": _read_contact_id,
        b"NULL": _read_link_test,
        b"XNM": _read_link_test,
    }
    | dict.fromkeys(ANSWERS, _read_answer)
)


def _why(head: Head) -> str:
    token = decode_text(head.token)
    if head.token in _READERS:
        return f"{token}: the data hold no event in the layout of {TOKENS[head.token]}"
    if head.token in TOKENS:
        return f"{token}: {TOKENS[head.token]} is not read by this version"
    return f"the token {token} is not known"
