"""Accounts: opened, changed, given their transmitters.

Every change is a `config` record in the account's own chain.  A closed record takes none.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from archive.canonical import JsonValue
from stationd.accounts.facts import account_facts, changed_fields, transmitter_facts
from stationd.accounts.links import conflict, scope_fault
from stationd.accounts.model import (
    Account,
    Contract,
    Customer,
    Dealer,
    Link,
    Opening,
    Ownership,
    RecordState,
    Service,
    Site,
    Transmitter,
    is_acct,
)
from stationd.accounts.records import (
    append_drafts,
    changed,
    link_ended,
    link_given_away,
    linked,
    opened,
    service_set,
    store_facts,
)
from stationd.accounts.store import (
    find_account,
    find_customer,
    find_site,
    read_account,
    read_accounts,
    read_contract,
    read_customer,
    read_dealer,
    read_link,
    read_links,
    read_open_accts_of,
    read_site,
    read_transmitter,
    read_transmitters,
    record_accounts,
    record_contracts,
    record_customers,
    record_dealers,
    record_link_end,
    record_links,
    record_service,
    record_sites,
    record_transmitters,
    rewrite_account,
    rewrite_contract,
    rewrite_customer,
    rewrite_site,
)
from stationd.clock import iso
from stationd.db.engine import Connection
from stationd.desk import Desk
from stationd.errors import MistakeError, RefusedError
from stationd.ledger.model import Origin, RecordDraft
from stationd.ledger.store import read_heads
from stationd.staff.model import Person
from stationd.staff.rights import Right, require

__all__ = [
    "accounts",
    "add_dealer",
    "change",
    "change_details",
    "end_link",
    "facts",
    "link_transmitter",
    "open_account",
    "place_account",
    "place_service",
    "read_whole",
]


def accounts(
    desk: Desk,
    *,
    text: str = "",
    service: Service | None = None,
    record: RecordState | None = None,
    limit: int | None = None,
) -> list[Account]:
    """Return accounts by number, filtered."""
    with desk.database.reading() as connection:
        return read_accounts(connection, text=text, service=service, record=record, limit=limit)


def facts(connection: Connection, acct: str) -> Mapping[str, JsonValue]:
    """Return what is known of an account, for bundles; keys are only counted.

    Its parts: account, customer, site, contract, dealer, transmitters.
    """
    return {
        **_facts(connection, acct),
        "transmitters": transmitter_facts(
            read_transmitters(connection, acct), read_links(connection, acct=acct)
        ),
    }


def read_whole(desk: Desk, acct: str) -> Mapping[str, JsonValue]:
    """Return `facts`, read in a transaction of its own."""
    with desk.database.reading() as connection:
        return facts(connection, acct)


def add_dealer(desk: Desk, name: str, *, by: Person) -> Dealer:
    """Add a dealer."""
    require(by, Right.EDIT_ACCOUNTS)
    dealer = Dealer(id=desk.ids.identifier(), name=name.strip())
    with desk.database.writing() as connection:
        record_dealers(connection, [dealer])
    return dealer


def open_account(desk: Desk, opening: Opening, *, by: Person) -> Account:
    """Open an account with its customer, site and contract, and the ledger chain with it.

    Customer and site may be there already; the contract and the number may not.
    """
    require(by, Right.EDIT_ACCOUNTS)
    with desk.database.writing() as connection:
        account, draft = place_account(desk, connection, opening, by=by)
        append_drafts(desk, connection, [draft])
    return account


def place_account(
    desk: Desk, connection: Connection, opening: Opening, *, by: Person
) -> tuple[Account, RecordDraft]:
    """Open an account in the caller's transaction, who appends the record that is returned."""
    if not is_acct(opening.acct):
        msg = (
            f"{opening.acct!r} cannot be an account's number: it has 1 to 32 letters, digits, "
            "dots, hyphens and underscores, and is not the word station."
        )
        raise MistakeError(msg)
    if find_account(connection, opening.acct) is not None:
        raise MistakeError(f"There is an account {opening.acct} already.")
    _record_opening(connection, opening)
    account = Account(
        acct=opening.acct,
        contract_id=opening.contract.id,
        service=opening.service,
        record=RecordState.OPEN,
        epoch=1,
        details=opening.details,
        opened_at=desk.clock.now(),
    )
    record_accounts(connection, [account])
    doc = store_facts(desk, connection, _facts(connection, account.acct))
    return account, opened(account.acct, account.service.value, doc, by, Origin.HUMAN)


def _record_opening(connection: Connection, opening: Opening) -> None:
    if find_customer(connection, opening.customer.id) is None:
        record_customers(connection, [opening.customer])
    if find_site(connection, opening.site.id) is None:
        record_sites(connection, [opening.site])
    record_contracts(connection, [opening.contract])


def change(desk: Desk, new: Customer | Site | Contract, *, by: Person) -> list[str]:
    """Replace a customer, site or contract; return the accounts whose facts changed by it.

    Each of those gets a record that names the fields and, by hash, the facts afterwards.
    """
    require(by, Right.EDIT_ACCOUNTS)
    with desk.database.writing() as connection:
        accts = read_open_accts_of(connection, new)
        before = {acct: _facts(connection, acct) for acct in accts}
        _rewrite(connection, new)
        drafts = []
        for acct, old in before.items():
            facts_now = _facts(connection, acct)
            if fields := changed_fields(old, facts_now):
                doc = store_facts(desk, connection, facts_now)
                drafts.append(changed(acct, fields, doc, by, Origin.HUMAN))
        append_drafts(desk, connection, drafts)
    return [draft.acct for draft in drafts]


def change_details(
    desk: Desk, acct: str, details: Mapping[str, JsonValue], *, by: Person
) -> list[str]:
    """Set details of an account, None: take one away; return the fields that changed by it."""
    require(by, Right.EDIT_ACCOUNTS)
    with desk.database.writing() as connection:
        account = _open_record(connection, acct)
        before = _facts(connection, acct)
        merged = {**account.details, **details}
        kept = {name: value for name, value in merged.items() if value is not None}
        rewrite_account(connection, replace(account, details=kept))
        facts_now = _facts(connection, acct)
        fields = changed_fields(before, facts_now)
        if fields:
            doc = store_facts(desk, connection, facts_now)
            append_drafts(desk, connection, [changed(acct, fields, doc, by, Origin.HUMAN)])
    return fields


def _rewrite(connection: Connection, new: Customer | Site | Contract) -> None:
    match new:
        case Customer():
            rewrite_customer(connection, new)
        case Site():
            rewrite_site(connection, new)
        case Contract():
            rewrite_contract(connection, new)


def place_service(
    connection: Connection, acct: str, service: Service, *, by: Person
) -> list[RecordDraft]:
    """Set what signals are answered with in the caller's transaction, who appends what is returned.

    Whether a customer in arrears was told before is `stationd.cases.suspending`'s to see.
    """
    if service is Service.ENDED:
        msg = f"The service of {acct} ends by a termination case, not by itself."
        raise RefusedError(msg)
    account = _open_record(connection, acct)
    if account.service is Service.ENDED:
        raise RefusedError(f"The service of {acct} has ended; a new contract begins anew.")
    if account.service is service:
        return []
    record_service(connection, acct, service)
    return [service_set(acct, account.service.value, service.value, by)]


# --- Transmitters ---


def link_transmitter(
    desk: Desk,
    acct: str,
    transmitter: Transmitter,
    during: Ownership,
    *,
    by: Person,
) -> Link:
    """Give a number to an account from a date on, making the transmitter if it is new.

    The link of an account whose record is closed ends where the new one begins; one of an open
    account has to be ended first, or both need scopes that name nothing in common.
    """
    require(by, Right.EDIT_ACCOUNTS)
    _check(during)
    with desk.database.writing() as connection:
        _open_record(connection, acct)
        known = read_transmitter(connection, transmitter.group, transmitter.number)
        if known is None:
            record_transmitters(connection, [transmitter])
        owner = known or transmitter
        _check_free(owner, during.valid_from)
        link = Link(
            id=desk.ids.identifier(),
            transmitter_id=owner.id,
            acct=acct,
            scope=during.scope,
            valid_from=during.valid_from,
            valid_to=during.valid_to,
        )
        _make_room(desk, connection, link, owner, by)
        record_links(connection, [link])
        append_drafts(desk, connection, [linked(link, owner, by, Origin.HUMAN)])
    return link


def _check(during: Ownership) -> None:
    if during.valid_to is not None and during.valid_to <= during.valid_from:
        raise MistakeError("A link ends after it begins.")
    if (fault := scope_fault(during.scope)) is not None:
        raise MistakeError(f"The scope is wrong: {fault}.")


def _check_free(transmitter: Transmitter, since: datetime) -> None:
    """Refuse a number of a closed account while what still comes may be that account's."""
    until = transmitter.quarantined_until
    if until is not None and since < until:
        raise RefusedError(
            f"{transmitter.group} {transmitter.number} was the number of a closed account and is "
            f"given to nobody before {iso(until)} (policies.quarantine)."
        )


def _make_room(
    desk: Desk, connection: Connection, link: Link, transmitter: Transmitter, by: Person
) -> None:
    """End links that closed accounts still have on the number; refuse where an open one has it."""
    existing = read_links(connection, transmitter_id=transmitter.id)
    for old in existing:
        if conflict(link, [old]) is None:
            continue
        owner = read_account(connection, old.acct)
        if owner.record is RecordState.OPEN or link.valid_from <= old.valid_from:
            msg = (
                f"{transmitter.group} {transmitter.number} belongs to account {old.acct} from "
                f"{iso(old.valid_from)} to {iso(old.valid_to) if old.valid_to else 'now on'}. "
                "End that link first, or give both a scope."
            )
            raise RefusedError(msg)
        record_link_end(connection, old.id, link.valid_from)
        note = link_given_away(old, transmitter, iso(link.valid_from), by)
        append_drafts(desk, connection, [note])


def end_link(desk: Desk, link_id: str, valid_to: datetime, *, by: Person) -> None:
    """End a link; from then on the number is nobody's, or another account's."""
    require(by, Right.EDIT_ACCOUNTS)
    with desk.database.writing() as connection:
        link, transmitter = read_link(connection, link_id)
        _open_record(connection, link.acct)
        if valid_to <= link.valid_from:
            raise MistakeError("A link ends after it begins.")
        record_link_end(connection, link.id, valid_to)
        draft = link_ended(link, transmitter, iso(valid_to), by)
        append_drafts(desk, connection, [draft])


def _open_record(connection: Connection, acct: str) -> Account:
    """Return an account that still takes changes, or raise `RefusedError`."""
    account = read_account(connection, acct)
    ended = any(head.closed for head in read_heads(connection, acct))
    if account.record is not RecordState.OPEN or ended:
        msg = f"The record of {acct} is closed: what it says of the account no longer changes."
        raise RefusedError(msg)
    return account


def _facts(connection: Connection, acct: str) -> dict[str, JsonValue]:
    account = read_account(connection, acct)
    contract = read_contract(connection, account.contract_id)
    site = read_site(connection, contract.site_id)
    customer = read_customer(connection, site.customer_id)
    dealer = None if customer.dealer_id is None else read_dealer(connection, customer.dealer_id)
    return account_facts(account, contract, site, customer, dealer)
