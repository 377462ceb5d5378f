"""`stationctl account tests`: what is expected of an account's timer tests."""

from datetime import timedelta

import click

from archive.canonical import JsonValue
from stationd.accounts.service import change_details
from stationd.cli.moments import PERIOD
from stationd.cli.office import Office
from stationd.errors import MistakeError
from stationd.supervision.service import expect_anew

__all__ = ["tests"]

_HOUR, _MINUTE = timedelta(hours=1), timedelta(minutes=1)


@click.command(
    epilog="""\b
Examples:
  stationctl account tests 1234 --every 24h --grace 2h
  stationctl account tests 1234 --every 7d --by any
  stationctl account tests 1234 --none
"""
)
@click.argument("acct")
@click.option("--every", type=PERIOD, help="How often a test comes, in whole hours.")
@click.option("--grace", type=PERIOD, help="How late it may be.  [default: a quarter of that]")
@click.option("--by", "by_", type=click.Choice(["test", "any"]), help="What counts as a test.")
@click.option("--none", is_flag=True, help="Expect no tests any more.")
@click.pass_obj
def tests(
    office: Office,
    *,
    acct: str,
    every: timedelta | None,
    grace: timedelta | None,
    by_: str | None,
    none: bool,
) -> None:
    """Set how often ACCT is to test, so that it is missed when it does not.

    What is not given stays as it is.  Polls of IP panels have an interval of their own, which
    accounts are imported with.
    """
    given: dict[str, JsonValue] = {}
    if none:
        given = {"test_hours": None, "test_grace": None, "test_by": None}
    if every is not None:
        given["test_hours"] = _whole(every, _HOUR, "--every: whole hours are needed, such as 24h.")
    if grace is not None:
        given["test_grace"] = _whole(grace, _MINUTE, "--grace: whole minutes are needed.")
    if by_ is not None:
        given["test_by"] = by_
    if not given or (none and len({*given.values()}) > 1):
        raise MistakeError("Say --every, --grace or --by, or --none alone.")
    fields = change_details(office.desk, acct, given, by=office.person())
    expect_anew(office.desk, acct)
    said = ", ".join(field.rpartition(".")[2] for field in fields) or "nothing"
    office.show({"acct": acct, "changed": [*fields]}, f"Changed for {acct}: {said}.")


def _whole(period: timedelta, unit: timedelta, fault: str) -> int:
    count, rest = divmod(period, unit)
    if rest or (unit == _HOUR and not count):
        raise MistakeError(fault)
    return count
