"""SQL of billing."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from typing import Any

import sqlalchemy as sa

from stationd.accounts.model import RecordState, Standing
from stationd.billing.model import Balance, Import, Line, LineKind, Place
from stationd.clock import iso, parse_iso
from stationd.db.engine import Connection, inserting
from stationd.db.schema import (
    accounts,
    billing_balances,
    billing_imports,
    billing_lines,
    cases,
    contracts,
    heads,
    sites,
)

__all__ = [
    "count_lines",
    "find_balance",
    "find_contracts",
    "read_balances",
    "read_imports",
    "read_known",
    "read_lines",
    "read_lines_of",
    "read_places",
    "read_to_look_at",
    "read_with_lines",
    "record_balances",
    "record_import",
    "record_lines",
]


# --- Reading ---


def read_lines(connection: Connection, contract_id: str) -> list[Line]:
    """Return the billing lines of a contract, by their days."""
    return read_lines_of(connection, [contract_id])[contract_id]


def read_lines_of(connection: Connection, contract_ids: Sequence[str]) -> dict[str, list[Line]]:
    """Return the billing lines of each of some contracts, by their days."""
    query = (
        sa.select(billing_lines)
        .where(billing_lines.c.contract_id.in_(contract_ids))
        .order_by(billing_lines.c.booked_on, billing_lines.c.number, billing_lines.c.kind)
    )
    found: dict[str, list[Line]] = {one: [] for one in contract_ids}
    for row in connection.execute(query):
        found[row.contract_id].append(_line(row))
    return found


def read_known(
    connection: Connection, source: str, numbers: Collection[str]
) -> dict[tuple[str, LineKind], Line]:
    """Return the lines of a source that have one of ``numbers``."""
    query = sa.select(billing_lines).where(
        billing_lines.c.source == source, billing_lines.c.number.in_(numbers)
    )
    return {(row.number, LineKind(row.kind)): _line(row) for row in connection.execute(query)}


def find_contracts(
    connection: Connection, numbers: Collection[str], accts: Collection[str]
) -> tuple[dict[str, str], dict[str, str]]:
    """Return the ids of contracts, by contract number and by account number."""
    by_number = sa.select(contracts.c.number, contracts.c.id).where(contracts.c.number.in_(numbers))
    by_acct = sa.select(accounts.c.acct, accounts.c.contract_id).where(accounts.c.acct.in_(accts))
    return (
        {row.number: row.id for row in connection.execute(by_number)},
        {row.acct: row.contract_id for row in connection.execute(by_acct)},
    )


def read_places(connection: Connection, contract_ids: Collection[str]) -> dict[str, Place]:
    """Return of some contracts whose they are and how they stand, by contract."""
    ended = sa.exists().where(heads.c.acct == accounts.c.acct, heads.c.closed)
    worked = sa.exists().where(cases.c.open_contract_id == contracts.c.id)
    query = (
        sa.select(
            contracts.c.id,
            contracts.c.number,
            contracts.c.standing,
            sites.c.zone,
            accounts.c.acct,
            accounts.c.record,
            ended.label("ended"),
            worked.label("worked"),
        )
        .join(accounts, accounts.c.contract_id == contracts.c.id)
        .join(sites, sites.c.id == contracts.c.site_id)
        .where(contracts.c.id.in_(contract_ids))
    )
    return {
        row.id: Place(
            contract_id=row.id,
            number=row.number,
            standing=Standing(row.standing),
            zone=row.zone,
            acct=row.acct,
            takes_records=row.record == RecordState.OPEN.value and not row.ended,
            has_case=bool(row.worked),
        )
        for row in connection.execute(query)
    }


def read_to_look_at(
    connection: Connection,
    day: date,
    policy: str,
    standings: Iterable[Standing],
    *,
    after: str,
    limit: int,
) -> list[str]:
    """Return contracts whose balance changes by ``day``, stands on another policy, or is not told.

    They come in the order of their ids, those behind ``after``.
    """
    free = sa.not_(sa.exists().where(cases.c.open_contract_id == contracts.c.id))
    untold = sa.and_(
        contracts.c.standing.in_([one.value for one in standings]),
        contracts.c.standing != billing_balances.c.standing,
        free,
    )
    query = (
        sa.select(billing_balances.c.contract_id)
        .join(contracts, contracts.c.id == billing_balances.c.contract_id)
        .where(
            billing_balances.c.contract_id > after,
            sa.or_(
                billing_balances.c.look_on <= day.isoformat(),
                billing_balances.c.policy != policy,
                untold,
            ),
        )
        .order_by(billing_balances.c.contract_id)
        .limit(limit)
    )
    return list(connection.execute(query).scalars())


def read_with_lines(connection: Connection, *, after: str, limit: int) -> list[str]:
    """Return contracts that have lines or a balance, in the order of their ids."""
    lines = sa.select(billing_lines.c.contract_id).where(billing_lines.c.contract_id > after)
    kept = sa.select(billing_balances.c.contract_id).where(billing_balances.c.contract_id > after)
    both = lines.union(kept).subquery()
    query = sa.select(both.c.contract_id).order_by(both.c.contract_id).limit(limit)
    return list(connection.execute(query).scalars())


def find_balance(connection: Connection, contract_id: str) -> Balance | None:
    """Return what is kept of a contract's statement; None: it has no lines."""
    return read_balances(connection, [contract_id]).get(contract_id)


def read_balances(connection: Connection, contract_ids: Collection[str]) -> dict[str, Balance]:
    """Return what is kept of some contracts' statements, by contract."""
    query = sa.select(billing_balances).where(billing_balances.c.contract_id.in_(contract_ids))
    return {row.contract_id: _balance(row) for row in connection.execute(query)}


def read_imports(connection: Connection, *, limit: int | None = None) -> list[Import]:
    """Return the files that lines came from, the newest first."""
    query = (
        sa.select(billing_imports)
        .order_by(billing_imports.c.at.desc(), billing_imports.c.id)
        .limit(limit)
    )
    return [
        Import(
            id=row.id,
            source=row.source,
            name=row.name,
            sha256=row.sha256,
            by=row.by,
            at=parse_iso(row.at),
        )
        for row in connection.execute(query)
    ]


def count_lines(connection: Connection) -> Mapping[str, int]:
    """Return how many lines each source gave."""
    query = sa.select(billing_lines.c.source, sa.func.count()).group_by(billing_lines.c.source)
    return {row[0]: row[1] for row in connection.execute(query.order_by(billing_lines.c.source))}


# --- Writing ---


def record_import(connection: Connection, one: Import) -> None:
    """Note a file that lines come from; harmless when noted already."""
    connection.execute(
        inserting(connection, billing_imports).on_conflict_do_nothing(),
        {
            "id": one.id,
            "source": one.source,
            "name": one.name,
            "sha256": one.sha256,
            "by": one.by,
            "at": iso(one.at),
        },
    )


def record_lines(connection: Connection, lines: Sequence[Line]) -> None:
    """Add lines."""
    if lines:
        connection.execute(sa.insert(billing_lines), [_values(line) for line in lines])


def record_balances(connection: Connection, balances: Sequence[Balance]) -> None:
    """Put what contracts' lines come to in place of what was kept."""
    if not balances:
        return
    connection.execute(
        sa.delete(billing_balances).where(
            billing_balances.c.contract_id.in_([one.contract_id for one in balances])
        )
    )
    connection.execute(
        sa.insert(billing_balances),
        [
            {
                "contract_id": one.contract_id,
                "currency": one.currency,
                "balance": one.balance,
                "overdue": one.overdue,
                "oldest_due": _text(one.oldest_due),
                "paid_through": _text(one.paid_through),
                "standing": one.standing.value,
                "on_day": one.on_day.isoformat(),
                "look_on": _text(one.look_on),
                "policy": one.policy,
            }
            for one in balances
        ],
    )


# --- Rows and models ---


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def _text(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _line(row: Any) -> Line:  # noqa: ANN401  (a row has the shape of its query)
    return Line(
        id=row.id,
        contract_id=row.contract_id,
        kind=LineKind(row.kind),
        number=row.number,
        on=date.fromisoformat(row.booked_on),
        due_on=_day(row.due_on),
        amount=row.amount,
        currency=row.currency,
        text=row.text,
        period_from=_day(row.period_from),
        period_through=_day(row.period_through),
        source=row.source,
        import_id=row.import_id,
        imported_at=parse_iso(row.imported_at),
    )


def _values(line: Line) -> dict[str, object]:
    return {
        "id": line.id,
        "contract_id": line.contract_id,
        "source": line.source,
        "number": line.number,
        "kind": line.kind.value,
        "booked_on": line.on.isoformat(),
        "due_on": _text(line.due_on),
        "amount": line.amount,
        "currency": line.currency,
        "text": line.text,
        "period_from": _text(line.period_from),
        "period_through": _text(line.period_through),
        "import_id": line.import_id,
        "imported_at": iso(line.imported_at),
    }


def _balance(row: Any) -> Balance:  # noqa: ANN401
    return Balance(
        contract_id=row.contract_id,
        currency=row.currency,
        balance=row.balance,
        overdue=row.overdue,
        oldest_due=_day(row.oldest_due),
        paid_through=_day(row.paid_through),
        standing=Standing(row.standing),
        on_day=date.fromisoformat(row.on_day),
        look_on=_day(row.look_on),
        policy=row.policy,
    )
