"""What is fuzzed: one target per codec, one per decoder; no exception of any kind is allowed.

A target takes bytes.  The first of them choose the receiver's options, what the rest is put into (a
frame whose check value holds, or nothing) and where the stream is cut; so every combination of
options and all that stands behind a check is reached.  The rest is what is heard.
"""

import csv
import random
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

from receivers.checksums import column_parity, v_byte
from receivers.d6500_sia.framing import Form
from receivers.d6500_sia.framing import seal as sia_mode
from receivers.dc09 import framing as dc09
from receivers.dc09.cipher import encrypt
from receivers.events import Event, Frame, Garbled, Heartbeat
from receivers.registry import RECEIVERS
from receivers.session import Account, Conversation, Key, Option, Options, ReceiverSpec
from receivers.signals import Decoded, Undecoded

__all__ = [
    "KEYED",
    "NOON",
    "PREFIX",
    "TARGETS",
    "Target",
    "choices",
    "chosen",
    "codec",
    "decoder",
    "heard",
    "samples",
    "sealed",
]

Target = Callable[[bytes], None]

NOON = datetime(2025, 6, 15, 12, 0, 0, tzinfo=UTC)
KEYED = Account("1234", (Key(bytes(range(16))),))
PREFIX = 16
"""How many bytes of an input choose options, seal and cuts."""

_SEAL = PREFIX - 4  # the byte that chooses the seal; behind it stand those of the cuts

_VECTORS = Path(__file__).parent.parent / "vectors" / "sample-frames.csv"
_WORDS = (
    "", "00", "02", "03", "04", "06", "0A", "0D", "14", "15", "20", "3A", "41", "54", "0D0A",
    "030D", "41434B0D0A", "2241434B22", "40", "echo", "P=test A=medical",
    "3=alarm 9=test CL=closing",
)  # fmt: skip
MORE = (
    b"|[R|IA1|LB|A123456|V55600|D0514|T1019|N0005|Z1|CA|]K1\r",
    b"\n14 1234 35\r",
    b"501118AAAA113001015",
    b"9011      123412345678\x14",
    b"12:01 06/15/25 11 1234 E130\r",
    b"12:01 06/15 11 [#1234|NBA5]\r",
)
_ENOUGH = 32_768
_MOST_ANSWER = 4200


def sealed(kind: int, body: bytes) -> bytes:
    """Return ``body`` within a frame whose check value holds; as it is for half of all kinds."""
    seal = _SEALS[kind // 2 % len(_SEALS)] if kind % 2 else None
    return seal(body) if seal else body


def _packet(body: bytes) -> bytes:
    """Return a packet of the 8000 or the SK9000."""
    return body + bytes((v_byte(body),)) + b"\r"


def _block(body: bytes) -> bytes:
    """Return a block of DC-03."""
    data = body[:64] or b"N"
    block = bytes((0x40 | (len(data) - 1),)) + data
    return block + bytes((column_parity(block),))


def _dc09(body: bytes) -> bytes:
    return dc09.seal(body.replace(b"\r", b""), dc09.Style.STANDARD)


def _encrypted(body: bytes) -> bytes:
    clear = body.replace(b"\r", b"") + b"]_12:00:00,06-15-2025"
    clear = b"p" * (-len(clear) % 16) + clear
    return _dc09(b'"*SIA-DCS"0001L0#1234[' + encrypt(KEYED.keys[0].secret, clear))


_SEALS: Sequence[Callable[[bytes], bytes]] = (
    lambda body: _dc09(b'"' + body),
    lambda body: _dc09(b'"SIA-DCS"0001L0#1234[#1234|' + body),
    lambda body: _dc09(b'"ADM-CID"0001L0#1234[#1234|' + body),
    _encrypted,
    lambda body: _packet(b'&061525"120000"01"0001"00401\x05' + body),
    lambda body: _packet(b'\'062794"0345"51\x05' + body),
    _packet,
    _block,
    lambda body: sia_mode(b"\t00010101[" + body.replace(b"\r", b"") + b"]", Form(digits=True)),
)


def samples() -> list[bytes]:
    """Return the frames of every protocol."""
    rows = csv.DictReader(_VECTORS.read_text(encoding="utf-8").splitlines())
    return [bytes.fromhex(row["hex_of_frame"]) for row in rows] + list(MORE)


def choices(option: Option) -> Sequence[str | int | bool]:
    """Return values that ``option`` may have, its default first."""
    default = option.default
    if option.choices:
        others: list[str | int | bool] = list(option.choices)
    elif isinstance(default, bool):
        others = [not default]
    elif isinstance(default, int):
        least, most = option.least or 0, option.most or default
        others = [least, (least + most) // 2, most]
    else:
        others = [word for word in _WORDS if re.fullmatch(option.pattern, word)]
    return [default, *(other for other in others if other != default)]


def chosen(known: Mapping[str, Option], numbers: bytes) -> dict[str, str | int | bool]:
    """Return options as ``numbers`` choose them; where these end, the rest are defaults."""
    pairs = zip(sorted(known), numbers, strict=False)
    return {name: choices(known[name])[n % len(choices(known[name]))] for name, n in pairs}


def heard(spec: ReceiverSpec, options: Options, parts: Sequence[bytes]) -> list[Event]:
    """Return all events of a session that hears ``parts``; nothing is answered between them."""
    conversation = Conversation({"1234": KEYED}.get, bytes, options, {})
    session = spec.open(conversation)
    events = [event for part in parts for event in session.receive(part, NOON)] + session.ended()
    for event in events:
        assert isinstance(event, Frame | Heartbeat | Garbled), event
        assert len(session.answer(event, NOON)) <= max(len(event.raw), _MOST_ANSWER), event
        session.answered(event)
        context = event.context.hex() if isinstance(event, Frame) else ""
        read(spec, event.raw, {**options, "context": context})
    assert sum(len(event.raw) for event in events) <= max(_ENOUGH, sum(map(len, parts)))
    return events


def read(spec: ReceiverSpec, raw: bytes, options: Options) -> None:
    """Decode ``raw``, and hold the decoder to what it promises."""
    meaning = spec.decode(raw, {"1234": KEYED}.get, options)
    if isinstance(meaning, Undecoded):
        assert meaning.reason
        return
    assert isinstance(meaning, Decoded)
    assert meaning.signals
    assert meaning.table
    where = meaning.plain or raw
    assert all(0 <= start < end <= len(where) for start, end, _ in meaning.masked), meaning


def sealed_input(data: bytes) -> bytes:
    """Return what an input lets be heard: all behind its first bytes, within what these choose."""
    return sealed(data[_SEAL] if len(data) > _SEAL else 0, data[PREFIX:])


def codec(name: str) -> Target:
    """Return the target of a receiver's framing, session and answers."""
    spec = RECEIVERS[name]

    def target(data: bytes) -> None:
        head, stream = data[:PREFIX].ljust(PREFIX, b"\0"), sealed_input(data)
        options = chosen(spec.options, head)
        chance = random.Random(head[-4:])
        places = sorted({0, len(stream), *(chance.randrange(len(stream) + 1) for _ in range(6))})
        parts = [stream[a:b] for a, b in pairwise(places)]
        whole = heard(spec, options, [stream])
        assert heard(spec, options, parts) == whole, (name, options, stream, places)

    return target


def decoder(name: str) -> Target:
    """Return the target of a receiver's decoder, which is given any bytes for a frame."""
    spec = RECEIVERS[name]

    def target(data: bytes) -> None:
        options, raw = chosen(spec.options, data[:PREFIX]), sealed_input(data)
        read(spec, raw, options)
        context, _, raw = raw.partition(b"\xff")
        read(spec, raw, {**options, "context": context.hex()})

    return target


TARGETS: Mapping[str, Target] = {
    f"{kind}-{name}": make(name)
    for name in sorted(RECEIVERS)
    for kind, make in (("codec", codec), ("decoder", decoder))
}
"""Every target, by name."""
