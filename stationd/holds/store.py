"""SQL of holds, and of whom they reach."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from stationd.clock import iso, parse_iso
from stationd.db.engine import Connection
from stationd.db.schema import (
    accounts,
    contracts,
    customers,
    holds,
    records,
    sites,
    transmitter_links,
    transmitters,
)
from stationd.errors import NotFoundError
from stationd.holds.model import Hold, HoldKind, Reach, Scope

__all__ = [
    "check_reach",
    "held_accounts",
    "reached_accounts",
    "read_hold",
    "read_holds",
    "read_holds_on",
    "read_reached",
    "record_ask",
    "record_hold",
    "record_lifting",
    "record_review",
]


def read_hold(connection: Connection, hold_id: str) -> Hold:
    """Return a hold, or raise `NotFoundError`."""
    row = connection.execute(sa.select(holds).where(holds.c.id == hold_id)).one_or_none()
    if row is None:
        msg = f"There is no hold {hold_id}. `stationctl hold list` shows those there are."
        raise NotFoundError(msg)
    return _hold(row)


def read_holds(connection: Connection, *, in_force: bool = True) -> list[Hold]:
    """Return holds in the order they were set: those in force, or all there ever were."""
    query = sa.select(holds).order_by(holds.c.set_at, holds.c.id)
    if in_force:
        query = query.where(holds.c.lifted_at.is_(None))
    return [_hold(row) for row in connection.execute(query)]


def read_holds_on(connection: Connection, acct: str, *, in_force: bool = True) -> list[Hold]:
    """Return the holds that reach an account, by whatever scope, in the order they were set."""
    reached = _reached()
    query = (
        sa.select(holds)
        .where(holds.c.id.in_(sa.select(reached.c.hold_id).where(reached.c.acct == acct)))
        .order_by(holds.c.set_at, holds.c.id)
    )
    if in_force:
        query = query.where(holds.c.lifted_at.is_(None))
    return [_hold(row) for row in connection.execute(query)]


def read_reached(connection: Connection, hold_id: str) -> list[str]:
    """Return the accounts that a hold reaches now."""
    return list(connection.execute(reached_accounts(hold_id).distinct().order_by("acct")).scalars())


def reached_accounts(hold_id: str) -> sa.Select[tuple[str]]:
    """Return the query for the accounts that a hold reaches: a station may have very many."""
    reached = _reached()
    return sa.select(reached.c.acct).where(reached.c.hold_id == hold_id)


def held_accounts() -> sa.Select[tuple[str]]:
    """Return the query for accounts whose records somebody ordered to be kept.

    Those of a case's own hold are not among them: it ends with the case, and shows on no object.
    """
    reached = _reached()
    return (
        sa.select(reached.c.acct)
        .join(holds, holds.c.id == reached.c.hold_id)
        .where(
            holds.c.kind == HoldKind.RECORDS.value,
            holds.c.case_id.is_(None),
            holds.c.lifted_at.is_(None),
        )
    )


def check_reach(connection: Connection, reach: Reach) -> None:
    """Raise `NotFoundError` where nothing is called as a hold names it."""
    column = {
        Scope.ACCOUNT: accounts.c.acct,
        Scope.SITE: sites.c.id,
        Scope.CUSTOMER: customers.c.id,
        Scope.RECEIVER: transmitters.c.receiver_group,
    }.get(reach.scope)
    if column is None:
        return
    found = connection.execute(sa.select(column).where(column == reach.of).limit(1)).first()
    if found is None:
        raise NotFoundError(f"There is no {reach.scope} {reach.of}.")


def _reached() -> sa.Subquery:
    """Return the pairs of hold and account, scope by scope.

    An account has something in a span if it was opened before the end of it and its last record
    is not older than its beginning; a number on a receiver must have been the account's then.
    """
    ours = sa.select(holds.c.id.label("hold_id"), accounts.c.acct.label("acct"))
    with_site = ours.select_from(holds).join(contracts, sa.true())
    of = holds.c.scope_id
    by_account = ours.select_from(holds).join(accounts, accounts.c.acct == holds.c.acct)
    by_site = (
        with_site.join(accounts, accounts.c.contract_id == contracts.c.id)
        .where(contracts.c.site_id == of)
        .where(holds.c.scope == Scope.SITE.value)
    )
    by_customer = (
        with_site.join(sites, sites.c.id == contracts.c.site_id)
        .join(accounts, accounts.c.contract_id == contracts.c.id)
        .where(sites.c.customer_id == of, holds.c.scope == Scope.CUSTOMER.value)
    )
    by_receiver = (
        ours.select_from(holds)
        .join(transmitters, transmitters.c.receiver_group == of)
        .join(transmitter_links, transmitter_links.c.transmitter_id == transmitters.c.id)
        .join(accounts, accounts.c.acct == transmitter_links.c.acct)
        .where(holds.c.scope == Scope.RECEIVER.value)
        .where(
            _not_after(transmitter_links.c.valid_from), _not_before(transmitter_links.c.valid_to)
        )
    )
    by_station = (
        ours.select_from(holds)
        .join(accounts, sa.true())
        .where(holds.c.scope == Scope.STATION.value)
    )
    each = [
        query.where(_not_after(accounts.c.opened_at), _not_before(_last_record()))
        for query in (by_account, by_site, by_customer, by_receiver, by_station)
    ]
    return sa.union_all(*each).subquery("reached")


def _not_after(moment: sa.ColumnElement[str]) -> sa.ColumnElement[bool]:
    return sa.or_(holds.c.until.is_(None), moment < holds.c.until)


def _not_before(moment: sa.ColumnElement[Any]) -> sa.ColumnElement[bool]:
    return sa.or_(holds.c.since.is_(None), moment.is_(None), moment >= holds.c.since)


def _last_record() -> sa.ScalarSelect[Any]:
    return (
        sa.select(records.c.t)
        .where(records.c.acct == accounts.c.acct)
        .order_by(records.c.epoch.desc(), records.c.seq.desc())
        .limit(1)
        .correlate(accounts)
        .scalar_subquery()
    )


def record_hold(connection: Connection, hold: Hold) -> None:
    """Add a hold."""
    reach = hold.reach
    connection.execute(
        sa.insert(holds).values(
            id=hold.id,
            kind=hold.kind.value,
            acct=hold.acct,
            scope=reach.scope.value,
            scope_id=None if hold.acct is not None else reach.of or None,
            since=_text(reach.since),
            until=_text(reach.until),
            case_id=hold.case_id,
            ground=hold.ground,
            author=hold.author,
            set_at=iso(hold.set_at),
            review_at=_text(hold.review_at),
            lifted_at=None,
            lifted_by=None,
        )
    )


def record_ask(
    connection: Connection, hold_id: str, *, by: str, at: datetime, doc: bytes | None
) -> None:
    """Note that somebody asked to lift a hold; an ask before is forgotten."""
    values = {"lift_asked_by": by, "lift_asked_at": iso(at), "lift_doc": doc}
    connection.execute(sa.update(holds).where(holds.c.id == hold_id).values(**values))


def record_lifting(connection: Connection, hold_id: str, *, by: str, at: datetime) -> None:
    """Note that a hold was lifted."""
    connection.execute(
        sa.update(holds).where(holds.c.id == hold_id).values(lifted_at=iso(at), lifted_by=by)
    )


def record_review(connection: Connection, hold_id: str, review_at: datetime) -> None:
    """Note when a hold is looked at again."""
    connection.execute(
        sa.update(holds).where(holds.c.id == hold_id).values(review_at=iso(review_at))
    )


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else iso(moment)


def _moment(text: str | None) -> datetime | None:
    return None if text is None else parse_iso(text)


def _hold(row: Any) -> Hold:  # noqa: ANN401  (a row has the shape of its query)
    reach = Reach(
        scope=Scope(row.scope),
        of=row.acct or row.scope_id or "",
        since=_moment(row.since),
        until=_moment(row.until),
    )
    return Hold(
        id=row.id,
        kind=HoldKind(row.kind),
        reach=reach,
        case_id=row.case_id,
        ground=row.ground,
        author=row.author,
        set_at=parse_iso(row.set_at),
        review_at=_moment(row.review_at),
        lifted_at=_moment(row.lifted_at),
        lifted_by=row.lifted_by,
        lift_asked_by=row.lift_asked_by,
        lift_asked_at=_moment(row.lift_asked_at),
        lift_doc=row.lift_doc,
    )
