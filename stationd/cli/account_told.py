"""`stationctl account told`: the authority and the issuer whom the end of an account is told."""

import click

from archive.canonical import JsonValue
from stationd.access.model import Purpose
from stationd.accounts.service import change_details
from stationd.accounts.store import read_account
from stationd.cli.office import Office
from stationd.cli.output import table

__all__ = ["told"]

_WHO = ("authority", "issuer")


@click.command(
    epilog="""\b
Examples:
  stationctl account told 1234
  stationctl account told 1234 authority --name "Fire Marshal, City of Aurora" \\
    --address "15151 E Alameda Pkwy, Aurora, CO 80012"
"""
)
@click.argument("acct")
@click.argument("who", type=click.Choice(_WHO), required=False)
@click.option("--name", help="Their name.")
@click.option("--address", help="Their postal address, on one line.")
@click.option("--email", help="Their e-mail address.")
@click.pass_obj
def told(
    office: Office,
    acct: str,
    who: str | None,
    name: str | None,
    address: str | None,
    email: str | None,
) -> None:
    """Show whom the end of account ACCT is told, or enter the authority or the issuer.

    The authority is told of the end of a fire system; the issuer of that of a certificate.
    """
    given = {"name": name, "address": address, "email": email}
    if who is not None and any(given.values()):
        with office.desk.database.reading() as connection:
            known = _known(read_account(connection, acct).details.get(who))
        known |= {key: value for key, value in given.items() if value}
        change_details(office.desk, acct, {who: known}, by=office.person())
    with office.desk.database.reading() as connection:
        details = read_account(connection, acct).details
    office.reads("account", acct=acct, purpose=Purpose.CASE.value)
    shown = {one: _known(details.get(one)) for one in _WHO}
    rows = [[one, *(str(found.get(key, "")) for key in given)] for one, found in shown.items()]
    value: JsonValue = dict(shown)
    office.show(value, table(("who", *given), rows))


def _known(found: JsonValue) -> dict[str, JsonValue]:
    return dict(found) if isinstance(found, dict) else {}
