"""`stationctl billing`."""

from pathlib import Path

import click

from archive.canonical import JsonValue
from stationd.access.model import Purpose
from stationd.billing.files import file_at, load_arrangement
from stationd.billing.model import Statement, money
from stationd.billing.restanding import make_anew
from stationd.billing.service import ImportReport, import_lines, look
from stationd.billing.sources import SOURCES
from stationd.billing.standing import statement_json
from stationd.billing.store import count_lines, read_imports
from stationd.cases.payments import note_payments
from stationd.cli.office import Office
from stationd.cli.output import table
from stationd.clock import iso
from stationd.errors import CheckFailedError, MistakeError
from stationd.staff.rights import Right, require

__all__ = ["billing", "statement_text"]


@click.group()
def billing() -> None:
    """Import and show invoices, payments and credits."""


@billing.command(
    name="import",
    epilog="""\b
Examples:
  stationctl billing import may.csv --mapping billing.toml --dry-run
  stationctl billing import may.csv
""",
)
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--mapping",
    type=click.Path(path_type=Path),
    help="A TOML file that says which column is what.  [default: billing.mapping]",
)
@click.option(
    "--format",
    "format_",
    type=click.Choice(list(SOURCES)),
    help="What the file holds.  [default: billing.format]",
)
@click.option("--dry-run", is_flag=True, help="Check everything, write nothing.")
@click.pass_obj
def import_(
    office: Office, *, file: Path, mapping: Path | None, format_: str | None, dry_run: bool
) -> None:
    """Import the billing lines in FILE.

    Where a row cannot be read, nothing is taken.  A line that is here already is nothing; one that
    says something else than before is refused by name, and the others are taken.
    """
    settings = office.settings.billing
    where = mapping or settings.mapping
    if where is None:
        raise MistakeError("Which column is what?  Name a file with --mapping, or billing.mapping.")
    by = office.person()
    report = import_lines(
        office.desk,
        file_at(file, format_ or settings.format, load_arrangement(where)),
        by=by,
        credited=note_payments,
        dry_run=dry_run,
    )
    office.show(_report_value(report), _report_text(report))
    if report.refusals:
        raise click.exceptions.Exit(CheckFailedError.exit_code)


@billing.command(epilog="Example: stationctl billing show 1234 --lines")
@click.argument("acct")
@click.option("--lines", is_flag=True, help="Every line, not only what is unpaid.")
@click.pass_obj
def show(office: Office, acct: str, *, lines: bool) -> None:
    """Show what the billing lines of account ACCT's contract come to today."""
    stands = look(office.desk, acct, office.person())
    office.reads("billing", acct=acct, purpose=Purpose.CASE.value)
    office.show(statement_json(stands), statement_text(stands, lines=lines))


@billing.command()
@click.pass_obj
def sources(office: Office) -> None:
    """List the kinds of file that can be read, and what was imported of late."""
    require(office.person(), Right.SEE_MONEY)
    with office.desk.database.reading() as connection:
        counts = count_lines(connection)
        imports = read_imports(connection, limit=20)
    value: dict[str, JsonValue] = {
        "formats": {name: one.title for name, one in SOURCES.items()},
        "lines": dict(counts),
        "imports": [
            {"source": one.source, "file": one.name, "by": one.by, "at": iso(one.at)}
            for one in imports
        ],
    }
    text = table(("format", ""), [[name, one.title] for name, one in SOURCES.items()])
    text += ["", *table(("source", "lines"), [[name, str(many)] for name, many in counts.items()])]
    head = ("imported", "source", "file", "by")
    rows = [[f"{one.at:%Y-%m-%d %H:%M} UTC", one.source, one.name, one.by] for one in imports]
    office.show(value, [*text, "", *table(head, rows)])


@billing.command()
@click.pass_obj
def check(office: Office) -> None:
    """Add every contract's lines up anew; put right, and name, what was kept wrong."""
    require(office.person(), Right.SEE_MONEY, Right.EDIT_ACCOUNTS)
    differing = make_anew(office.desk)
    text = "Every balance is what its lines come to."
    if differing:
        text = f"{len(differing)} balance(s) were wrong and are put right: {', '.join(differing)}."
    office.show({"put_right": list[JsonValue](differing)}, text)
    if differing:
        raise click.exceptions.Exit(CheckFailedError.exit_code)


def _report_value(report: ImportReport) -> dict[str, JsonValue]:
    return {
        "rows": report.rows,
        "taken": report.taken,
        "known": report.known,
        "skipped": report.skipped,
        "refusals": report.refusals,
        "refused": list[JsonValue](report.refused),
        "applied": report.applied,
    }


def _report_text(report: ImportReport) -> list[str]:
    done = "Taken" if report.applied else "An import would take"
    lines = [
        (
            f"{done}: {report.taken} of {report.rows} line(s); {report.known} were here already, "
            f"{report.skipped} skipped, {report.refusals} refused."
        )
    ]
    more = report.refusals - len(report.refused)
    return [*lines, *report.refused, *([f"… and {more} more"] if more else [])]


def statement_text(stands: Statement, *, lines: bool = False) -> list[str]:
    """Return a statement for people: the sums, and what is unpaid or every line."""
    through = "not known" if stands.paid_through is None else stands.paid_through.isoformat()
    text = [
        (
            f"Balance {money(stands.balance)} {stands.currency} on {stands.on}; overdue "
            f"{money(stands.overdue)}, {stands.days_past_due} day(s) past due. Paid through "
            f"{through}."
        )
    ]
    open_of = {one.line.id: money(one.amount) for one in stands.unpaid}
    shown = [line for line in stands.lines if lines or line.id in open_of]
    if not shown:
        return text
    head = ("day", "kind", "number", "due", "amount", "open", "text")
    rows = [
        [
            line.on.isoformat(),
            line.kind.value,
            line.number,
            line.due.isoformat(),
            money(line.amount),
            open_of.get(line.id, ""),
            line.text,
        ]
        for line in shown
    ]
    return [*text, *table(head, rows)]
