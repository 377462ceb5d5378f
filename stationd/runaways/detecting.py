"""When an account runs away, and when it is over: signal by signal, whatever the batches.

What came before a batch comes in from rows: the runs that go on, and the times of the last signals
of the accounts that could run away within it.  Of others nothing is kept.
"""

from bisect import insort
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from archive.canonical import JsonValue
from stationd.clock import from_ns, iso, parse_iso, to_ns
from stationd.ledger.model import Origin, RecordDraft, RecordType
from stationd.runaways.model import Policy, Run

__all__ = ["Runaways", "nobody_runs_away"]

_SECOND = 10**9


class Runaways:
    """The runs of some accounts; ``recent`` are the times of their signals, oldest first.

    An account that ``recent`` does not name cannot run away here.  ``closed`` are accounts whose
    record is closed: that a run of theirs is over must not open another epoch.
    """

    def __init__(
        self,
        policy: Policy,
        *,
        runs: Iterable[Run],
        recent: Mapping[str, Iterable[str]],
        closed: Collection[str] = (),
    ) -> None:
        self._policy = policy
        self._open = {run.acct: run for run in runs}
        self._recent = {acct: sorted(times) for acct, times in recent.items()}
        self._closed = set(closed)
        self._changed: dict[tuple[str, str], Run] = {}
        self._deadlines = {acct: _deadline(run) for acct, run in self._open.items()}
        self._next = min(self._deadlines.values(), default="")

    def over(self, rx: str) -> list[RecordDraft]:
        """Return the records of the runs that are over by ``rx``."""
        if not self._next or rx <= self._next:
            return []
        drafts = []
        for acct in sorted(acct for acct, at in self._deadlines.items() if at < rx):
            run = replace(self._open.pop(acct), ended_at=self._deadlines.pop(acct))
            self._changed[acct, run.began_at] = run
            # What was folded does not count for another run.
            if acct in self._recent:
                self._recent[acct].clear()
            if acct not in self._closed:
                drafts.append(_ended(run))
        self._next = min(self._deadlines.values(), default="")
        return drafts

    def signal(self, acct: str, rx: str) -> list[RecordDraft]:
        """Take a signal of ``acct``; return the record of the run that begins with it, if any."""
        run = self._open.get(acct)
        if run is not None:
            self._closed.discard(acct)
            self._note(replace(run, count=run.count + 1, last_at=max(run.last_at, rx)))
            return []
        times = self._recent.get(acct)
        if times is None:
            return []
        insort(times, rx)
        window = _before(rx, self._policy.within)
        while times[0] < window:
            del times[0]
        if len(times) <= self._policy.most:
            return []
        begun = Run(
            acct=acct,
            began_at=times[0],
            last_at=times[-1],
            ended_at=None,
            count=len(times),
            most=self._policy.most,
            within=self._policy.within,
            quiet=self._policy.quiet,
        )
        self._note(begun)
        return [_began(begun, rx)]

    def folds(self, acct: str) -> bool:
        """Tell whether signals of ``acct`` are folded just now."""
        return acct in self._open

    def runs(self) -> list[Run]:
        """Return the runs that began, went on or ended."""
        return list(self._changed.values())

    def _note(self, run: Run) -> None:
        self._open[run.acct] = run
        self._changed[run.acct, run.began_at] = run
        at = self._deadlines[run.acct] = _deadline(run)
        # Another run's may be later by now; `over` finds out when it is time.
        self._next = min(self._next, at) if self._next else at


def nobody_runs_away() -> Runaways:
    """Return what finds no runaway: for entries that are read a second time."""
    return Runaways(Policy(0, 0, 0), runs=(), recent={})


def _deadline(run: Run) -> str:
    return _later(run.last_at, run.quiet)


def _later(text: str, seconds: int) -> str:
    return iso(from_ns(to_ns(parse_iso(text)) + seconds * _SECOND))


def _before(text: str, seconds: int) -> str:
    return _later(text, -seconds)


def _began(run: Run, rx: str) -> RecordDraft:
    """Return the record that says when it was noticed, of how many signals since when."""
    return _record(
        run,
        {
            "count": run.count,
            "kind": "runaway_began",
            "policy": {"most": run.most, "quiet_s": run.quiet, "within_s": run.within},
            "rx": rx,
            "since": run.began_at,
        },
    )


def _ended(run: Run) -> RecordDraft:
    seconds = (parse_iso(run.last_at) - parse_iso(run.began_at)).total_seconds()
    return _record(
        run,
        {
            "count": run.count,
            "kind": "runaway_ended",
            "last": run.last_at,
            "per_hour": round(run.count * 3600 / max(seconds, 1)),
            "since": run.began_at,
        },
    )


def _record(run: Run, fields: Mapping[str, JsonValue]) -> RecordDraft:
    return RecordDraft(run.acct, RecordType.LINE, Origin.MACHINE, fields)
