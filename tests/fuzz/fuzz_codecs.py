"""Invariant: no bytes make a session or a decoder raise, grow without bound, or depend on cuts.

    python tests/fuzz/fuzz_codecs.py [seconds] [seed]

Runs each receiver on streams made of broken pieces of the sample frames, cut anywhere.  The list
of exceptions that are allowed is empty.  Prints the seed, so that a failure can be run again.
"""

import csv
import random
import sys
import time
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

from receivers.events import Event
from receivers.registry import RECEIVERS
from receivers.session import Account, Conversation, Key

VECTORS = Path(__file__).parent.parent / "vectors" / "sample-frames.csv"
NOON = datetime(2025, 6, 15, 12, 0, 0, tzinfo=UTC)
KEYED = Account("1234", (Key(bytes(range(16))),))
MARKS = [b"\n", b"\r", b"\x00", b"\x14", b'"', b"[", b"]", b"|", b"#", b"GET ", b"\x16\x03\x01"]
ENOUGH = 16_384


def samples() -> list[bytes]:
    """Return the frames of every protocol."""
    rows = csv.DictReader(VECTORS.read_text(encoding="utf-8").splitlines())
    return [bytes.fromhex(row["hex_of_frame"]) for row in rows]


def stream(chance: random.Random, frames: list[bytes]) -> bytes:
    """Return a stream of whole and broken frames, marks and noise."""
    parts = []
    for _ in range(chance.randint(1, 8)):
        frame = bytearray(chance.choice(frames))
        for _ in range(chance.choice([0, 0, 0, 1, 3])):
            frame[chance.randrange(len(frame))] = chance.randrange(256)
        kind = chance.randrange(5)
        if kind == 0:
            frame = frame[: chance.randrange(len(frame) + 1)]
        elif kind == 1:
            frame += chance.choice(MARKS)
        elif kind == 2:
            frame += chance.randbytes(chance.randint(0, 40))
        parts.append(bytes(frame))
    return b"".join(parts)


def heard(name: str, parts: list[bytes]) -> list[Event]:
    """Return all events of a session that hears ``parts``; nothing is answered between them."""
    spec = RECEIVERS[name]
    session = spec.open(Conversation({"1234": KEYED}.get, bytes, {}, {}))
    events = [event for part in parts for event in session.receive(part, NOON)] + session.ended()
    for event in events:
        assert len(session.answer(event, NOON)) < ENOUGH
        session.answered(event)
        spec.decode(event.raw, {"1234": KEYED}.get, {})
    return events


def main() -> None:
    """Run for as long as was asked."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 10.0
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else time.time_ns()
    print(f"seed {seed}", flush=True)
    chance, frames, runs = random.Random(seed), samples(), 0
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        data = stream(chance, frames)
        places = sorted({0, len(data), *(chance.randrange(len(data) + 1) for _ in range(9))})
        parts = [data[a:b] for a, b in pairwise(places)]
        for name in RECEIVERS:
            assert heard(name, parts) == heard(name, [data]), (name, data, places)
        runs += 1
    print(f"{runs} streams, nothing raised")


if __name__ == "__main__":
    main()
