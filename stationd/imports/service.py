"""Import: files of another system become customers, sites, contracts, accounts, transmitters.

Every row is checked before anything is written; one bad row and nothing is.  What is there
already and the same is left alone, so the same files may be imported again.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias, TypeVar

from archive.canonical import JsonValue
from stationd.accounts.facts import changed_fields
from stationd.accounts.model import (
    Account,
    Contract,
    Customer,
    Dealer,
    Link,
    Site,
    Transmitter,
)
from stationd.accounts.records import (
    append_drafts,
    changed,
    facts_document,
    key_added,
    linked,
    opened,
)
from stationd.accounts.store import (
    read_accounts,
    read_closed_accts,
    read_contracts,
    read_customers,
    read_dealers,
    read_links,
    read_sites,
    read_transmitters,
    record_accounts,
    record_contracts,
    record_customers,
    record_dealers,
    record_links,
    record_sites,
    record_transmitters,
    rewrite_account,
    rewrite_contract,
    rewrite_customer,
    rewrite_link,
    rewrite_site,
    rewrite_transmitter,
)
from stationd.db.engine import Connection
from stationd.desk import Desk
from stationd.errors import ImportRejectedError, UnavailableError
from stationd.imports.books import Books, Thing
from stationd.imports.columns import FIELDS, Value, assign, read_cell, unknown_fields
from stationd.imports.model import Arrangement, Fault, ImportOrder, ImportReport, Place, Source
from stationd.imports.plan import Means, Plan, make_plan
from stationd.imports.tables import read_table
from stationd.imports.wanted import Gathered, Line, Wanted, gather
from stationd.keys.store import read_group_keys
from stationd.ledger.model import Document, Origin, RecordDraft
from stationd.ledger.store import record_documents
from stationd.sealing import Sealer
from stationd.staff.model import Person
from stationd.staff.rights import Right, require

__all__ = ["import_files"]

Progress: TypeAlias = Callable[[int, int], None]

# Per account that was there: which facts change, and what they become.
_Affected: TypeAlias = dict[str, tuple[list[str], Mapping[str, JsonValue]]]

_Kind = TypeVar("_Kind")
_STEPS = 5
_TRIES = 3
_MAPPING = Place("mapping", 1)


def import_files(
    desk: Desk,
    order: ImportOrder,
    *,
    sealer: Callable[[], Sealer],
    by: Person,
    progress: Progress = lambda _done, _whole: None,
) -> ImportReport:
    """Import files whole, or raise `ImportRejectedError` with every fault of every row."""
    require(by, Right.EDIT_ACCOUNTS)
    read = _read(order.sources, order.arrangement)
    progress(1, _STEPS)
    gathered = gather(read.lines)
    progress(2, _STEPS)
    means = Means(
        now=desk.clock.now(),
        identifier=desk.ids.identifier,
        sealer=sealer,
        defaults=read.defaults,
    )
    names = ", ".join(source.name for source in order.sources)
    # Planning takes long and writes nothing, so it holds no lock; signals are followed meanwhile.
    for _ in range(_TRIES):
        with desk.database.reading() as connection:
            before = _books(connection)
        after = before.copy()
        plan = make_plan(gathered, after, means)
        faults = sorted([*read.faults, *gathered.faults, *plan.faults])
        if faults:
            raise ImportRejectedError(names, [str(fault) for fault in faults])
        progress(3, _STEPS)
        affected = _affected(plan, before, after)
        progress(4, _STEPS)
        if order.dry_run or _applied(desk, plan, before, after, affected, by):
            progress(_STEPS, _STEPS)
            return _report(gathered, plan, affected, read, applied=not order.dry_run)
        gathered = gather(read.lines)
    raise UnavailableError(
        f"{names}: accounts are being changed all the time; nothing was imported."
    )


def _applied(
    desk: Desk, plan: Plan, before: Books, after: Books, affected: _Affected, by: Person
) -> bool:
    """Write a plan in one transaction; False: what it was made from has changed meanwhile."""
    documents: list[Document] = []
    drafts = [
        *_openings(desk, documents, plan, after, by),
        *_changes(desk, documents, affected, by),
        *_transmitter_records(plan, after, by),
    ]
    with desk.database.writing() as connection:
        if _books(connection) != before:
            return False
        _write(connection, plan)
        record_documents(connection, documents, now=desk.clock.now())
        append_drafts(desk, connection, drafts)
    return True


# --- Reading ---


@dataclass(slots=True)
class _Read:
    """What the files hold, and what is wrong with files, columns and cells."""

    lines: list[Line] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)
    defaults: dict[str, Value] = field(default_factory=dict)


def _read(sources: Sequence[Source], arrangement: Arrangement) -> _Read:
    read = _Read()
    read.faults += [Fault(_MAPPING, text) for text in unknown_fields(arrangement)]
    for name, cell in arrangement.defaults.items():
        _read_value(read, _MAPPING, name, cell, arrangement, read.defaults)
    for source in sources:
        table, faults = read_table(
            source, encoding=arrangement.encoding, delimiter=arrangement.delimiter
        )
        columns, column_faults, unused = assign(table.headings, arrangement)
        read.faults += faults
        read.faults += [Fault(Place(source.name, 1), text) for text in column_faults]
        read.ignored += [f"{source.name}: {heading}" for heading in unused]
        for row in table.rows:
            place = Place(source.name, row.line)
            read.lines.append(_line(read, place, row.cells, columns, arrangement))
    return read


def _line(
    read: _Read,
    place: Place,
    cells: Sequence[str],
    columns: Mapping[int, str],
    arrangement: Arrangement,
) -> Line:
    values: dict[str, Value] = {}
    bad = {
        name
        for index, name in columns.items()
        if (cell := cells[index].strip())
        and not _read_value(read, place, name, cell, arrangement, values)
    }
    if "number" in values and "group" in read.defaults:
        values.setdefault("group", read.defaults["group"])
    return Line(place, values, frozenset(bad))


def _read_value(
    read: _Read,
    place: Place,
    name: str,
    cell: str,
    arrangement: Arrangement,
    values: dict[str, Value],
) -> bool:
    """Read a cell into ``values``; False where it is a fault instead."""
    if name not in FIELDS:
        return False
    try:
        values[name] = read_cell(name, cell, arrangement)
    except ValueError as error:
        read.faults.append(Fault(place, f"{name} {error}"))
        return False
    return True


def _books(connection: Connection) -> Books:
    books = Books(
        group_keys={one.group: one.keys for one in read_group_keys(connection)},
        closed=frozenset(read_closed_accts(connection)),
    )
    books.put(read_dealers(connection))
    books.put(read_customers(connection))
    books.put(read_sites(connection))
    books.put(read_contracts(connection))
    books.put(read_accounts(connection))
    books.put(read_transmitters(connection))
    books.put(read_links(connection))
    return books


# --- Writing ---


def _write(connection: Connection, plan: Plan) -> None:
    """Write what is new, parents first, and what is changed."""
    record_dealers(connection, _of(Dealer, plan.new))
    record_customers(connection, _of(Customer, plan.new))
    record_sites(connection, _of(Site, plan.new))
    record_contracts(connection, _of(Contract, plan.new))
    record_accounts(connection, _of(Account, plan.new))
    record_transmitters(connection, _of(Transmitter, plan.new))
    record_links(connection, _of(Link, plan.new))
    for _before, now in plan.changed:
        _rewrite(connection, now)


def _rewrite(connection: Connection, thing: Thing) -> None:
    match thing:
        case Customer():
            rewrite_customer(connection, thing)
        case Site():
            rewrite_site(connection, thing)
        case Contract():
            rewrite_contract(connection, thing)
        case Account():
            rewrite_account(connection, thing)
        case Transmitter():
            rewrite_transmitter(connection, thing)
        case Link():
            rewrite_link(connection, thing)


def _affected(plan: Plan, before: Books, after: Books) -> _Affected:
    """Return, per account that was there, which facts change and what they become."""
    touched = {
        (type(old), old.acct if isinstance(old, Account) else old.id) for old, _ in plan.changed
    }
    affected: _Affected = {}
    for acct, account in before.accounts.items() if touched else ():
        contract = before.contracts[account.contract_id]
        site = before.sites[contract.site_id]
        owners = {
            (Account, acct),
            (Contract, contract.id),
            (Site, site.id),
            (Customer, site.customer_id),
        }
        if acct not in before.closed and owners & touched:
            facts = after.facts(after.accounts[acct])
            affected[acct] = (changed_fields(before.facts(account), facts), facts)
    return affected


def _openings(
    desk: Desk, documents: list[Document], plan: Plan, after: Books, by: Person
) -> list[RecordDraft]:
    return [
        opened(
            account.acct,
            account.service.value,
            _kept(desk, documents, after.facts(account)),
            by,
            Origin.IMPORT,
        )
        for account in _of(Account, plan.new)
    ]


def _changes(
    desk: Desk, documents: list[Document], affected: _Affected, by: Person
) -> list[RecordDraft]:
    return [
        changed(acct, names, _kept(desk, documents, facts), by, Origin.IMPORT)
        for acct, (names, facts) in affected.items()
    ]


def _kept(desk: Desk, documents: list[Document], facts: Mapping[str, JsonValue]) -> bytes:
    """Add facts to the documents that will be stored; return the hash that a record names."""
    made = facts_document(desk.ids, facts)
    documents.append(made)
    return made.doc


def _transmitter_records(plan: Plan, after: Books, by: Person) -> list[RecordDraft]:
    """Return the records of links and keys, each in the chain of its account."""
    owners = {one.id: one for one in after.transmitters.values()}
    links = _of(Link, [*plan.new, *(now for _, now in plan.changed)])
    drafts = [linked(link, owners[link.transmitter_id], by, Origin.IMPORT) for link in links]
    for old, now in plan.changed:
        if isinstance(old, Transmitter) and isinstance(now, Transmitter) and old.keys != now.keys:
            accts = sorted({link.acct for link in after.links_of(now.id)})
            drafts += [
                key_added(acct, now, now.keys[-1], by, Origin.IMPORT)
                for acct in accts
                if acct not in after.closed
            ]
    return drafts


def _report(
    gathered: Gathered,
    plan: Plan,
    affected: Mapping[str, object],
    read: _Read,
    *,
    applied: bool,
) -> ImportReport:
    states = [_state(things) for things in gathered.rows]
    return ImportReport(
        rows=len(states),
        new=states.count("new"),
        changed=states.count("changed"),
        unchanged=states.count("unchanged"),
        accounts_opened=len(_of(Account, plan.new)),
        accounts_changed=len(affected),
        transmitters=len(_of(Transmitter, plan.new)),
        links=len(_of(Link, plan.new)),
        ignored_columns=tuple(read.ignored),
        applied=applied,
    )


def _state(things: Sequence[Wanted]) -> str:
    found = {thing.state for thing in things}
    return "new" if "new" in found else "changed" if "changed" in found else "unchanged"


def _of(kind: type[_Kind], things: Iterable[Thing]) -> list[_Kind]:
    return [thing for thing in things if isinstance(thing, kind)]
