"""Randomness: the only way to draw it, and a source that tests can foresee."""

import hashlib
import os
from typing import Protocol

__all__ = ["CountedIds", "Ids", "SystemIds"]


class Ids(Protocol):
    """What draws random bytes; the only way to draw them."""

    def salt(self) -> bytes:
        """Return 16 random bytes."""

    def identifier(self) -> str:
        """Return 32 hex digits that name something for good."""

    def bytes(self, count: int) -> bytes:
        """Return ``count`` random bytes."""


class SystemIds:
    """The operating system's randomness."""

    def salt(self) -> bytes:
        """Return 16 random bytes."""
        return os.urandom(16)

    def identifier(self) -> str:
        """Return 32 random hex digits."""
        return os.urandom(16).hex()

    def bytes(self, count: int) -> bytes:
        """Return ``count`` random bytes."""
        return os.urandom(count)


class CountedIds:
    """A foreseeable source for tests: hashes of a counter."""

    def __init__(self, seed: int = 0) -> None:
        self._seed = seed
        self._drawn = 0

    def salt(self) -> bytes:
        """Return the next 16 bytes."""
        return self.bytes(16)

    def identifier(self) -> str:
        """Return the next 32 hex digits."""
        return self.bytes(16).hex()

    def bytes(self, count: int) -> bytes:
        """Return the next ``count`` bytes."""
        drawn = b""
        while len(drawn) < count:
            self._drawn += 1
            drawn += hashlib.sha256(f"{self._seed}:{self._drawn}".encode()).digest()
        return drawn[:count]
