"""Supervision of accounts that poll: who is heard, who is missed, without a line for each poll.

An account says every interval that its path lives.  What it said is one span: first, last, how
often, and the longest silence in it.  A span ends at a miss, when it is a day old, when the
account is supervised no more, or when we stop; a return ends a silence.  Whatever ends is handed
out, to be written.  Time is ``ticks``, which no clock step moves; ``at`` (nanoseconds since 1970)
is for people.

Accounts wait in a wheel of seconds, each in that of its deadline as it was when it got there: to
hear one costs no more than a few additions, and each is looked at once an interval.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

__all__ = ["DAY_NS", "DEAF_NS", "Cause", "Minute", "Polls", "Span", "grace"]

_SECOND = 10**9
DAY_NS = 24 * 3600 * _SECOND

DEAF_NS = 5 * _SECOND
"""Looks are a second apart: after a longer pause it was us who did not listen."""

_FEW_SECONDS = 60
_LEAST_GRACE_NS = 10 * _SECOND
_MOST_GRACE_NS = 300 * _SECOND

Key = tuple[str, str]
"""Receiver group and number."""


class Cause(StrEnum):
    """Why a span ended."""

    MISSED = "missed"
    RETURNED = "returned"
    STOPPED = "stopped"
    DAY = "day"
    UNSUPERVISED = "unsupervised"


@dataclass(frozen=True, slots=True)
class Span:
    """What an account's polls came to.

    ``first`` and ``last`` are nanoseconds since 1970; None: nothing was heard in it.  ``longest``
    is the longest silence, in nanoseconds; of a return it is the silence that ended.  ``silent``
    is for how long the account had not been heard at a miss, as far as we listened, and ``quiet``
    for how long nobody else on its listener.
    """

    number: str
    listener: str
    cause: Cause
    count: int
    first: int | None
    last: int | None
    longest: int
    silent: int = 0
    quiet: int = 0


@dataclass(frozen=True, slots=True)
class Minute:
    """What one listener's accounts came to since the last: polls due and heard, who is silent."""

    listener: str
    due: int
    heard: int
    missing: int


def grace(interval: int) -> int:
    """Return how much later than ``interval`` a poll may come: a quarter, 10 s to 5 min."""
    return min(max(interval // 4, _LEAST_GRACE_NS), _MOST_GRACE_NS)


class _Account:
    """One account's running span; ``heard`` are the ticks of its last sign of life."""

    __slots__ = (
        "began", "count", "first", "gone", "heard", "interval", "last", "listener", "longest",
        "missing", "number",
    )  # fmt: skip

    def __init__(self, number: str, listener: str, interval: int, ticks: int) -> None:
        self.number = number
        self.listener = listener
        self.interval = interval
        self.heard = self.began = ticks
        self.count = self.longest = 0
        self.first: int | None = None
        self.last: int | None = None
        self.missing = self.gone = False

    def again(self, interval: int) -> "_Account":
        """Return the same with another interval; this one is found in the wheel and dropped."""
        self.gone = True
        other = _Account(self.number, self.listener, interval, self.heard)
        other.began, other.count, other.longest = self.began, self.count, self.longest
        other.first, other.last, other.missing = self.first, self.last, self.missing
        return other

    def span(self, cause: Cause, ticks: int) -> Span:
        """Close the running span and begin another."""
        closed = Span(
            self.number, self.listener, cause, self.count, self.first, self.last, self.longest
        )
        self.count = self.longest = 0
        self.first = None
        self.began = ticks
        return closed


class Polls:
    """Every supervised account of a node."""

    def __init__(self) -> None:
        self._accounts: dict[Key, _Account] = {}
        self._wheel: dict[int, list[_Account]] = {}
        self._second: int | None = None
        self._looked: int | None = None
        # Per listener: since when it listens, and what is counted for its minute.
        self._listens: dict[str, int] = {}
        self._due: dict[str, int] = {}
        self._heard: dict[str, int] = {}
        self._missing: dict[str, int] = {}
        # Per listener: when anybody at all was heard.
        self._anybody: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self._accounts)

    def supervise(
        self, intervals: Mapping[Key, int], listeners: Mapping[str, str], ticks: int
    ) -> list[Span]:
        """Supervise these accounts (seconds) and no others; return the spans that end by it.

        ``listeners`` names, for each receiver group that hears panels, the listener an account
        counts for until it is heard on one.
        """
        ended = []
        for key in [key for key in self._accounts if key not in intervals]:
            account = self._accounts.pop(key)
            account.gone = True
            if account.missing:
                self._missing[account.listener] -= 1
            ended.append(account.span(Cause.UNSUPERVISED, ticks))
        for key, seconds in intervals.items():
            account = self._accounts.get(key)  # type: ignore[assignment]
            if account is None and key[0] in listeners:
                account = _Account(key[1], listeners[key[0]], seconds * _SECOND, ticks)
                self._accounts[key] = account
                self._wait(account)
            elif account is not None and account.interval != seconds * _SECOND:
                self._accounts[key] = account.again(seconds * _SECOND)
                if not account.missing:
                    self._wait(self._accounts[key])
        return ended

    def supervises(self, group: str, number: str) -> bool:
        """Tell whether this account is supervised."""
        return (group, number) in self._accounts

    def hear(
        self, key: Key, listener: str, *, at: int, ticks: int, poll: bool
    ) -> tuple[bool, Span | None]:
        """Take a sign of life; return whether the account is supervised, and a silence it ends."""
        self._anybody[listener] = ticks
        account = self._accounts.get(key)
        if account is None:
            return False, None
        silence = ticks - account.heard
        returned = None
        if account.missing:
            account.missing = False
            self._missing[account.listener] -= 1
            returned = Span(
                account.number, listener, Cause.RETURNED, 0, None, account.last, silence
            )
            account.longest, account.began = 0, ticks
        elif account.count and silence > account.longest:
            account.longest = silence
        account.listener, account.heard, account.last = listener, ticks, at
        if returned is not None:
            self._wait(account)
        if poll:
            account.count += 1
            if account.first is None:
                account.first = at
            self._heard[listener] = self._heard.get(listener, 0) + 1
            self._due[listener] = self._due.get(listener, 0) + 1
        return True, returned

    def deaf(self, listener: str, ticks: int) -> None:
        """Say that ``listener`` cannot hear anybody at ``ticks``: nobody is missed for it."""
        self._listens[listener] = ticks

    def look(self, ticks: int) -> list[Span]:
        """Look at all whose time has come; return the spans that end."""
        if self._looked is None or ticks - self._looked > DEAF_NS:
            for account in self._accounts.values():
                self._listens[account.listener] = ticks
        self._looked = ticks
        second = ticks // _SECOND
        before, self._second = self._second, second
        over: Iterable[int] = (
            sorted(at for at in self._wheel if at < second)
            if before is None or second - before > _FEW_SECONDS
            else range(before, second)
        )
        ended: list[Span] = []
        for at in over:
            for account in self._wheel.pop(at, ()):
                span = self._examine(account, ticks)
                if span is not None:
                    ended.append(span)
        return ended

    def stop(self, ticks: int) -> Iterator[Span]:
        """Yield every running span: we stop."""
        for account in self._accounts.values():
            if account.count:
                yield account.span(Cause.STOPPED, ticks)

    def heard(self, listener: str) -> int:
        """Return how many polls the running minute of ``listener`` has."""
        return self._heard.get(listener, 0)

    def minute(self, listener: str) -> Minute | None:
        """Return what was counted for ``listener`` and begin anew; None: nothing at all."""
        minute = Minute(
            listener,
            self._due.pop(listener, 0),
            self._heard.pop(listener, 0),
            self._missing.get(listener, 0),
        )
        return minute if minute.due or minute.missing else None

    def _deadline(self, account: _Account) -> int:
        since = max(account.heard, self._listens.get(account.listener, 0))
        return since + account.interval + grace(account.interval)

    def _wait(self, account: _Account) -> None:
        second = self._deadline(account) // _SECOND
        if self._second is not None:
            second = max(second, self._second)
        self._wheel.setdefault(second, []).append(account)

    def _examine(self, account: _Account, ticks: int) -> Span | None:
        if account.gone or account.missing:
            return None
        if self._deadline(account) <= ticks:
            account.missing = True
            self._missing[account.listener] = self._missing.get(account.listener, 0) + 1
            self._due[account.listener] = self._due.get(account.listener, 0) + 1
            since = self._deadline(account) - account.interval - grace(account.interval)
            quiet = ticks - self._anybody.get(account.listener, account.heard)
            span = account.span(Cause.MISSED, ticks)
            return replace(span, silent=ticks - since, quiet=quiet)
        self._wait(account)
        if ticks - account.began >= DAY_NS and account.count:
            return account.span(Cause.DAY, ticks)
        return None
