"""What a batch must know to find runaways in it, read from rows."""

from collections import Counter
from collections.abc import Mapping, Sequence

from receivers.signals import Decoded, SignalClass
from stationd.clock import from_ns, iso, parse_iso, to_ns
from stationd.db.engine import Connection
from stationd.follower.model import Owner, Taken
from stationd.ledger.model import unknown_chain
from stationd.ledger.store import read_heads
from stationd.runaways import store
from stationd.runaways.detecting import Runaways
from stationd.runaways.model import Policy

__all__ = ["read_runaways"]


def read_runaways(
    connection: Connection,
    policy: Policy,
    taken: Sequence[Taken],
    owners: Mapping[tuple[str, str], Sequence[Owner]],
) -> Runaways:
    """Return what finds the runaways of a batch.

    Most accounts are told apart by one count of many: what they sent lately and what the batch has
    of them cannot make a runaway.
    """
    runs = store.read_open(connection)
    running = {run.acct for run in runs}
    first = min(one.entry.received_at for one in taken)
    counts = _counts(taken, owners, iso(from_ns(first)))
    asked = {acct: count for acct, count in counts.items() if acct not in running}
    since = iso(from_ns(first - policy.within * 10**9))
    recent = store.count_recent(connection, asked, since)
    many = [acct for acct, count in asked.items() if count + recent.get(acct, 0) > policy.most]
    ended = store.read_ended(connection, many)
    # One that runs away is watched on when its run is over within the batch.
    times = {run.acct: list[str]() for run in runs}
    for acct in many:
        floor = max(_just_before(since), ended.get(acct, ""))
        times[acct] = store.read_recent(connection, acct, floor, policy.most)
    closed = {acct for acct in running if _is_closed(connection, acct)}
    return Runaways(policy, runs=runs, recent=times, closed=closed)


def _counts(
    taken: Sequence[Taken], owners: Mapping[tuple[str, str], Sequence[Owner]], first: str
) -> Counter[str]:
    """Return how many signals of a batch each chain may get; rather too many than too few."""
    numbers: Counter[tuple[str, str]] = Counter()
    for one in taken:
        if isinstance(one.meaning, Decoded) and one.listener is not None:
            group = one.listener.group
            for signal in one.meaning.signals:
                if signal.signal_class is not SignalClass.SELF:
                    numbers[group, signal.number] += 1
    counts: Counter[str] = Counter()
    for (group, number), count in numbers.items():
        found = owners.get((group, number), ())
        for acct in {owner.acct for owner in found}:
            counts[acct] += count
        # Unless somebody has the number all the time, some of it may be nobody's.
        if not any(owner.valid_to is None and owner.valid_from <= first for owner in found):
            counts[unknown_chain(group, number)] += count
    return counts


def _just_before(text: str) -> str:
    return iso(from_ns(to_ns(parse_iso(text)) - 1000))


def _is_closed(connection: Connection, acct: str) -> bool:
    heads = read_heads(connection, acct)
    return bool(heads) and heads[-1].closed
