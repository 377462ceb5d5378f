"""`stationctl standing`: the standing board."""

import click

from archive.canonical import JsonValue
from stationd.accounts.model import Standing
from stationd.billing.model import money
from stationd.board.model import NO_BUNDLE, NO_CASE, Asked, Row, Sort
from stationd.board.service import board
from stationd.bundles.model import OrderState
from stationd.cases.states import State
from stationd.cli.office import Office
from stationd.cli.output import table
from stationd.clock import iso

__all__ = ["standing"]

_COUNT = click.IntRange(0, 100_000)


@click.command(
    epilog="""\b
Examples:
  stationctl standing --over 30 --state none
  stationctl standing --due --sort next
  stationctl standing --renews-within 60 --sort renewal
"""
)
@click.option(
    "--state",
    type=click.Choice([NO_CASE, *(one.value for one in State)]),
    help="State of the open case; none: no case.",
)
@click.option(
    "--standing",
    "stands",
    type=click.Choice([one.value for one in Standing]),
    help="How it stands.",
)
@click.option("--over", type=_COUNT, metavar="DAYS", help="More days past due than this.")
@click.option("--tier", help="The service tier.")
@click.option("--dealer", help="The dealer, by name.")
@click.option("--renews-within", type=_COUNT, metavar="DAYS", help="Renews within so many days.")
@click.option("--due", is_flag=True, help="Its next step is due.")
@click.option(
    "--bundle",
    type=click.Choice([NO_BUNDLE, *(one.value for one in OrderState)]),
    help="State of the bundle that was ordered last.",
)
@click.option(
    "--sort",
    type=click.Choice([one.value for one in Sort]),
    default=Sort.DAYS.value,
    show_default=True,
)
@click.option("--limit", type=click.IntRange(1, 100_000), default=50, show_default=True)
@click.pass_obj
def standing(  # noqa: PLR0913  (an option each)
    office: Office,
    *,
    state: str | None,
    stands: str | None,
    over: int | None,
    tier: str | None,
    dealer: str | None,
    renews_within: int | None,
    due: bool,
    bundle: str | None,
    sort: str,
    limit: int,
) -> None:
    """Show every contract in a row: what it owes, when it renews, its case, what is due next."""
    asked = Asked(
        state=state or "",
        standing=None if stands is None else Standing(stands),
        over=over,
        tier=tier or "",
        dealer=dealer or "",
        renews_within=renews_within,
        due=due,
        bundle=bundle or "",
        sort=Sort(sort),
        limit=limit,
    )
    rows, more = board(office.desk, asked, office.person())
    office.trail.reading("standing")
    value: dict[str, JsonValue] = {"rows": [_value(one) for one in rows], "more": more}
    office.show(value, _text(rows, more=more))


def _value(one: Row) -> dict[str, JsonValue]:
    return {
        "contract": one.contract,
        "acct": one.acct,
        "customer": one.customer,
        "site": one.site,
        "dealer": one.dealer,
        "tier": one.tier,
        "service": one.service.value,
        "standing": one.standing.value,
        "balance": one.balance,
        "overdue": one.overdue,
        "currency": one.currency,
        "days_past_due": one.days_past_due,
        "renews_on": None if one.renews_on is None else one.renews_on.isoformat(),
        "case": one.case_id,
        "case_state": one.case_state,
        "case_overdue": one.case_overdue,
        "next_step": one.next_step,
        "next_due": None if one.next_due is None else iso(one.next_due),
        "bundle": one.bundle,
    }


def _text(rows: list[Row], *, more: bool) -> list[str]:
    if not rows:
        return ["No contract is like that."]
    head = (
        *("contract", "account", "site", "tier", "service", "standing", "balance", "days"),
        *("renews", "case", "next", "due", "bundle"),
    )
    shown = table(head, [_cells(one) for one in rows])
    return [*shown, *(["There are more; --limit shows them."] if more else [])]


def _cells(one: Row) -> list[str]:
    return [
        one.contract,
        one.acct,
        one.site,
        one.tier,
        one.service.value,
        one.standing.value,
        "" if one.balance is None else f"{money(one.balance)} {one.currency}",
        str(one.days_past_due or ""),
        "" if one.renews_on is None else one.renews_on.isoformat(),
        "" if one.case_state == NO_CASE else f"{one.case_state}{' !' * one.case_overdue}",
        one.next_step,
        "" if one.next_due is None else f"{one.next_due:%Y-%m-%d %H:%M} UTC",
        "" if one.bundle == NO_BUNDLE else one.bundle,
    ]
