"""The running audit: rows hashed again at a set rate, and what is found.

A pass begins with the log and its notes, then goes through all chains in order.  Of each chain
every row is hashed again from its bytes; its end is compared with `heads` and `published`, and the
head it had at the newest anchor with the state that others have stamped.  How far it is, is a row.

What is found is recorded once, in the table and in the `station` chain; it blocks the closing of
the account it names (or of all, where it names none) until a person answers for it, with a
document.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from archive import merkle
from archive.canonical import JsonValue
from archive.state_view import StateView
from stationd.anchors import store as anchors
from stationd.anchors.views import States, state_root
from stationd.audit import store
from stationd.audit.hashing import Rehash
from stationd.audit.model import ChainState, Cursor, Fault, Mismatch
from stationd.audit.signed import log_faults, lost_faults, stamp_faults
from stationd.db.engine import Connection
from stationd.desk import Desk
from stationd.errors import LedgerBrokenError, MistakeError, NotFoundError
from stationd.ledger.model import STATION, Origin, RecordDraft, RecordType
from stationd.ledger.store import append, store_document
from stationd.schedule.checks import Check, record_check
from stationd.staff.model import Person
from stationd.staff.rights import Right, require

__all__ = ["AUDIT", "Auditor", "Ground", "found", "look", "settle", "start"]

AUDIT = "audit"
"""The check that fails while a mismatch waits for somebody."""

_STAMPS = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Auditor:
    """What the audit compares with: the states of anchors, and the log's name and public key."""

    desk: Desk
    states: States
    origin: str
    public: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """The document that says why a mismatch is settled."""

    name: str
    media_type: str
    content: bytes


# --- Running ---


@dataclass(frozen=True, slots=True)
class _Stamped:
    """The newest anchor that is a point, and the state that was stamped with it."""

    n: int
    view: StateView


def start(auditor: Auditor) -> int:
    """Hash again what chains grew by since the last checkpoint; return how many records."""
    counted = 0
    faults: list[Fault] = []
    with auditor.desk.database.reading() as connection:
        for chain in store.read_uncovered(connection):
            faults += _rehash(connection, chain, chain.published_size, chain.size)
            faults += _ends(connection, chain)
            counted += chain.size - chain.published_size
    _tell(auditor.desk, faults)
    return counted


def look(auditor: Auditor, count: int) -> int:
    """Hash the next ``count`` records again, from where the last look ended; return how many."""
    with auditor.desk.database.reading() as connection:
        cursor = store.read_cursor(connection)
        faults: list[Fault] = []
        if cursor.acct == "":
            faults += log_faults(connection, auditor.origin, auditor.public)
            faults += stamp_faults(connection, _STAMPS)
            faults += lost_faults(connection)
        stamped = _stamped(connection, auditor, faults)
        cursor, left = _go_on(connection, auditor, cursor, count, (stamped, faults))
    _tell(auditor.desk, faults, cursor)
    return count - left


def _go_on(
    connection: Connection,
    auditor: Auditor,
    cursor: Cursor,
    count: int,
    told: tuple[_Stamped | None, list[Fault]],
) -> tuple[Cursor, int]:
    """Go through chains until ``count`` records are hashed or the pass ends."""
    stamped, faults = told
    left = count
    while left > 0:
        chain = store.read_chain(connection, cursor.acct, cursor.epoch) if cursor.seq else None
        if chain is None or chain.size <= cursor.seq:
            chain = store.read_next_chain(connection, cursor.acct, cursor.epoch)
            if chain is None:
                passed = Cursor(passes=cursor.passes + 1, passed_at=auditor.desk.clock.now())
                return passed, left
            cursor = replace(cursor, acct=chain.acct, epoch=chain.epoch, seq=0)
        upto = min(chain.size, cursor.seq + left)
        faults += _rehash(connection, chain, cursor.seq, upto)
        left -= max(upto - cursor.seq, 1)
        cursor = replace(cursor, seq=upto)
        if upto == chain.size:
            faults += _ends(connection, chain)
            faults += _anchored(connection, chain, stamped) if stamped else ()
    return cursor, left


def _rehash(connection: Connection, chain: ChainState, after: int, upto: int) -> list[Fault]:
    """Hash rows behind ``after`` up to ``upto``; return what is wrong."""
    head = merkle.genesis(chain.key)
    if after:
        rows = store.read_rows(connection, chain.acct, chain.epoch, after - 1, after, 1)
        head = rows[0].head if rows else b""
    rehash = Rehash(chain.acct, chain.epoch, after, head)
    rows = store.read_rows(connection, chain.acct, chain.epoch, after, upto, upto - after)
    faults = list(rehash.faults(rows))
    missing = range(rehash.seq + 1, upto + 1)
    faults += [_missing(chain, seq) for seq in missing]
    return faults


def _missing(chain: ChainState, seq: int) -> Fault:
    text = f"{chain.acct}, epoch {chain.epoch}: record {seq} is not there"
    return Fault(chain.acct, chain.epoch, seq, "missing", text)


def _ends(connection: Connection, chain: ChainState) -> Iterator[Fault]:
    """Compare a chain's last rows with `heads` and `published`."""
    named = f"{chain.acct}, epoch {chain.epoch}"
    ends = (
        ("heads", chain.size, chain.head),
        ("published", chain.published_size, chain.published_head),
    )
    for table, size, head in ends:
        if size == 0:
            continue
        rows = store.read_rows(connection, chain.acct, chain.epoch, size - 1, size, 1)
        if rows and rows[0].head != head:
            text = f"{named}: record {size} has not the head that the table {table} gives"
            yield Fault(chain.acct, chain.epoch, size, table, text)
    beyond = store.read_rows(connection, chain.acct, chain.epoch, chain.size, chain.size + 1, 1)
    if beyond:
        text = f"{named}: record {beyond[0].seq} stands beyond the chain's end"
        yield Fault(chain.acct, chain.epoch, beyond[0].seq, "beyond", text)


def _stamped(connection: Connection, auditor: Auditor, faults: list[Fault]) -> _Stamped | None:
    """Return what chains are compared with; None: nothing was stamped, or it is no more."""
    good = anchors.read_progress(connection).good
    if good is None:
        return None
    n = good[0]
    try:
        root = state_root(anchors.read_anchor(connection, n).entry)
        return _Stamped(n, auditor.states.view(connection, n, root))
    except (LedgerBrokenError, NotFoundError, ValueError, KeyError) as error:
        faults.append(Fault("", 0, n, "state", str(error)))
        return None


def _anchored(connection: Connection, chain: ChainState, stamped: _Stamped) -> Iterator[Fault]:
    """Compare the head a chain had at the newest anchor with the state that was stamped."""
    # A chain that began later is in neither; one whose record of then is gone is only in the state.
    sharing = anchors.read_sharing(connection, chain.key, stamped.n)
    if stamped.view.holds(chain.key, sharing):
        return
    text = (
        f"{chain.acct}, epoch {chain.epoch}: its records do not come to the state that was stamped "
        f"with checkpoint {stamped.n}"
    )
    yield Fault(chain.acct, chain.epoch, stamped.n, "anchor", text)


# --- What was found ---


def _tell(desk: Desk, faults: Iterable[Fault], cursor: Cursor | None = None) -> None:
    """Record faults that are not known yet, and raise the alarm while any waits.

    How far the audit is moves in the same transaction: what was found is not passed over.
    """
    with desk.database.writing() as connection:
        if cursor is not None:
            store.record_cursor(connection, cursor)
        new = [fault for fault in faults if not store.find_fault(connection, fault)]
        drafts: list[RecordDraft] = []
        for fault in dict.fromkeys(new):
            store.record_mismatch(connection, desk.ids.identifier(), fault, desk.clock.now())
            drafts.append(_draft("mismatch_found", fault, {}, Origin.MACHINE))
        if drafts:
            now = desk.clock.now()
            append(connection, drafts, station=desk.station, now=now, ids=desk.ids)
        _check(connection, desk)


def _check(connection: Connection, desk: Desk) -> None:
    waiting = store.read_mismatches(connection)
    passes = store.read_cursor(connection).passes
    detail = f"every record hashed again {passes} time(s), and nothing differs"
    if waiting:
        detail = f"{len(waiting)} mismatch(es), the first: {waiting[0].fault.text}"
    outcome = "failed" if waiting else "passed"
    check = Check(name=AUDIT, outcome=outcome, detail=detail[:1000], at=desk.clock.now())
    record_check(connection, check)


def _draft(kind: str, fault: Fault, more: dict[str, JsonValue], origin: Origin) -> RecordDraft:
    fields: dict[str, JsonValue] = {
        "kind": kind,
        "record": fault.seq,
        "what": fault.what,
        **more,
    }
    if fault.acct:
        fields["of"] = {"acct": fault.acct, "epoch": fault.epoch}
    return RecordDraft(STATION, RecordType.CUSTODY, origin, fields)


def found(desk: Desk, *, settled: bool = False) -> list[Mismatch]:
    """Return what the audit has found; with ``settled`` what was answered for as well."""
    with desk.database.reading() as connection:
        return store.read_mismatches(connection, settled=settled)


def settle(desk: Desk, mismatch_id: str, *, ground: Ground, by: Person) -> Mismatch:
    """Answer for a mismatch with a document; from then on it blocks nothing (managers).

    The difference stays recorded: what was changed stays changed, and bundles will not verify.
    """
    require(by, Right.DECIDE)
    with desk.database.writing() as connection:
        known = store.read_mismatch(connection, mismatch_id)
        if known.settled_at is not None:
            raise MistakeError(f"Mismatch {mismatch_id} is settled by {known.settled_by} already.")
        now = desk.clock.now()
        doc = store_document(
            connection,
            content=ground.content,
            media_type=ground.media_type,
            name=ground.name,
            compartment="internal",
            now=now,
            ids=desk.ids,
        )
        more: dict[str, JsonValue] = {"by": by.login, "doc": doc.hex()}
        draft = _draft("mismatch_settled", known.fault, more, Origin.HUMAN)
        append(connection, [draft], station=desk.station, now=now, ids=desk.ids)
        store.record_settled(connection, mismatch_id, by.login, now)
        _check(connection, desk)
        return store.read_mismatch(connection, mismatch_id)
