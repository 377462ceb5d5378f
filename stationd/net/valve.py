"""What stops a transport from reading while something has more than it can take."""

from collections.abc import Callable

__all__ = ["Valve"]


class Valve:
    """Reading goes on only while nobody has a reason against it.

    It knows how to pause and to resume and nothing else, so a tap may hold one.
    """

    __slots__ = ("_pause", "_reasons", "_resume")

    def __init__(self, *, pause: Callable[[], None], resume: Callable[[], None]) -> None:
        self._pause = pause
        self._resume = resume
        self._reasons: set[str] = set()

    @property
    def closed(self) -> bool:
        """Whether reading is paused."""
        return bool(self._reasons)

    def close(self, reason: str) -> None:
        """Stop reading for ``reason``."""
        if not self._reasons:
            self._pause()
        self._reasons.add(reason)

    def open(self, reason: str) -> None:
        """Let ``reason`` go; reading resumes with the last one."""
        if reason in self._reasons:
            self._reasons.discard(reason)
            if not self._reasons:
                self._resume()
