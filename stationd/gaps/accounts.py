"""Gaps of accounts: whose fault a silence was, as far as it can be proved.

An account that is missed was silent from its last sign of life on.  What that says depends on the
line it is heard on:

1. While the line was down, or we were, the gap is the receiver's or ours, and stands in the list
   already.  Nothing is said of the account.
2. If others were heard on the line when the account was overdue by half its grace, its own path
   was gone, and is taken to have stayed so until it is heard again.  That is `account_path`.
3. For longer than nobody at all was heard, the life of the line cannot be proved.  The gap is the
   receiver's, `receiver_link`.  So it is where nothing of the above is known.

When others were heard is known to the moment for a poll that is missed (its entry tells), else to
the minute.  Of minutes more are asked for, because a line may have died early in one that counts.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from stationd.clock import from_ns, iso, to_ns
from stationd.gaps.model import NOT_LISTENING, Cause, Gap
from stationd.gaps.spans import Span, common, joined, without
from stationd.supervision.model import Silence, Way

__all__ = ["Facts", "account_gaps", "import_boundary", "nobody_heard"]

SECOND = 10**9
MINUTE = 60 * SECOND

# How long nobody may be heard on a line that lives: while it is proved, and once it is.
_MOST_QUIET = 3600
_LEAST_DEAD, _MOST_DEAD = 2 * 60, 6 * 3600

# A sum of polls may count for two minutes more than it should, and a minute for all of it.
_SLACK = 3 * MINUTE


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known of lines.

    ``gaps`` are those of listeners and nodes, ``nodes`` says which listener is whose, ``minutes``
    are those (since 1970) in which each was heard, in order.  ``followed`` is how far each node's
    journal is known, ``until`` what counts for a listener that is nobody's.
    """

    gaps: Sequence[Gap]
    nodes: Mapping[str, str]
    minutes: Mapping[str, Sequence[int]]
    followed: Mapping[str, datetime]
    until: datetime

    def known(self, listener: str) -> int:
        """Return until when it is known what ``listener`` heard, in nanoseconds."""
        return to_ns(self.followed.get(self.nodes.get(listener, ""), self.until))


def account_gaps(silences: Iterable[Silence], facts: Facts) -> list[Gap]:
    """Return the gaps of accounts that their ``silences`` come to, by their beginning."""
    blind = lru_cache(maxsize=None)(lambda listener: _blind(listener, facts))
    alive = lru_cache(maxsize=None)(
        lambda listener, quiet: _alive(facts.minutes.get(listener, ()), quiet)
    )
    found = [gap for one in silences for gap in _gaps(one, facts, blind, alive)]
    return sorted(found, key=lambda gap: (gap.began_at, gap.id))


def nobody_heard(gaps: Iterable[Gap]) -> list[Gap]:
    """Return, for accounts' gaps that are the receiver's, one for each time nobody was heard."""
    by_listener: dict[str, list[Gap]] = {}
    for gap in gaps:
        if gap.cause == Cause.RECEIVER_LINK:
            by_listener.setdefault(gap.listener, []).append(gap)
    found: list[Gap] = []
    for listener, part in sorted(by_listener.items()):
        for gap in sorted(part, key=lambda gap: gap.began_at):
            last = found[-1] if found and found[-1].listener == listener else None
            if last is not None and (last.ended_at is None or gap.began_at <= last.ended_at):
                found[-1] = _wider(last, gap)
            else:
                found.append(_of_the_line(gap))
    return found


def import_boundary(acct: str, *, served_at: str | None, installed_at: str | None) -> list[Gap]:
    """Return the gap between the beginning of an account's service and that of our journal."""
    if served_at is None or installed_at is None or installed_at <= served_at:
        return []
    return [
        Gap(
            id=f"{acct}:{Cause.IMPORT_BOUNDARY}",
            listener="",
            node="",
            cause=Cause.IMPORT_BOUNDARY,
            began_at=served_at,
            ended_at=installed_at,
            detail="served before this program was installed",
            acct=acct,
        )
    ]


_Blind = Callable[[str], list[Span]]
_Alive = Callable[[str, int], list[Span]]


def _gaps(silence: Silence, facts: Facts, blind: _Blind, alive: _Alive) -> list[Gap]:
    if not silence.listener:
        # It is heard on no line, so no line could have proved anything.
        return []
    began, until = to_ns(silence.began_at), facts.known(silence.listener)
    ended = until if silence.ended_at is None else min(to_ns(silence.ended_at), until)
    ours = _within(blind(silence.listener), began, ended)
    free = without([(began, ended)], ours)
    dead = min(max(2 * silence.interval, _LEAST_DEAD), _MOST_DEAD) * SECOND
    runs = _within(alive(silence.listener, dead), began, ended)
    lived = _lived(silence, runs, (began, ended), dead)
    since = _lost_since(silence, free, alive)
    if since is not None:
        lost, nobody = without(common(free, lived), [(0, since)]), without(free, lived)
    else:
        # What was ours explains the rest as well: a test may have fallen into it.
        lost, nobody = [], without(free, lived) if ours else free
    lasts = silence.ended_at is None
    return [
        _gap(silence, facts, cause, span, ended if lasts else None)
        for cause, spans in ((Cause.ACCOUNT_PATH, lost), (Cause.RECEIVER_LINK, nobody))
        for span in spans
    ]


def _lost_since(silence: Silence, free: Sequence[Span], alive: _Alive) -> int | None:
    """Return from when on the account's own path is proved to have been gone; None: it is not."""
    enough = (silence.interval + max(silence.patience - silence.interval, 0) // 2) * SECOND
    told = None if silence.alive_at is None else to_ns(silence.alive_at)
    quiets = (0, min(silence.interval // 4, _MOST_QUIET) * SECOND)
    for piece in free:
        if told is not None and piece[0] + enough <= told < piece[1]:
            return piece[0]
        for quiet in quiets:
            for run in _within(alive(silence.listener, quiet), *piece):
                since = _proved(run, piece, enough + quiet + _SLACK)
                if since is not None:
                    return since
    return None


def _proved(run: Span, piece: Span, enough: int) -> int | None:
    """Return from when a run of heard minutes proves something, if it lasts for ``enough``.

    Of its first and last minute only the nearer end is sure.
    """
    first = piece[0] if run[0] <= piece[0] else run[0] + MINUTE
    return max(run[0], piece[0]) if min(run[1] - MINUTE, piece[1]) - first >= enough else None


def _lived(silence: Silence, runs: Sequence[Span], span: Span, dead: int) -> list[Span]:
    """Return when the line lived within a silence: between others no more than ``dead`` lies.

    The minute of the account's own last sign of life, and that of its return, are no proof by
    others.  The moment that a miss tells of is, though its minute may not be summed up yet.
    """
    began, ended = span
    back = ended if silence.ended_at is None else ended - ended % MINUTE
    others = [run for run in runs if run[1] > began + MINUTE - began % MINUTE and run[0] < back]
    told = began if silence.alive_at is None else to_ns(silence.alive_at)
    if told - began >= SECOND:
        others.append((told, told + 1))
    found: list[Span] = []
    for start, end in joined(others, within=dead):
        first = began if start - began <= dead else start
        last = ended if ended - end <= dead else end
        found.append((max(first, began), min(last, ended)))
    return joined(found)


def _gap(silence: Silence, facts: Facts, cause: Cause, span: Span, open_end: int | None) -> Gap:
    start, end = span
    where = f" on {silence.listener}" if silence.listener else ""
    what = "no test" if silence.way is Way.TESTS else f"no poll of {silence.number}"
    others = (
        "others were heard" if cause is Cause.ACCOUNT_PATH else "nobody is known to have been heard"
    )
    key = f"{silence.acct}:{silence.way}:{silence.group}:{silence.number}"
    return Gap(
        id=f"{key}:{iso(from_ns(start))}",
        listener=silence.listener,
        node=facts.nodes.get(silence.listener, ""),
        cause=cause,
        began_at=iso(from_ns(start)),
        ended_at=None if end == open_end else iso(from_ns(end)),
        detail=f"{what} since {iso(silence.began_at)}; {others}{where}",
        acct=silence.acct,
    )


def _blind(listener: str, facts: Facts) -> list[Span]:
    """Return when nothing could be heard on ``listener``, whoever spoke."""
    node, until = facts.nodes.get(listener), facts.known(listener)
    return joined(
        (_ns(gap.began_at), until if gap.ended_at is None else _ns(gap.ended_at))
        for gap in facts.gaps
        if gap.cause in NOT_LISTENING
        and (gap.listener == listener or (not gap.listener and node in (None, gap.node)))
    )


def _alive(minutes: Sequence[int], quiet: int) -> list[Span]:
    return joined(((at * MINUTE, (at + 1) * MINUTE) for at in minutes), within=quiet)


def _within(spans: Sequence[Span], began: int, ended: int) -> Sequence[Span]:
    """Return those of ``spans``, which lie apart, that reach into a time."""
    first = bisect_left(spans, began, key=lambda span: span[1])
    last = bisect_left(spans, ended, key=lambda span: span[0])
    return spans[first:last]


def _of_the_line(gap: Gap) -> Gap:
    return Gap(
        id=f"{gap.listener}:{gap.began_at}",
        listener=gap.listener,
        node=gap.node,
        cause=Cause.RECEIVER_LINK,
        began_at=gap.began_at,
        ended_at=gap.ended_at,
        detail="nobody was heard, though accounts should have been",
    )


def _wider(gap: Gap, more: Gap) -> Gap:
    ends = [one.ended_at for one in (gap, more)]
    ended = None if None in ends else max(end for end in ends if end is not None)
    return Gap(
        id=gap.id,
        listener=gap.listener,
        node=gap.node,
        cause=gap.cause,
        began_at=gap.began_at,
        ended_at=ended,
        detail=gap.detail,
    )


def _ns(text: str) -> int:
    return to_ns(datetime.fromisoformat(text))
