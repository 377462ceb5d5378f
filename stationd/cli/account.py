"""`stationctl account`: import, look, history, transmitters."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import click

from archive.canonical import JsonValue
from stationd.accounts import service
from stationd.accounts.model import (
    Account,
    Ownership,
    RecordState,
    Service,
    Transmitter,
)
from stationd.accounts.store import read_account, read_contract, read_customer, read_site
from stationd.cases.suspending import set_service
from stationd.cli.account_functioning import functioning
from stationd.cli.account_import import import_
from stationd.cli.account_key import key
from stationd.cli.account_premises import premises
from stationd.cli.account_reconcile import reconcile
from stationd.cli.account_terms import terms
from stationd.cli.account_tests import tests
from stationd.cli.account_text import account_lines, history_lines, signal_value
from stationd.cli.account_told import told
from stationd.cli.account_unmonitored import unmonitored
from stationd.cli.custody import PURPOSE, custody
from stationd.cli.moments import MOMENT, PERIOD
from stationd.cli.office import Office
from stationd.cli.output import table
from stationd.clock import iso
from stationd.signals import service as signals
from stationd.staff.rights import Right, require

__all__ = ["account"]

_AT_ONCE = 1000


@click.group()
def account() -> None:
    """Import accounts, look at them and their histories, give them their transmitters."""


account.add_command(import_)
account.add_command(key)
account.add_command(premises)
account.add_command(reconcile)
account.add_command(unmonitored)
account.add_command(terms)
account.add_command(tests)
account.add_command(told)
account.add_command(functioning)
account.add_command(custody)


@account.command(name="list", epilog="Example: stationctl account list maple --service active")
@click.argument("text", default="")
@click.option("--service", "service_", type=click.Choice([one.value for one in Service]))
@click.option("--record", type=click.Choice([one.value for one in RecordState]))
@click.option("--limit", type=click.IntRange(1), default=200, show_default=True)
@click.pass_obj
def list_(office: Office, text: str, service_: str | None, record: str | None, limit: int) -> None:
    """List accounts; TEXT stands in number, contract, customer, site or address."""
    found = service.accounts(
        office.desk,
        text=text,
        service=None if service_ is None else Service(service_),
        record=None if record is None else RecordState(record),
        limit=limit + 1,
    )
    office.trail.reading("accounts")
    rows = [_names(office, one) for one in found[:limit]]
    head = ("account", "customer", "site", "contract", "service", "record")
    office.show(
        [dict(zip(head, row, strict=True)) for row in rows],
        table(head, rows) if rows else "No account fits.",
    )
    if len(found) > limit:
        office.note(f"There are more than {limit}; --limit shows more, TEXT fewer.")


def _names(office: Office, one: Account) -> list[str]:
    with office.desk.database.reading() as connection:
        contract = read_contract(connection, one.contract_id)
        site = read_site(connection, contract.site_id)
        customer = read_customer(connection, site.customer_id)
    place = f"{site.name}, {site.address}"
    return [one.acct, customer.name, place, contract.number, one.service.value, one.record.value]


@account.command()
@click.argument("acct")
@PURPOSE
@click.pass_obj
def show(office: Office, acct: str, *, purpose: str) -> None:
    """Show what is known of account ACCT."""
    facts = service.read_whole(office.desk, acct)
    office.reads("account", acct=acct, purpose=purpose)
    office.show(facts, account_lines(facts))


@account.command(
    epilog="""\b
Examples:
  stationctl account history 1234 --last 7d
  stationctl account history 1234 --class alarm --class restore --since 2026-03-01
"""
)
@click.argument("acct")
@click.option("--class", "classes", multiple=True, help="Only this class; may be given again.")
@click.option("--code", help="Only this event code, as it is shown.")
@click.option("--since", type=MOMENT, help="From this moment on (UTC unless it has an offset).")
@click.option("--until", type=MOMENT, help="Before this moment.")
@click.option("--last", type=PERIOD, help="Only what was received this long ago or later.")
@click.option("--limit", type=click.IntRange(1), default=1000, show_default=True)
@click.option("--all", "unfolded", is_flag=True, help="Each signal of a runaway; --json does so.")
@PURPOSE
@click.pass_obj
def history(  # noqa: PLR0913  (an option each)
    office: Office,
    *,
    acct: str,
    classes: Sequence[str],
    code: str | None,
    since: datetime | None,
    until: datetime | None,
    last: timedelta | None,
    limit: int,
    unfolded: bool,
    purpose: str,
) -> None:
    """Show the signals of account ACCT, oldest first, in the site's time."""
    desk = office.desk
    zone = _zone(office, acct)
    if last is not None:
        since = max(filter(None, (since, office.clock.now() - last)))
    read = signals.history if unfolded or office.output.as_json else signals.folded_history
    rows = read(desk, acct, since=since, until=until, classes=classes, code=code, limit=limit + 1)
    office.reads("history", acct=acct, purpose=purpose)
    kept = rows[:limit]
    office.show([signal_value(row) for row in kept], history_lines(kept, zone))
    if len(rows) > limit:
        office.note(f"There is more: go on with --since {kept[-1].received_at} or --limit.")


def _zone(office: Office, acct: str) -> ZoneInfo:
    with office.desk.database.reading() as connection:
        contract = read_contract(connection, read_account(connection, acct).contract_id)
        return ZoneInfo(read_site(connection, contract.site_id).zone)


@account.command(name="service")
@click.argument("acct")
@click.argument("state", type=click.Choice(["pending", "active", "suspended"]))
@click.pass_obj
def service_(office: Office, acct: str, state: str) -> None:
    """Set how the signals of ACCT are answered (managers); recording never stops."""
    set_service(office.desk, acct, Service(state), by=office.person())
    office.show({"acct": acct, "service": state}, f"The service of {acct} is {state}.")


@account.command(epilog="Example: stationctl account link 1234 main 01A4 --from 2026-03-01")
@click.argument("acct")
@click.argument("group")
@click.argument("number")
@click.option("--from", "from_", type=MOMENT, help="Since when it is theirs.  [default: now]")
@click.option("--until", type=MOMENT, help="When it is no longer.")
@click.option("--area", multiple=True, help="Only this area of a shared transmitter.")
@click.option("--zone", multiple=True, help="Only this zone.")
@click.option("--class", "class_", multiple=True, help="Only this signal class.")
@click.pass_obj
def link(  # noqa: PLR0913  (an option each)
    office: Office,
    *,
    acct: str,
    group: str,
    number: str,
    from_: datetime | None,
    until: datetime | None,
    area: Sequence[str],
    zone: Sequence[str],
    class_: Sequence[str],
) -> None:
    """Give account ACCT the NUMBER that its panel sends in receiver group GROUP."""
    named: dict[str, JsonValue] = {"areas": [*area], "zones": [*zone], "classes": [*class_]}
    during = Ownership(
        valid_from=from_ or office.clock.now(),
        valid_to=until,
        scope={kind: members for kind, members in named.items() if members},
    )
    transmitter = Transmitter(id=office.ids.identifier(), group=group, number=number)
    made = service.link_transmitter(office.desk, acct, transmitter, during, by=office.person())
    office.show(
        {"link": made.id, "acct": acct, "from": iso(made.valid_from)},
        f"{number} in group {group} belongs to {acct} from {made.valid_from:%Y-%m-%d %H:%M} UTC "
        f"(link {made.id}).",
    )


@account.command()
@click.argument("link_id")
@click.option("--at", "at", type=MOMENT, help="When it ends.  [default: now]")
@click.pass_obj
def unlink(office: Office, link_id: str, at: datetime | None) -> None:
    """End the link LINK_ID (`account show` names them); the number is then nobody's."""
    ends = at or office.clock.now()
    service.end_link(office.desk, link_id, ends, by=office.person())
    office.show({"link": link_id, "until": iso(ends)}, f"Link {link_id} ends {iso(ends)}.")


@account.command(epilog="Example: stationctl account claim 1234 main 01A4 --since 2026-03-01")
@click.argument("acct")
@click.argument("group")
@click.argument("number")
@click.option("--since", type=MOMENT, help="Only what was received from then on.")
@click.option("--until", type=MOMENT, help="Only what was received before.")
@click.pass_obj
def claim(
    office: Office,
    acct: str,
    group: str,
    number: str,
    since: datetime | None,
    until: datetime | None,
) -> None:
    """Give ACCT the parked signals of a NUMBER that was unknown when they came."""
    by = office.person()
    require(by, Right.EDIT_ACCOUNTS)
    with office.desk.database.reading() as connection:
        read_account(connection, acct)
    count = signals.claim(
        office.desk, acct, group=group, number=number, by=by.login, since=since, until=until
    )
    office.show({"acct": acct, "claimed": count}, f"{acct} has {count} signals more.")
