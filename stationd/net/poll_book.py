"""What polls come to in the journal: sums of a listener, and spans of an account.

A bare link test of a supervised account has no entry of its own.  It is acknowledged on a standing
receipt: that the journal took an entry within the last seconds.  While polls come and nothing else
does, the sum of what was heard is written early, which renews it.
"""

from collections.abc import Callable, Iterable, Mapping

from archive.canonical import JsonValue, encode
from receivers.session import Account
from stationd.clock import Clock, from_ns, iso
from stationd.ids import Ids
from stationd.journal.model import BodyWriter, Kind
from stationd.net.diary import Diary
from stationd.supervision.polls import Key, Polls, Span

__all__ = ["STANDS_NS", "PollBook"]

STANDS_NS = 10 * 10**9
"""How old a commit may be that a poll is acknowledged on."""

_RENEW_NS = 8 * 10**9
_MINUTE_SECONDS = 60


class PollBook:
    """The polls of a node.  ``committed`` gives the ticks of the last commit; None: it failed."""

    def __init__(
        self,
        *,
        diary: Diary,
        clock: Clock,
        ids: Ids,
        committed: Callable[[], int | None],
    ) -> None:
        self._diary = diary
        self._clock = clock
        self._ids = ids
        self._committed = committed
        self._polls = Polls()
        self._listeners: dict[str, str] = {}
        self._since: dict[str, int] = {}
        self._heard: int | None = None
        self._seconds = 0

    def __len__(self) -> int:
        return len(self._polls)

    def serve(self, group: str, listener: str) -> None:
        """Take note that panels of ``group`` are heard on ``listener``."""
        self._listeners.setdefault(group, listener)
        self._since[listener] = self._clock.now_ns()

    def supervise(self, accounts: Mapping[Key, Account]) -> None:
        """Supervise the accounts of a new roster that have an interval."""
        intervals = {
            key: account.poll_interval for key, account in accounts.items() if account.poll_interval
        }
        self._write(self._polls.supervise(intervals, self._listeners, self._clock.ticks()))

    def supervises(self, group: str, number: str) -> bool:
        """Tell whether this account is supervised."""
        return self._polls.supervises(group, number)

    def stands(self) -> bool:
        """Tell whether there is a standing receipt: the last commit succeeded, and just now."""
        at = self._committed()
        return at is not None and self._clock.ticks() - at < STANDS_NS

    def hear(self, key: Key, listener: str, at: int, *, poll: bool) -> bool:
        """Take a sign of life of an account; tell whether it is supervised."""
        ticks = self._clock.ticks()
        supervised, returned = self._polls.hear(key, listener, at=at, ticks=ticks, poll=poll)
        if supervised and poll:
            self._heard = ticks
            self._since.setdefault(listener, at)
        if returned is not None:
            self._write([returned])
        return supervised

    def look(self, deaf: Iterable[str]) -> None:
        """Do what is due each second; the listeners in ``deaf`` hear nobody now."""
        ticks = self._clock.ticks()
        for listener in deaf:
            self._polls.deaf(listener, ticks)
        self._write(self._polls.look(ticks))
        self._seconds += 1
        at = self._committed()
        polled = self._heard is not None and ticks - self._heard < STANDS_NS
        lapses = polled and at is not None and ticks - at >= _RENEW_NS
        if lapses or self._seconds >= _MINUTE_SECONDS:
            self._sum_up()

    def finish(self) -> None:
        """Write every sum and every running span: we stop."""
        self._sum_up()
        self._write(self._polls.stop(self._clock.ticks()))

    def early(self, listener: str) -> bytes:
        """Return the note of a sum that is written now, so that a poll has a receipt."""
        return self._sum(listener) or b'{"due":0,"heard":0,"missing":0}'

    def _sum_up(self) -> None:
        self._seconds = 0
        for listener in self._since:
            note = self._sum(listener)
            if note is not None:
                self._keep(listener, [note])

    def _sum(self, listener: str) -> bytes | None:
        since, self._since[listener] = self._since.get(listener, 0), self._clock.now_ns()
        minute = self._polls.minute(listener)
        if minute is None:
            return None
        note: dict[str, JsonValue] = {
            "due": minute.due,
            "heard": minute.heard,
            "missing": minute.missing,
            "since": iso(from_ns(since)),
        }
        return encode(note)

    def _write(self, spans: Iterable[Span]) -> None:
        by_listener: dict[str, list[bytes]] = {}
        for span in spans:
            by_listener.setdefault(span.listener, []).append(_note(span))
        for listener, notes in by_listener.items():
            self._keep(listener, notes)

    def _keep(self, listener: str, notes: Iterable[bytes]) -> None:
        writer = BodyWriter(listener=listener, peer="")
        now, ticks = self._clock.now_ns(), self._clock.ticks()
        self._diary.keep(
            [writer.write(Kind.POLLS, now, ticks, b"", note, self._ids.salt()) for note in notes],
            whole=True,
        )


def _note(span: Span) -> bytes:
    note: dict[str, JsonValue] = {
        "cause": span.cause.value,
        "count": span.count,
        "first": None if span.first is None else iso(from_ns(span.first)),
        "last": None if span.last is None else iso(from_ns(span.last)),
        "longest_ms": span.longest // 1_000_000,
        "number": span.number,
    }
    if span.silent:
        note["others_ms"] = span.quiet // 1_000_000
        note["silent_ms"] = span.silent // 1_000_000
    return encode(note)
