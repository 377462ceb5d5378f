"""How many frames a second one core frames, decodes for their answer, answers, and reads.

    python bench/codecs.py [--frames 20000] [--rounds 5]

Prints one JSON object.  `received` is the path every frame takes before it is submitted;
`answered` adds the answer and the note that it went out; `decoded` is what the worker does with a
stored frame.  Each figure is the best of the rounds, in frames per second of processor time, so
that other programs on the machine count as little as they can.
"""

import argparse
import json
import platform
import time
from collections.abc import Callable
from datetime import UTC, datetime

from receivers.dc09.cipher import encrypt
from receivers.dc09.framing import Style, seal
from receivers.registry import RECEIVERS
from receivers.session import Account, Conversation, Key

NOON = datetime(2025, 6, 15, 12, 0, 0, tzinfo=UTC)
KEY = bytes(range(16))
ACCOUNTS = 500


def plain_frames(count: int) -> list[bytes]:
    """Return SIA-DCS frames of many accounts, each with a number and a time of its own."""
    body = b'"SIA-DCS"%04dL0#%04X[#%04X|Nri1/BA%03d]_12:00:%02d,06-15-2025'
    return [
        seal(
            body % (n % 9999 + 1, 0x1000 + n % ACCOUNTS, 0x1000 + n % ACCOUNTS, n % 1000, n % 60),
            Style.STANDARD,
        )
        for n in range(count)
    ]


def sealed_frames(count: int) -> list[bytes]:
    """Return the same, encrypted with AES-128."""
    clear = b"pppppppppp|#%04X|Nri1/BA%03d]_12:00:00,06-15-2025"
    frames = []
    for n in range(count):
        number = 0x1000 + n % ACCOUNTS
        text = clear % (number, n % 1000)
        text = b"p" * (-len(text) % 16) + text
        head = b'"*SIA-DCS"%04dL0#%04X[' % (n % 9999 + 1, number)
        frames.append(seal(head + encrypt(KEY, text), Style.STANDARD))
    return frames


def contact_id_frames(count: int) -> list[bytes]:
    """Return Sur-Gard frames with Contact ID."""
    return [b"5011 18%04XE130%02d%03d\x14" % (0x1000 + n % ACCOUNTS, n % 99, n % 999)
            for n in range(count)]  # fmt: skip


def measure(count: int, rounds: int, work: Callable[[], None]) -> int:
    """Return the frames per second of the best round."""
    best = 0.0
    for _ in range(rounds):
        began = time.process_time()
        work()
        best = max(best, count / (time.process_time() - began))
    return round(best)


def figures(receiver: str, frames: list[bytes], rounds: int, keys: tuple[Key, ...]) -> object:
    """Return the figures of one receiver and one kind of frame."""
    spec = RECEIVERS[receiver]
    roster = {f"{0x1000 + n:04X}": Account(f"{0x1000 + n:04X}", keys) for n in range(ACCOUNTS)}

    def conversation() -> Conversation:
        return Conversation(roster.get, bytes, {}, {})

    def received() -> None:
        session = spec.open(conversation())
        for raw in frames:
            session.receive(raw, NOON)

    def answered() -> None:
        session = spec.open(conversation())
        for raw in frames:
            for event in session.receive(raw, NOON):
                assert session.answer(event, NOON)
                session.answered(event)

    def decoded() -> None:
        for raw in frames:
            spec.decode(raw, roster.get, {})

    works = {"received": received, "answered": answered, "decoded": decoded}
    return {name: measure(len(frames), rounds, work) for name, work in works.items()}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Measure the codecs on one core.")
    parser.add_argument("--frames", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=5)
    chosen = parser.parse_args()
    count, rounds = chosen.frames, chosen.rounds
    report = {
        "what": "codecs, frames per second of processor time, one core",
        "python": platform.python_version(),
        "frames": count,
        "dc09_plain": figures("dc09", plain_frames(count), rounds, ()),
        "dc09_aes128": figures("dc09", sealed_frames(count // 4), rounds, (Key(KEY),)),
        "surgard": figures("surgard", contact_id_frames(count), rounds, ()),
        "goal": {"dc09_plain.received": 150_000, "dc09_aes128.answered": 10_000},
    }
    print(json.dumps(report, indent=2))


if __name__ == "__main__":
    main()
