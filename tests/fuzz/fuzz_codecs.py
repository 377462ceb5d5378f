"""Invariant: no bytes make a session or a decoder raise, grow without bound, or depend on cuts.

    python tests/fuzz/fuzz_codecs.py [--seconds 10] [--seed N] [receiver ...]

Runs each receiver, in the ways it can be set, for so many seconds on streams made of broken pieces
of the sample frames, cut anywhere.  The list of exceptions that are allowed is empty.  Prints the
seed, so that a failure can be run again.
"""

import argparse
import csv
import random
import time
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

from receivers.checksums import column_parity, crc16, v_byte
from receivers.events import Event, Frame
from receivers.registry import RECEIVERS
from receivers.session import Account, Conversation, Key, Options

VECTORS = Path(__file__).parent.parent / "vectors" / "sample-frames.csv"
NOON = datetime(2025, 6, 15, 12, 0, 0, tzinfo=UTC)
KEYED = Account("1234", (Key(bytes(range(16))),))
MARKS = [
    b"\n", b"\r", b"\x00", b"\x14", b'"', b"[", b"]", b"|", b"#", b"A", b"|[", b"\x05\x01", b"\x40",
    b"GET ", b"\x16\x03\x01", b"\x80]\x01\x03", b"\n0000a00010101[", b"&", b"'", b"\n" * 5,
]  # fmt: skip
MORE = [
    b"|[R|IA1|LB|A123456|V55600|D0514|T1019|N0005|Z1|CA|]K1\r",
    b"\n14 1234 35\r",
    b"501118AAAA113001015",
    b"9011      123412345678\x14",
]
ENOUGH = 16_384
WAYS: dict[str, list[Options]] = {
    "surgard": [
        {"end": "", "account": 4},
        {"end": "0D0A", "header": "DDDDD", "copies": "once"},
        {"header": "RRLLL", "long_accounts": True, "nak": "damaged"},
    ],
    "ademco685": [{"layout": "caps", "poll": 30}, {"answer": "", "long_accounts": True}],
    "d6500": [{"header": "3A", "end": "0D", "nak": "damaged"}],
    "iti": [{"layout": "interface"}],
    "aes7705": [{"mode": "6500"}],
    "galaxy": [{"acknowledge": "each", "form": "00"}],
    "cp220": [{"answer": "06", "end": "0D0A", "time_header": "54"}],
    "raw": [{"end": "", "answer": "echo"}, {"end": "0D0A", "start": "0A", "limit": 32}],
    "dmp": [{"start": "02", "end": "03"}],
}


def samples() -> list[bytes]:
    """Return the frames of every protocol."""
    rows = csv.DictReader(VECTORS.read_text(encoding="utf-8").splitlines())
    return [bytes.fromhex(row["hex_of_frame"]) for row in rows] + MORE


def sealed(chance: random.Random, body: bytes) -> bytes:
    """Return ``body`` with a check value that holds, so that what is behind it is reached."""
    kind = chance.randrange(3)
    if kind == 0:
        return b"&" + body + bytes((v_byte(b"&" + body),)) + b"\r"
    if kind == 1:
        data = chance.choice(b"N#A0?O").to_bytes() + body[:63]
        block = bytes((0x40 | (len(data) - 1),)) + data
        return block + bytes((column_parity(block),))
    text = b'"' + chance.choice([b"SIA-DCS", b"ADM-CID", b"*NULL"]) + b'"0001L0#1234[' + body + b"]"
    return b"\n%04X%04X%b\r" % (crc16(text), len(text), text)


def stream(chance: random.Random, frames: list[bytes]) -> bytes:
    """Return a stream of whole and broken frames, marks and noise."""
    parts = []
    for _ in range(chance.randint(1, 8)):
        frame = bytearray(chance.choice(frames))
        for _ in range(chance.choice([0, 0, 0, 1, 3])):
            frame[chance.randrange(len(frame))] = chance.randrange(256)
        kind = chance.randrange(6)
        if kind == 0:
            frame = frame[: chance.randrange(len(frame) + 1)]
        elif kind == 1:
            frame += chance.choice(MARKS)
        elif kind == 2:
            frame += chance.randbytes(chance.randint(0, 40))
        elif kind == 3:
            frame = bytearray(sealed(chance, bytes(frame)))
        parts.append(bytes(frame))
    return b"".join(parts)


def heard(name: str, options: Options, parts: list[bytes]) -> list[Event]:
    """Return all events of a session that hears ``parts``; nothing is answered between them."""
    spec = RECEIVERS[name]
    session = spec.open(Conversation({"1234": KEYED}.get, bytes, options, {}))
    events = [event for part in parts for event in session.receive(part, NOON)] + session.ended()
    for event in events:
        assert len(session.answer(event, NOON)) <= max(len(event.raw), 64), event
        session.answered(event)
        context = event.context.hex() if isinstance(event, Frame) else ""
        spec.decode(event.raw, {"1234": KEYED}.get, {**options, "context": context})
    assert sum(len(event.raw) for event in events) < ENOUGH
    return events


def fuzz(name: str, options: Options, *, seconds: float, seed: int) -> int:
    """Try one receiver in one way for ``seconds``; return how many streams it heard."""
    chance, frames, runs = random.Random(seed), samples(), 0
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        data = stream(chance, frames)
        places = sorted({0, len(data), *(chance.randrange(len(data) + 1) for _ in range(9))})
        parts = [data[a:b] for a, b in pairwise(places)]
        whole = heard(name, options, [data])
        assert heard(name, options, parts) == whole, (name, options, data, places)
        runs += 1
    return runs


def main() -> None:
    """Run for as long as was asked."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("receiver", nargs="*", help="one or more; all where none is named")
    parser.add_argument("--seconds", type=float, default=10.0, help="for each way of each receiver")
    parser.add_argument("--seed", type=int, default=time.time_ns())
    asked = parser.parse_args()
    for name in asked.receiver or sorted(RECEIVERS):
        for options in [{}, *WAYS.get(name, [])]:
            print(f"{name} {dict(options)} seed {asked.seed}: ", end="", flush=True)
            runs = fuzz(name, options, seconds=asked.seconds, seed=asked.seed)
            print(f"{runs} streams, nothing raised", flush=True)


if __name__ == "__main__":
    main()
