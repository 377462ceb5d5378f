"""A time-stamp authority in the test's own process, which stamps by the clock of the test."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256
from itertools import count

from archive.authorities.trial import TrialAuthority
from archive.errors import AuthorityUnavailableError
from archive.timestamps import request
from stationd.clock import Clock


@dataclass
class Shelf:
    """An authority that stamps by our clock, moved by ``ahead``; away while ``away``."""

    trial: TrialAuthority
    clock: Clock
    name: str = "trial"
    ahead: timedelta = timedelta()
    away: bool = False
    asked: int = 0
    serials: Iterator[int] = field(default_factory=lambda: count(1))

    @property
    def trust_pem(self) -> bytes:
        return self.trial.trust_pem

    def stamp(self, data: bytes) -> bytes:
        return self.stamp_hash(sha256(data).digest())

    def stamp_hash(self, digest: bytes) -> bytes:
        self.asked += 1
        if self.away:
            raise AuthorityUnavailableError(f"{self.name}: away")
        query = request(digest, nonce=next(self.serials) + 2**40)
        now = (self.clock.now() + self.ahead).replace(microsecond=0)
        return self.trial.reply(query, now=now, serial=next(self.serials))
