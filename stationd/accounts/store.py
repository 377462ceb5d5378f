"""SQL of customers, sites, contracts, accounts and transmitters."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from archive.canonical import JsonValue, encode
from stationd.accounts.model import (
    Account,
    Contract,
    Customer,
    Dealer,
    Link,
    Party,
    RecordState,
    Service,
    Site,
    Standing,
    Transmitter,
)
from stationd.accounts.sealed import key_values, sealed_keys
from stationd.accounts.term import renewal_from
from stationd.clock import iso, parse_iso
from stationd.db.engine import Connection
from stationd.db.schema import (
    accounts,
    contracts,
    customers,
    dealers,
    heads,
    sites,
    transmitter_links,
    transmitters,
)
from stationd.errors import NotFoundError

__all__ = [
    "digest_transmitters",
    "find_account",
    "find_customer",
    "find_links",
    "find_site",
    "read_account",
    "read_accounts",
    "read_closed_accts",
    "read_contract",
    "read_contracts",
    "read_customer",
    "read_customers",
    "read_dealer",
    "read_dealers",
    "read_link",
    "read_links",
    "read_open_accts_of",
    "read_site",
    "read_sites",
    "read_transmitter",
    "read_transmitters",
    "record_accounts",
    "record_contracts",
    "record_customers",
    "record_dealers",
    "record_link_end",
    "record_links",
    "record_quarantine",
    "record_service",
    "record_sites",
    "record_standing",
    "record_state",
    "record_transmitters",
    "rewrite_account",
    "rewrite_contract",
    "rewrite_customer",
    "rewrite_link",
    "rewrite_site",
    "rewrite_transmitter",
]


# --- Reading ---


def find_account(connection: Connection, acct: str) -> Account | None:
    """Return the account of number ``acct``; None: there is none."""
    row = connection.execute(sa.select(accounts).where(accounts.c.acct == acct)).one_or_none()
    return None if row is None else _account(row)


def read_account(connection: Connection, acct: str) -> Account:
    """Return the account of number ``acct``, or raise `NotFoundError`."""
    account = find_account(connection, acct)
    if account is None:
        msg = f"There is no account {acct}. `stationctl account list` shows those there are."
        raise NotFoundError(msg)
    return account


def read_accounts(
    connection: Connection,
    *,
    text: str = "",
    service: Service | None = None,
    record: RecordState | None = None,
    limit: int | None = None,
) -> list[Account]:
    """Return accounts by number; ``text`` stands in number, customer, site or contract number."""
    query = sa.select(accounts).order_by(accounts.c.acct).limit(limit)
    if service is not None:
        query = query.where(accounts.c.service == service.value)
    if record is not None:
        query = query.where(accounts.c.record == record.value)
    if text:
        query = (
            query.join(contracts, contracts.c.id == accounts.c.contract_id)
            .join(sites, sites.c.id == contracts.c.site_id)
            .join(customers, customers.c.id == sites.c.customer_id)
            .where(
                sa.or_(
                    accounts.c.acct.icontains(text, autoescape=True),
                    customers.c.name.icontains(text, autoescape=True),
                    sites.c.name.icontains(text, autoescape=True),
                    sites.c.address.icontains(text, autoescape=True),
                    contracts.c.number.icontains(text, autoescape=True),
                )
            )
        )
    return [_account(row) for row in connection.execute(query)]


def read_closed_accts(connection: Connection) -> list[str]:
    """Return the accounts whose chain has its `close` record, or whose record is not open."""
    ended = sa.select(heads.c.acct).where(heads.c.closed)
    query = sa.select(accounts.c.acct).where(
        sa.or_(accounts.c.record != RecordState.OPEN.value, accounts.c.acct.in_(ended))
    )
    return list(connection.execute(query.order_by(accounts.c.acct)).scalars())


def read_contract(connection: Connection, contract_id: str) -> Contract:
    """Return a contract, or raise `NotFoundError`."""
    query = sa.select(contracts).where(contracts.c.id == contract_id)
    row = connection.execute(query).one_or_none()
    if row is None:
        raise NotFoundError(f"There is no contract with the id {contract_id}.")
    return _contract(row)


def read_contracts(connection: Connection) -> list[Contract]:
    """Return every contract."""
    query = sa.select(contracts).order_by(contracts.c.id)
    return [_contract(row) for row in connection.execute(query)]


def find_site(connection: Connection, site_id: str) -> Site | None:
    """Return a site; None: there is none of that id."""
    query = sa.select(sites).where(sites.c.id == site_id)
    row = connection.execute(query).mappings().one_or_none()
    return None if row is None else Site(**row)


def read_site(connection: Connection, site_id: str) -> Site:
    """Return a site, or raise `NotFoundError`."""
    site = find_site(connection, site_id)
    if site is None:
        raise NotFoundError(f"There is no site with the id {site_id}.")
    return site


def read_sites(connection: Connection) -> list[Site]:
    """Return every site."""
    query = sa.select(sites).order_by(sites.c.id)
    return [Site(**row) for row in connection.execute(query).mappings()]


def find_customer(connection: Connection, customer_id: str) -> Customer | None:
    """Return a customer; None: there is none of that id."""
    query = sa.select(customers).where(customers.c.id == customer_id)
    row = connection.execute(query).one_or_none()
    return None if row is None else _customer(row)


def read_customer(connection: Connection, customer_id: str) -> Customer:
    """Return a customer, or raise `NotFoundError`."""
    customer = find_customer(connection, customer_id)
    if customer is None:
        raise NotFoundError(f"There is no customer with the id {customer_id}.")
    return customer


def read_customers(connection: Connection) -> list[Customer]:
    """Return every customer."""
    query = sa.select(customers).order_by(customers.c.id)
    return [_customer(row) for row in connection.execute(query)]


def read_dealer(connection: Connection, dealer_id: str) -> Dealer:
    """Return a dealer, or raise `NotFoundError`."""
    query = sa.select(dealers).where(dealers.c.id == dealer_id)
    row = connection.execute(query).mappings().one_or_none()
    if row is None:
        raise NotFoundError(f"There is no dealer with the id {dealer_id}.")
    return Dealer(**row)


def read_dealers(connection: Connection) -> list[Dealer]:
    """Return every dealer, by name."""
    query = sa.select(dealers).order_by(dealers.c.name)
    return [Dealer(**row) for row in connection.execute(query).mappings()]


def read_open_accts_of(connection: Connection, one: Customer | Site | Contract) -> list[str]:
    """Return the numbers of the accounts of a customer, site or contract whose record is open."""
    query = (
        sa.select(accounts.c.acct)
        .join(contracts, contracts.c.id == accounts.c.contract_id)
        .join(sites, sites.c.id == contracts.c.site_id)
        .where(accounts.c.record == RecordState.OPEN.value)
        .order_by(accounts.c.acct)
    )
    match one:
        case Customer():
            query = query.where(sites.c.customer_id == one.id)
        case Site():
            query = query.where(sites.c.id == one.id)
        case Contract():
            query = query.where(contracts.c.id == one.id)
    return list(connection.execute(query).scalars())


def read_transmitter(connection: Connection, group: str, number: str) -> Transmitter | None:
    """Return the transmitter of a number in a receiver group; None: there is none."""
    query = sa.select(transmitters).where(
        transmitters.c.receiver_group == group, transmitters.c.number == number
    )
    row = connection.execute(query).one_or_none()
    return None if row is None else _transmitter(row)


def read_transmitters(
    connection: Connection, acct: str | None = None, *, linked_at: str | None = None
) -> list[Transmitter]:
    """Return transmitters by number: all, those ever linked to ``acct``, those that have an owner.

    ``linked_at`` is a moment's text: those whose link had not ended by then.
    """
    query = sa.select(transmitters).order_by(transmitters.c.receiver_group, transmitters.c.number)
    if acct is not None:
        linked = sa.select(transmitter_links.c.transmitter_id)
        query = query.where(transmitters.c.id.in_(linked.where(transmitter_links.c.acct == acct)))
    if linked_at is not None:
        query = query.where(_has_owner(linked_at))
    return [_transmitter(row) for row in connection.execute(query)]


def digest_transmitters(connection: Connection, *, linked_at: str) -> str:
    """Return a hash that changes with the transmitters that have an owner, read as rows only."""
    query = (
        sa.select(transmitters)
        .where(_has_owner(linked_at))
        .order_by(transmitters.c.receiver_group, transmitters.c.number)
    )
    digest = hashlib.sha256()
    for row in connection.execute(query):
        digest.update(repr(tuple(row)).encode())
    return digest.hexdigest()


def _has_owner(at: str) -> sa.ColumnElement[bool]:
    ends = transmitter_links.c.valid_to
    linked = sa.select(transmitter_links.c.transmitter_id)
    return transmitters.c.id.in_(linked.where(sa.or_(ends.is_(None), ends > at)))


def read_link(connection: Connection, link_id: str) -> tuple[Link, Transmitter]:
    """Return a link and its transmitter, or raise `NotFoundError`."""
    query = sa.select(transmitter_links).where(transmitter_links.c.id == link_id)
    row = connection.execute(query).one_or_none()
    if row is None:
        raise NotFoundError(f"There is no link with the id {link_id}.")
    owner = sa.select(transmitters).where(transmitters.c.id == row.transmitter_id)
    return _link(row), _transmitter(connection.execute(owner).one())


def read_links(
    connection: Connection, *, acct: str | None = None, transmitter_id: str | None = None
) -> list[Link]:
    """Return links of an account, of a transmitter, or all, in the order of their dates."""
    query = sa.select(transmitter_links).order_by(
        transmitter_links.c.valid_from, transmitter_links.c.id
    )
    if acct is not None:
        query = query.where(transmitter_links.c.acct == acct)
    if transmitter_id is not None:
        query = query.where(transmitter_links.c.transmitter_id == transmitter_id)
    return [_link(row) for row in connection.execute(query)]


def find_links(connection: Connection, group: str, number: str, at: str) -> list[Link]:
    """Return whose number this was at the moment ``at`` (text of `stationd.clock.iso`).

    None: the number was nobody's.  More than one: a shared transmitter; each link has its scope.
    """
    query = (
        sa.select(transmitter_links)
        .join(transmitters, transmitters.c.id == transmitter_links.c.transmitter_id)
        .where(
            transmitters.c.receiver_group == group,
            transmitters.c.number == number,
            transmitter_links.c.valid_from <= at,
            sa.or_(transmitter_links.c.valid_to.is_(None), transmitter_links.c.valid_to > at),
        )
        .order_by(transmitter_links.c.acct)
    )
    return [_link(row) for row in connection.execute(query)]


# --- Recording ---


def record_dealers(connection: Connection, new: Sequence[Dealer]) -> None:
    """Add dealers."""
    _insert(connection, dealers, [{"id": one.id, "name": one.name} for one in new])


def record_customers(connection: Connection, new: Sequence[Customer]) -> None:
    """Add customers."""
    _insert(connection, customers, [_customer_values(one) for one in new])


def record_sites(connection: Connection, new: Sequence[Site]) -> None:
    """Add sites."""
    _insert(connection, sites, [_site_values(one) for one in new])


def record_contracts(connection: Connection, new: Sequence[Contract]) -> None:
    """Add contracts."""
    _insert(connection, contracts, [_contract_values(one) for one in new])


def record_accounts(connection: Connection, new: Sequence[Account]) -> None:
    """Add accounts."""
    _insert(connection, accounts, [_account_values(one) for one in new])


def record_transmitters(connection: Connection, new: Sequence[Transmitter]) -> None:
    """Add transmitters."""
    _insert(connection, transmitters, [_transmitter_values(one) for one in new])


def record_links(connection: Connection, new: Sequence[Link]) -> None:
    """Link transmitters to accounts."""
    _insert(connection, transmitter_links, [_link_values(one) for one in new])


def record_link_end(connection: Connection, link_id: str, valid_to: datetime) -> None:
    """End a link."""
    connection.execute(
        sa.update(transmitter_links)
        .where(transmitter_links.c.id == link_id)
        .values(valid_to=iso(valid_to))
    )


def record_service(connection: Connection, acct: str, service: Service) -> None:
    """Set what an account's signals are answered with."""
    connection.execute(
        sa.update(accounts).where(accounts.c.acct == acct).values(service=service.value)
    )


def record_state(
    connection: Connection, acct: str, record: RecordState, *, epoch: int | None = None
) -> None:
    """Set what has become of an account's record and, if given, the epoch of new records."""
    values: dict[str, object] = {"record": record.value}
    if epoch is not None:
        values["epoch"] = epoch
    connection.execute(sa.update(accounts).where(accounts.c.acct == acct).values(**values))


def record_standing(connection: Connection, contract_id: str, standing: Standing) -> None:
    """Set how a contract stands."""
    connection.execute(
        sa.update(contracts).where(contracts.c.id == contract_id).values(standing=standing.value)
    )


def record_quarantine(connection: Connection, transmitter_id: str, until: datetime) -> None:
    """Set until when a number is given to nobody else."""
    connection.execute(
        sa.update(transmitters)
        .where(transmitters.c.id == transmitter_id)
        .values(quarantined_until=iso(until))
    )


def rewrite_customer(connection: Connection, customer: Customer) -> None:
    """Replace a customer's row."""
    _replace(connection, customers, customers.c.id == customer.id, _customer_values(customer))


def rewrite_site(connection: Connection, site: Site) -> None:
    """Replace a site's row."""
    _replace(connection, sites, sites.c.id == site.id, _site_values(site))


def rewrite_contract(connection: Connection, contract: Contract) -> None:
    """Replace a contract's row."""
    _replace(connection, contracts, contracts.c.id == contract.id, _contract_values(contract))


def rewrite_account(connection: Connection, account: Account) -> None:
    """Replace an account's row."""
    _replace(connection, accounts, accounts.c.acct == account.acct, _account_values(account))


def rewrite_transmitter(connection: Connection, transmitter: Transmitter) -> None:
    """Replace a transmitter's row."""
    values = _transmitter_values(transmitter)
    _replace(connection, transmitters, transmitters.c.id == transmitter.id, values)


def rewrite_link(connection: Connection, link: Link) -> None:
    """Replace a link's row."""
    where = transmitter_links.c.id == link.id
    _replace(connection, transmitter_links, where, _link_values(link))


def _insert(connection: Connection, table: sa.Table, rows: list[dict[str, object]]) -> None:
    if rows:
        connection.execute(sa.insert(table), rows)


def _replace(
    connection: Connection,
    table: sa.Table,
    where: sa.ColumnElement[bool],
    values: dict[str, object],
) -> None:
    connection.execute(sa.update(table).where(where).values(**values))


# --- Rows and models ---


def _text(value: Mapping[str, JsonValue]) -> str:
    return encode(dict(value)).decode()


def _moment(text: str | None) -> datetime | None:
    return None if text is None else parse_iso(text)


def _customer(row: Any) -> Customer:  # noqa: ANN401  (a row has the shape of its query)
    return Customer(
        id=row.id, name=row.name, dealer_id=row.dealer_id, details=json.loads(row.details)
    )


def _customer_values(customer: Customer) -> dict[str, object]:
    return {
        "id": customer.id,
        "name": customer.name,
        "dealer_id": customer.dealer_id,
        "details": _text(customer.details),
    }


def _site_values(site: Site) -> dict[str, object]:
    return {
        "id": site.id,
        "customer_id": site.customer_id,
        "name": site.name,
        "address": site.address,
        "zone": site.zone,
        "jurisdiction": site.jurisdiction,
    }


def _contract(row: Any) -> Contract:  # noqa: ANN401
    return Contract(
        id=row.id,
        site_id=row.site_id,
        number=row.number,
        party=Party(row.party),
        standing=Standing(row.standing),
        notice_days=row.notice_days,
        cure_days=row.cure_days,
        terms=json.loads(row.terms),
    )


def _contract_values(contract: Contract) -> dict[str, object]:
    renews_on = renewal_from(contract.terms)
    return {
        "tier": contract.terms.get("tier"),
        # A later one is found by the daily round.
        "renews_on": None if renews_on is None else renews_on.isoformat(),
        "id": contract.id,
        "site_id": contract.site_id,
        "number": contract.number,
        "party": contract.party.value,
        "standing": contract.standing.value,
        "notice_days": contract.notice_days,
        "cure_days": contract.cure_days,
        "terms": _text(contract.terms),
    }


def _account(row: Any) -> Account:  # noqa: ANN401
    return Account(
        acct=row.acct,
        contract_id=row.contract_id,
        service=Service(row.service),
        record=RecordState(row.record),
        epoch=row.epoch,
        details=json.loads(row.details),
        opened_at=parse_iso(row.opened_at),
    )


def _account_values(account: Account) -> dict[str, object]:
    return {
        "acct": account.acct,
        "contract_id": account.contract_id,
        "service": account.service.value,
        "record": account.record.value,
        "epoch": account.epoch,
        "details": _text(account.details),
        "opened_at": iso(account.opened_at),
    }


def _transmitter(row: Any) -> Transmitter:  # noqa: ANN401
    return Transmitter(
        id=row.id,
        group=row.receiver_group,
        number=row.number,
        protocol=row.protocol,
        keys=sealed_keys(json.loads(row.keys)),
        window_back=row.window_back,
        window_ahead=row.window_ahead,
        poll_interval=row.poll_interval,
        switches=frozenset(json.loads(row.switches)),
        quarantined_until=_moment(row.quarantined_until),
    )


def _transmitter_values(transmitter: Transmitter) -> dict[str, object]:
    return {
        "id": transmitter.id,
        "receiver_group": transmitter.group,
        "number": transmitter.number,
        "protocol": transmitter.protocol,
        "keys": encode(key_values(transmitter.keys)).decode(),
        "window_back": transmitter.window_back,
        "window_ahead": transmitter.window_ahead,
        "poll_interval": transmitter.poll_interval,
        "switches": encode(list[JsonValue](sorted(transmitter.switches))).decode(),
        "quarantined_until": (
            None if transmitter.quarantined_until is None else iso(transmitter.quarantined_until)
        ),
    }


def _link(row: Any) -> Link:  # noqa: ANN401
    return Link(
        id=row.id,
        transmitter_id=row.transmitter_id,
        acct=row.acct,
        scope=json.loads(row.scope),
        valid_from=parse_iso(row.valid_from),
        valid_to=_moment(row.valid_to),
    )


def _link_values(link: Link) -> dict[str, object]:
    return {
        "id": link.id,
        "transmitter_id": link.transmitter_id,
        "acct": link.acct,
        "scope": _text(link.scope),
        "valid_from": iso(link.valid_from),
        "valid_to": None if link.valid_to is None else iso(link.valid_to),
    }
