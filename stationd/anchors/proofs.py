"""The proofs of one account: made from marks, records, the log's leaves and what was stamped."""

from collections.abc import Sequence
from dataclasses import dataclass

from archive.merkle import LogTree, account_key
from archive.proofs import Absence, AtClose, PointProof, Proofs
from stationd.anchors import store
from stationd.anchors.points import Sizes, covered_at
from stationd.anchors.views import States, proof_at, state_root
from stationd.db.engine import Connection
from stationd.errors import NotFoundError
from stationd.ledger.checkpoints import read_entry, read_leaves
from stationd.ledger.store import read_head

__all__ = ["Chain", "account_proofs"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """Whose chain is proved, in which log."""

    station: str
    origin: str
    acct: str
    epoch: int

    @property
    def key(self) -> bytes:
        """Its key in the state tree."""
        return account_key(self.station, self.acct, self.epoch)

    @property
    def next_key(self) -> bytes:
        """The key that its next epoch would have."""
        return account_key(self.station, self.acct, self.epoch + 1)


def account_proofs(
    connection: Connection, states: States, chain: Chain, points: Sequence[int]
) -> Proofs:
    """Return the proofs of ``chain`` at ``points``, anchors in order; the last is the end.

    Raises `LedgerBrokenError` where the chains no longer come to a state that was signed, and
    `NotFoundError` where a point was not stamped.
    """
    log = LogTree()
    for leaf in read_leaves(connection):
        log.append(leaf)
    end = points[-1]
    size, _ = covered_at(connection, chain.station, (chain.acct, chain.epoch), end)
    made = [_point(connection, states, chain, log, n, end) for n in points]
    return Proofs(
        origin=chain.origin,
        station=chain.station,
        acct=chain.acct,
        epoch=chain.epoch,
        records=size,
        points=made,
        absent=_absence(connection, states, chain, log, end),
    )


def _point(
    connection: Connection, states: States, chain: Chain, log: LogTree, n: int, end: int
) -> PointProof:
    anchor = store.read_anchor(connection, n)
    if not anchor.good:
        msg = f"Checkpoint {n} is no point: it has no stamp of within 26 hours after its time."
        raise NotFoundError(msg)
    view = states.view(connection, n, state_root(anchor.entry))
    sharing = store.read_sharing(connection, chain.key, n)
    siblings, _ = proof_at(view, sharing, chain.key)
    size, head = covered_at(connection, chain.station, (chain.acct, chain.epoch), n)
    return PointProof(
        n=n,
        tree_size=n + 1,
        entry=anchor.entry,
        size=size,
        head=head,
        siblings=siblings,
        note=anchor.note,
        reply=anchor.stamps[0].reply,
        inclusion=log.inclusion(n, n + 1),
        consistency=log.consistency(n + 1, end + 1),
    )


def _absence(
    connection: Connection, states: States, chain: Chain, log: LogTree, end: int
) -> Absence | None:
    """Return the proof that the next epoch was not there; None: it was, and none is possible."""
    later = Sizes(store.read_sizes(connection, chain.next_key))
    if later.at(end) == 0:
        return _absent(connection, states, chain, end, None)
    # Signals that came after the `close` opened it; at the checkpoint of the `close` it was not.
    head = read_head(connection, chain.acct, chain.epoch)
    closed = store.read_closing_mark(connection, chain.key, head.size) if head.closed else None
    if closed is None or later.at(closed):
        return None
    entry = read_entry(connection, closed)
    assert entry is not None  # noqa: S101  (a mark is of a checkpoint)
    view = states.view(connection, closed, state_root(entry))
    siblings, _ = proof_at(view, store.read_sharing(connection, chain.key, closed), chain.key)
    at = AtClose(n=closed, entry=entry, inclusion=log.inclusion(closed, end + 1), siblings=siblings)
    return _absent(connection, states, chain, closed, at)


def _absent(
    connection: Connection, states: States, chain: Chain, n: int, at: AtClose | None
) -> Absence:
    """Return the way to the place of the next epoch at ``n``, and who stands there."""
    entry = read_entry(connection, n)
    assert entry is not None  # noqa: S101  (a mark is of a checkpoint)
    view = states.view(connection, n, state_root(entry))
    sharing = store.read_sharing(connection, chain.next_key, n)
    siblings, other = proof_at(view, sharing, chain.next_key)
    return Absence(siblings=siblings, other=other, at=at)
