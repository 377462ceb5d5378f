"""`stationctl account reconcile`."""

from collections.abc import Sequence
from pathlib import Path

import click

from archive.canonical import JsonValue
from stationd.automation import LIST_FIELDS
from stationd.cli.account_import import pairs
from stationd.cli.office import Office
from stationd.errors import MistakeError
from stationd.imports.model import Source
from stationd.reconciling.model import Reconciled
from stationd.reconciling.service import MOST_BYTES
from stationd.reconciling.service import reconcile as compare

__all__ = ["reconcile"]

_SHOWN = 50

_EPILOG = """\b
Examples:
  stationctl account reconcile accounts.csv --dry-run
  stationctl account reconcile accounts.csv --map "Acct No=account" --map Name=customer
"""


@click.command(name="reconcile", epilog=_EPILOG)
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--map",
    "maps",
    multiple=True,
    metavar="HEADING=FIELD",
    help=f"Which column is which of {', '.join(LIST_FIELDS)}; beside [automation.columns].",
)
@click.option("--confirm", is_flag=True, help="A manager: it is right though it lacks much.")
@click.option("--dry-run", is_flag=True, help="Compare and show; write nothing.")
@click.pass_obj
def reconcile(
    office: Office, *, file: Path, maps: Sequence[str], confirm: bool, dry_run: bool
) -> None:
    """Compare the automation platform's account list, a CSV FILE, with our accounts.

    An account that is gone there without a case here gets a bundle at once and pages managers;
    numbers of closed accounts that another customer has now stay in quarantine.
    """
    given = pairs(maps, "--map")
    unknown = sorted(set(given.values()) - set(LIST_FIELDS))
    if unknown:
        raise MistakeError(f"--map: {unknown[0]} is none of {', '.join(LIST_FIELDS)}.")
    try:
        with file.open("rb") as opened:
            source = Source(name=file.name, data=opened.read(MOST_BYTES + 1))
    except OSError as error:
        raise MistakeError(f"{file}: {error.strerror}") from None
    if len(source.data) > MOST_BYTES:
        raise MistakeError(f"{file} is larger than {MOST_BYTES >> 20} MiB, and no list is.")
    settings = office.settings.automation
    read_so = settings.model_copy(update={"columns": {**settings.columns, **given}})
    done = compare(
        office.desk, source, read_so, by=office.person(), confirmed=confirm, dry_run=dry_run
    )
    office.show(_value(done), _lines(done, dry_run=dry_run))


def _value(done: Reconciled) -> dict[str, JsonValue]:
    return {
        "list": done.list.id,
        "accounts": done.list.accounts,
        "said": done.list.said,
        "findings": [
            {"kind": one.kind, "what": one.what, "said": one.said} for one in done.findings
        ],
        "orders": list(done.orders),
        "heard": [
            {"group": group, "number": number, "count": count}
            for group, number, count in done.heard
        ],
    }


def _lines(done: Reconciled, *, dry_run: bool) -> list[str]:
    lines = [f"{done.list.name}: {done.list.accounts} accounts listed; {done.list.said}."]
    lines += [f"  {one.what}: {one.said}" for one in done.findings[:_SHOWN]]
    if len(done.findings) > _SHOWN:
        lines.append(f"  and {len(done.findings) - _SHOWN} more; --json has all.")
    if done.heard:
        numbers = ", ".join(f"{group} {number}".strip() for group, number, _ in done.heard[:20])
        lines.append(f"Heard, and nobody's: {len(done.heard)} number(s): {numbers}.")
    if dry_run:
        lines.append("Nothing was written.")
    elif done.orders:
        lines.append(f"{len(done.orders)} bundle(s) ordered.")
    return lines
