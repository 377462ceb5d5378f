"""`stationctl account terms`: the terms of an account's contract."""

from collections.abc import Sequence
from dataclasses import replace

import click

from stationd.access.model import Purpose
from stationd.accounts.service import change
from stationd.accounts.store import read_account, read_contract
from stationd.cli.handed_in import named_values
from stationd.cli.office import Office
from stationd.cli.output import table
from stationd.errors import MistakeError
from stationd.imports.columns import FIELDS, Value, read_cell
from stationd.imports.model import Arrangement
from stationd.imports.plan import TERMS, plain

__all__ = ["terms"]


@click.command(
    epilog="""\b
Examples:
  stationctl account terms 1234
  stationctl account terms 1234 --set termination_clause="12.1 ..." --set paid_through=2026-03-31
"""
)
@click.argument("acct")
@click.option(
    "--set", "given", multiple=True, metavar="NAME=VALUE", help="A term; may be repeated."
)
@click.option("--drop", multiple=True, type=click.Choice(TERMS), help="A term that is none.")
@click.pass_obj
def terms(office: Office, acct: str, given: Sequence[str], drop: Sequence[str]) -> None:
    """Show the terms of account ACCT's contract, or enter some; a notice rests on them (G8c).

    The names are those of an import (docs/reference/import-fields.md).
    """
    with office.desk.database.reading() as connection:
        contract = read_contract(connection, read_account(connection, acct).contract_id)
    if given or drop:
        named = {name: _term(name, str(value)) for name, value in named_values(given).items()}
        kept = {name: value for name, value in contract.terms.items() if name not in drop}
        contract = replace(contract, terms={**kept, **plain(named)})
        change(office.desk, contract, by=office.person())
    else:
        office.reads("terms", acct=acct, purpose=Purpose.CASE.value)
    rows = [[name, str(contract.terms.get(name, "")), FIELDS[name].help] for name in TERMS]
    office.show(dict(contract.terms), table(("term", "is", ""), rows))


def _term(name: str, cell: str) -> Value:
    if name not in TERMS:
        raise MistakeError(f"There is no term {name}; there are: {', '.join(TERMS)}.")
    try:
        return read_cell(name, cell, Arrangement())
    except ValueError as error:
        raise MistakeError(f"{name} {error}.") from None
