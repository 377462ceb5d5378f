"""A noisy line: what becomes of the frames that are sent over it.

The same seed makes the same noise.  A byte that a line damages arrives as NUL, as it does where
the far end checks parity, so that no damaged frame passes for a good one that has no check value.
"""

import random
from dataclasses import dataclass

__all__ = ["Noise", "Piece"]

# What a parity check leaves of a burst: bytes that pass by chance, and NULs for the others.
_BURSTS = (b"\xfe\x00\xf8", b"\x00\x00", b"~\x7f\x00\xff", b"\x80\x00\xc0\x00\xf0")


@dataclass(frozen=True, slots=True)
class Piece:
    """What goes out now, and what follows later; what is sent meanwhile comes behind it."""

    now: bytes
    later: bytes = b""


class Noise:
    """Spoils frames; the figures are shares of them.

    ``damaged``: a byte is wrong; ``cut``: the rest comes later; ``held``: all of it comes later,
    joined with what is sent next; ``before``: a burst of noise, ended by ``end``, goes ahead;
    ``broken``: half of the frame was sent before it once, and never ended.
    """

    def __init__(  # noqa: PLR0913  (a line has this many ways to be bad)
        self,
        seed: int,
        *,
        end: bytes,
        damaged: float = 0.03,
        cut: float = 0.2,
        held: float = 0.2,
        before: float = 0.1,
        broken: float = 0.02,
    ) -> None:
        self._draw = random.Random(seed)  # noqa: S311  (noise, not a secret)
        self._end = end
        self._damaged = damaged
        self._cut = cut
        self._held = held
        self._before = before
        self._broken = broken

    def on_stream(self, frame: bytes) -> Piece:
        """Return what a stream carries of ``frame``, and when."""
        raw = self.on_datagram(frame)
        fate = self._draw.random()
        if fate < self._held:
            return Piece(b"", raw)
        if fate < self._held + self._cut:
            place = self._draw.randrange(1, len(raw))
            return Piece(raw[:place], raw[place:])
        return Piece(raw)

    def on_datagram(self, frame: bytes) -> bytes:
        """Return what is left of ``frame``, with what goes ahead of it."""
        draw = self._draw
        raw = frame
        if draw.random() < self._damaged:
            place = draw.randrange(len(frame))
            raw = frame[:place] + b"\x00" + frame[place + 1 :]
        if draw.random() < self._broken:
            raw = frame[: len(frame) // 2] + b"\x00" + raw
        if draw.random() < self._before:
            raw = draw.choice(_BURSTS) + self._end + raw
        return raw
