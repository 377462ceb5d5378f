"""Invariant: no bytes make a session or a decoder raise, grow without bound, or depend on cuts.

    python -m tests.fuzz.fuzz_codecs [--seconds 10] [--seed N] [target ...]

Runs each target for so many seconds on streams made of broken pieces of the sample frames, cut
anywhere, with options of every kind.  The list of exceptions that are allowed is empty.  Prints the
seed, so that a failure can be run again.  `tests.fuzz.guided` runs the same, led by coverage.
"""

import argparse
import random
import time

from tests.fuzz.targets import PREFIX, TARGETS, samples, sealed

MARKS = [
    b"\n", b"\r", b"\x00", b"\x14", b'"', b"[", b"]", b"|", b"#", b"A", b"|[", b"\x05\x01", b"\x40",
    b"GET ", b"\x16\x03\x01", b"\x80]\x01\x03", b"\n0000a00010101[", b"&", b"'", b"\n" * 5, b"\xff",
]  # fmt: skip


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
            frame = bytearray(sealed(chance.randrange(256), bytes(frame)))
        parts.append(bytes(frame))
    return b"".join(parts)


def prefix(chance: random.Random) -> bytes:
    """Return what chooses options: the defaults half of the time, else any."""
    return (
        bytes(PREFIX - 4) + chance.randbytes(4)
        if chance.random() < 0.5
        else (chance.randbytes(PREFIX))
    )


def fuzz(name: str, *, seconds: float, seed: int) -> int:
    """Try one target for ``seconds``; return how many inputs it had."""
    target, chance, frames, runs = TARGETS[name], random.Random(seed), samples(), 0
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        data = prefix(chance) + stream(chance, frames)
        try:
            target(data)
        except BaseException:
            print(f"{name}: {data.hex()}", flush=True)
            raise
        runs += 1
    return runs


def main() -> None:
    """Run for as long as was asked."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("target", nargs="*", help="one or more; all where none is named")
    parser.add_argument("--seconds", type=float, default=10.0, help="for each target")
    parser.add_argument("--seed", type=int, default=time.time_ns())
    asked = parser.parse_args()
    for name in asked.target or sorted(TARGETS):
        print(f"{name} seed {asked.seed}: ", end="", flush=True)
        runs = fuzz(name, seconds=asked.seconds, seed=asked.seed)
        print(f"{runs} inputs, nothing raised", flush=True)


if __name__ == "__main__":
    main()
