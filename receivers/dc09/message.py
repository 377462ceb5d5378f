"""DC-09: a frame's fields, and what they say.

`read_head` is what an answer depends on; `decode` reads the rest, later and as often as newer
tables ask for it.
"""

import re
from collections.abc import Callable, Iterable, Mapping
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
_OCCURRENCE = "H"  # extended data that say when it happened, in UTC
# Extended data that carries an encryption key.  It is looked for everywhere, also where the data
# should stand, and needs no end: what is not laid out as it should be is a secret all the same.
_KEY = re.compile(rb"(?:\[\$?[Kk]|(?:^|\|)[Kk](?=[0-9A-Fa-f]{32}))([^\]]*)")

_HEAD = re.compile(
    rb'"(\*?)([^"]{1,16})"'
    rb"([0-9A-Fa-f]{1,8}(?:[Rr][0-9A-Fa-f]*)?(?:[Ll][0-9A-Fa-f]*)?(?:#([^\[\]|#]*))?)\["
)
_ECHO = re.compile(rb"([0-9A-Fa-f]+)(?:[Rr]([0-9A-Fa-f]*))?(?:[Ll]([0-9A-Fa-f]*))?")
_DATA_NUMBER = re.compile(rb"#?([^|\[\]]*)\|")
_STAMP = rb"[0-9]{2}:[0-9]{2}:[0-9]{2},[0-9]{2}-[0-9]{2}-[0-9]{4}"
# Some encrypt with a padding of their library's own, which stands behind the time.
_TIME = re.compile(rb"_(" + _STAMP + rb")[\x01-\x10]*\Z")
_EXTENDED = re.compile(rb"\[(\$?[^\]]?)([^\]]*)\]")
_OCCURRED = re.compile(_STAMP.decode("ascii"))


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
    # Spaces around a number say nothing, and must not hide whose key a frame has to have.
    return Head(star, token, echo, number and number.strip(b" "), match.end())


def data_number(data: bytes) -> bytes:
    """Return the account that the data names; empty where it names none."""
    match = _DATA_NUMBER.match(data)
    return match[1].strip(b" ") if match else b""


def clear_text(text: bytes, *, padded: bool) -> Clear:
    """Take clear text apart.  ``whole``: it ends the way clear text has to.

    The pad ought to hold neither bar nor bracket.  With a bar it ends there, at the one before the
    account where there are several; without one, at the bracket that closes the empty data.
    """
    close = text.find(b"]")
    if close < 0:
        return Clear(text, (), "", 0, whole=False)
    time = _TIME.search(text, close)
    end = time.start() if time else len(text)
    start = 0
    if padded:
        start, close = _behind_pad(text, close, end)
    extended = tuple(
        (decode_text(block[1]), block.start(2), block[2])
        for block in _EXTENDED.finditer(text, close + 1, end)
        if block[1]
    )
    whole = time is not None and text[end - 1 : end] == b"]"
    stamp = time[1].decode("ascii") if time else ""
    return Clear(text[start:close], extended, stamp, start, whole=whole)


def _behind_pad(text: bytes, close: int, end: int) -> tuple[int, int]:
    """Return where the data begin and end; ``close`` is the first closing bracket."""
    account = text.find(b"|#")
    if not 0 <= account < close:
        # That bracket may be the pad's own: one behind the account, or before the time, is meant.
        other = text.find(b"]", account, end) if account >= 0 else -1
        last = _last_close(text, end)
        close = max(close, last if last == close or other < 0 else other)
    bar = text.find(b"|#", 0, close)
    bar = bar if bar >= 0 else text.find(b"|", 0, close)
    return (bar + 1 if bar >= 0 else close), close


def _last_close(text: bytes, end: int) -> int:
    """Return the first bracket behind which nothing but extended data stand before ``end``."""
    if text[end - 1 : end] != b"]":
        return -1
    while (begin := text.rfind(b"][", 0, end)) >= 0 and b"]" not in text[begin + 2 : end - 1]:
        end = begin + 1
    return end - 1


def decode(raw: bytes, accounts: Accounts, options: Options) -> Decoded | Undecoded:
    """Read one stored frame; never raises, whatever the bytes."""
    piece = envelope(raw)
    body = piece.body if isinstance(piece, Envelope) else b""
    head = read_head(body)
    if head is None:
        return Undecoded("no DC-09 frame with a good CRC and length")
    number = decode_text(head.number or b"")
    text, offset, plain, key = body[head.start :], len(raw) - 1 - len(body) + head.start, b"", ""
    if head.star:
        text, key = _open(text, accounts(number), accounts(""))
        if not text:
            return Undecoded("encrypted, and no key of this account opens it", number)
        offset, plain = 0, text
    masked = [(it.start(1), it.end(1), "code") for it in _KEY.finditer(text) if it[1]]
    clear = clear_text(_without(text, masked), padded=bool(head.star))
    signals, passcodes = _signals(head, clear)
    if not signals:
        return Undecoded(_why(head), number)
    masked += [(clear.start + start, clear.start + end, kind) for start, end, kind in passcodes]
    spans = tuple((offset + start, offset + end, kind) for start, end, kind in masked)
    return Decoded(signals=signals, plain=plain, masked=spans, table=TABLE, key=key, sender=number)


def _open(text: bytes, *accounts: Account | None) -> tuple[bytes, str]:
    """Return the clear form of ``text`` under any key that there is or was, and the key's name."""
    lenient: tuple[bytes, str] = b"", ""
    for account in accounts:
        for key in account.keys if account else ():
            plain = decrypt(key.secret, text)
            if plain is None:
                continue
            if clear_text(plain, padded=True).whole:
                return plain, key.name
            if account and "time_missing" in account.switches and plain.endswith(b"]"):
                lenient = lenient if lenient[0] else (plain, key.name)
    return lenient


def _without(text: bytes, spans: Iterable[tuple[int, int, str]]) -> bytes:
    """Return ``text`` with asterisks in ``spans``: no reader may see what stands there."""
    hidden = bytearray(text)
    for start, end, _ in spans:
        hidden[start:end] = b"*" * (end - start)
    return bytes(hidden)


def _signals(head: Head, clear: Clear) -> tuple[tuple[Signal, ...], list[tuple[int, int, str]]]:
    """Return the signals, and the spans to mask in the data of ``clear``."""
    number = decode_text(head.number or b"")
    read = _READERS.get(head.token, _read_nothing)
    signals, passcodes = read(number, decode_text(head.token), clear.data)
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
            text=signal.text or extra.get("I", ""),
            panel_time=signal.panel_time or _occurred(extra),
            extra={**signal.extra, **extra},
        )
        for signal in signals
    ), passcodes


def _occurred(extra: Mapping[str, str]) -> str:
    """Return when the panel says it happened; empty where it does not in the form for it."""
    said = extra.get(_OCCURRENCE, "")
    return said if _OCCURRED.fullmatch(said) else ""


def _addresses(echo: bytes) -> tuple[str, str, str]:
    """Return sequence, receiver and line of a head; empty where it has none."""
    match = _ECHO.match(echo)
    found = match.groups(b"") if match else (b"", b"", b"")
    return decode_text(found[0]), decode_text(found[1]), decode_text(found[2])


def _extended(clear: Clear) -> dict[str, str]:
    """Return extended data by letter; a letter that comes again gets its count behind it."""
    extra: dict[str, str] = {}
    for letter, _, value in clear.extended:
        count, name = 1, letter
        while name in extra:
            count += 1
            name = f"{letter}{count}"
        extra[name] = decode_text(value)
    return extra


def _read_sia(number: str, token: str, data: bytes) -> Read:
    named, blocks = sia.split(data)
    start = len(data) - sum(len(block) + 1 for block in blocks) + 1
    signals = sia.signals(blocks, number=named or number, token=token, receiver="", line="")
    return signals, sia.passcode_spans(blocks, start)


def _read_contact_id(number: str, token: str, data: bytes) -> Read:
    named, blocks = sia.split(data)
    read = {block: contact_id.read_any(decode_text(block)) for block in blocks}
    events = [read[block] for block in blocks]
    signals = [
        contact_id.signal(event, number=named or number, token=token, receiver="", line="")
        for event in events
        if event is not None
    ]
    unread = [block for block in blocks if read[block] is None]
    return sia.with_blocks(signals, unread), []


def _read_link_test(number: str, token: str, data: bytes) -> Read:
    test = Signal(
        number=number,
        token=token,
        # Without an account it is a receiver's (DC-07), and of its line.
        signal_class=SignalClass.TEST if number else SignalClass.SELF,
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
