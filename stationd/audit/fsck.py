"""Deriving everything again from the records, and comparing it with what the database says.

1. *chains*: leaf and head of every record from its bytes; the ends against `heads`, `published`
2. *state*: the state tree of those heads against the newest checkpoint's entry
3. *log*: every entry, its leaf, its link to the one before; every note that others have stamped
4. *anchors*: the state of every mark from records against its checkpoint's entry; stamps over notes
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from archive import merkle
from stationd.anchors.views import state_root
from stationd.audit import store
from stationd.audit.hashing import Rehash
from stationd.audit.model import ChainState, Fault
from stationd.audit.signed import log_faults, stamp_faults
from stationd.db.engine import Connection
from stationd.desk import Desk
from stationd.ledger.checkpoints import read_count, read_entry

__all__ = ["Derived", "fsck"]

_PAGE = 2000
_STAMPS = 1_000_000


@dataclass(slots=True)
class Derived:
    """What was derived again, and everything that differs."""

    chains: int
    records: int
    checkpoints: int
    faults: list[Fault]


def fsck(
    desk: Desk,
    *,
    origin: str,
    public: bytes,
    acct: str | None = None,
    told: Callable[[int, int], None] = lambda _done, _whole: None,
) -> Derived:
    """Derive the ledger again; with ``acct`` only the chains of that account."""
    derived = Derived(0, 0, 0, [])
    tree = merkle.StateTree()
    with desk.database.reading() as connection:
        cursor = ("", 0)
        while (chain := store.read_next_chain(connection, *cursor)) is not None:
            cursor = (chain.acct, chain.epoch)
            if acct in (None, chain.acct):
                derived.faults += _chain(connection, _named(desk, chain, derived.faults), tree)
                derived.chains += 1
                derived.records += chain.size
                told(derived.chains, derived.chains + 1)
        if acct is None:
            derived.faults += _rest(connection, tree, origin, public)
            derived.checkpoints = read_count(connection)
    return derived


def _named(desk: Desk, chain: ChainState, faults: list[Fault]) -> ChainState:
    """Return the chain under the key that its name has; the one in the table may be another."""
    key = merkle.account_key(desk.station, chain.acct, chain.epoch)
    if key != chain.key:
        text = f"{chain.acct}, epoch {chain.epoch}: the table heads gives another account key"
        faults.append(Fault(chain.acct, chain.epoch, 0, "key", text))
    return replace(chain, key=key)


def _chain(connection: Connection, chain: ChainState, tree: merkle.StateTree) -> Iterator[Fault]:
    """1. Hash a chain from its first record; put what was published of it into the tree."""
    rehash = Rehash(chain.acct, chain.epoch, 0, merkle.genesis(chain.key))
    published = merkle.genesis(chain.key)
    before = 0
    while True:
        rows = store.read_rows(connection, chain.acct, chain.epoch, before, 2**62, _PAGE)
        for row in rows:
            yield from rehash.faults([row])
            if row.seq == chain.published_size:
                published = rehash.head
        if len(rows) < _PAGE:
            break
        before = rows[-1].seq
    named = f"{chain.acct}, epoch {chain.epoch}"
    if (rehash.seq, rehash.head) != (chain.size, chain.head):
        text = f"{named}: {rehash.seq} records are there; the table heads says {chain.size}"
        yield Fault(chain.acct, chain.epoch, chain.size, "heads", text)
    if chain.published_size:
        tree.update(chain.key, chain.published_size, published)
        if published != chain.published_head:
            text = f"{named}: the table published gives another head at {chain.published_size}"
            yield Fault(chain.acct, chain.epoch, chain.published_size, "published", text)


def _rest(
    connection: Connection, tree: merkle.StateTree, origin: str, public: bytes
) -> Iterator[Fault]:
    for acct, epoch in store.read_lost_chains(connection):
        text = f"{acct}, epoch {epoch}: its head is gone from the table heads"
        yield Fault(acct, epoch, 0, "lost", text)
    newest = read_entry(connection, read_count(connection) - 1)
    if newest is not None and state_root(newest) != tree.root():
        n = json.loads(newest)["n"]
        text = f"The ledger: all chains together do not come to the state of checkpoint {n}."
        yield Fault("", 0, n, "state", text)
    yield from log_faults(connection, origin, public)
    yield from _marks(connection)
    yield from stamp_faults(connection, _STAMPS)


def _marks(connection: Connection) -> Iterator[Fault]:
    """4. Make the state of each mark out of the one before, and compare it with its entry."""
    tree, at = merkle.StateTree(), -1
    for n, key, size, head in store.read_marks(connection):
        if at not in (-1, n):
            yield from _mark(connection, tree, at)
        at = n
        if head is not None:
            tree.update(key, size, head)
    if at != -1:
        yield from _mark(connection, tree, at)


def _mark(connection: Connection, tree: merkle.StateTree, n: int) -> Iterator[Fault]:
    entry = read_entry(connection, n)
    if entry is None or state_root(entry) != tree.root():
        text = f"The ledger: the records do not come to the state of checkpoint {n}."
        yield Fault("", 0, n, "mark", text)
