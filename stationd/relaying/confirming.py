"""How far the copies of a relay are done with: what may be forgotten there.

A copy is done with once everything that was made of it is committed, and no frame that is not
whole yet needs its bytes: after a restart the relay hands over what is not done with, and such a
frame is then read from its beginning.
"""

import itertools
from collections import deque

__all__ = ["Confirming", "reads_whole"]

_BETWEEN_FRAMES = b"\r\n\0 "


class Confirming:
    """Numbers of copies: taken, in the hands of the committer, needed by unfinished frames."""

    __slots__ = ("_flying", "_needed", "_taken", "_told")

    def __init__(self) -> None:
        self._taken = 0
        self._told = 0
        self._flying: deque[int] = deque()
        self._needed: dict[int, int] = {}

    def take(self, number: int) -> None:
        """Take note of a copy."""
        self._taken = max(self._taken, number)

    def needs(self, conversation: int, number: int) -> None:
        """Say that an unfinished frame of ``conversation`` begins in copy ``number`` or later."""
        self._needed[conversation] = number

    def first_needed(self, conversation: int) -> int:
        """Return the first copy that an unfinished frame needs; 0: there is none."""
        return self._needed.get(conversation, 0)

    def needs_nothing(self, conversation: int) -> None:
        """Say that nothing of ``conversation`` is unfinished."""
        self._needed.pop(conversation, None)

    def oldest(self, number: int) -> int:
        """Return the first copy that something unfinished needs, or ``number``."""
        return min([number, *self._needed.values()])

    def fly(self, first: int) -> None:
        """Say that what was made of copies from ``first`` on was submitted."""
        if self._flying and self._flying[-1] > first:
            # What a silence cut off is submitted late: nothing from there on is done with before.
            self._flying = deque(min(number, first) for number in self._flying)
        self._flying.append(first)

    def land(self) -> None:
        """Say that the oldest submission is committed."""
        self._flying.popleft()

    def done(self) -> int | None:
        """Return the number up to which copies are done with, where it has grown."""
        still = [*self._needed.values(), *itertools.islice(self._flying, 1)]
        number = min(still) - 1 if still else self._taken
        if number <= self._told:
            return None
        self._told = number
        return number


def reads_whole(data: bytes, last: bytes) -> bool:
    """Tell whether ``data`` ends where the event whose bytes are ``last`` ends.

    What only parts frames is not the beginning of one.
    """
    data, last = data.rstrip(_BETWEEN_FRAMES), last.rstrip(_BETWEEN_FRAMES)
    return data.endswith(last) or last.endswith(data)
