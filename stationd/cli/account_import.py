"""`stationctl account import`."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import click

from stationd.board.service import move_renewals
from stationd.cli.office import Office
from stationd.errors import MistakeError
from stationd.imports.model import Arrangement, ImportOrder, ImportReport, Source
from stationd.imports.service import import_files
from stationd.supervision.service import expect_anew

__all__ = ["import_", "pairs"]

_KEYS = ("columns", "defaults", "dates", "encoding", "delimiter")

_EPILOG = """\b
Examples:
  stationctl account import accounts.csv --dry-run
  stationctl account import customers.csv accounts.csv panels.csv --mapping columns.toml
  stationctl account import accounts.csv --map "Acct No=account" --set zone=America/Denver

The fields, and how files belong together, are in the manual: how to import accounts.
"""


@click.command(name="import", epilog=_EPILOG)
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--map", "maps", multiple=True, metavar="HEADING=FIELD", help="Which column is which field."
)
@click.option(
    "--set",
    "sets",
    multiple=True,
    metavar="FIELD=VALUE",
    help="What a field is where no cell says it.",
)
@click.option(
    "--mapping",
    type=click.Path(path_type=Path),
    help="A TOML file with [columns], [defaults], dates, encoding and delimiter.",
)
@click.option("--dates", help="How dates are written, such as %m/%d/%Y.  [default: %Y-%m-%d]")
@click.option("--encoding", help="Encoding of the files.  [default: utf-8]")
@click.option("--delimiter", help="What is between cells.  [default: as in the header]")
@click.option("--dry-run", is_flag=True, help="Check everything, write nothing.")
@click.pass_obj
def import_(  # noqa: PLR0913  (an option each)
    office: Office,
    *,
    files: Sequence[Path],
    maps: Sequence[str],
    sets: Sequence[str],
    mapping: Path | None,
    dates: str | None,
    encoding: str | None,
    delimiter: str | None,
    dry_run: bool,
) -> None:
    """Import customers, sites, contracts, accounts and transmitters from CSV FILES.

    Every bad row is named with its line; while there is one, nothing is imported.  What is there
    already is left as it is, so the same files may be imported again.
    """
    given = {"dates": dates, "encoding": encoding, "delimiter": delimiter}
    arrangement = _arrangement(mapping, maps, sets, given)
    sources = [Source(name=path.name, data=_read(path)) for path in files]
    order = ImportOrder(sources=sources, arrangement=arrangement, dry_run=dry_run)
    by = office.person()
    with office.progress("Importing") as progress:
        report = import_files(office.desk, order, sealer=office.sealer, by=by, progress=progress)
    if report.applied:
        expect_anew(office.desk)
        move_renewals(office.desk)
    office.show(asdict(report), _lines(report))


def _arrangement(
    mapping: Path | None, maps: Sequence[str], sets: Sequence[str], given: Mapping[str, str | None]
) -> Arrangement:
    base = Arrangement() if mapping is None else _from_file(mapping)
    return replace(
        base,
        columns={**base.columns, **pairs(maps, "--map")},
        defaults={**base.defaults, **pairs(sets, "--set")},
        **{name: value for name, value in given.items() if value is not None},
    )


def pairs(texts: Sequence[str], option: str) -> dict[str, str]:
    """Return what words such as HEADING=FIELD say, or raise `MistakeError`."""
    said = {}
    for text in texts:
        # A heading may hold the sign itself, a field never does.
        left, sign, right = text.rpartition("=") if option == "--map" else text.partition("=")
        if not sign or not left or not right:
            raise MistakeError(f"{option} {text}: two words with = between are needed.")
        said[left.strip()] = right.strip()
    return said


def _from_file(path: Path) -> Arrangement:
    try:
        content = tomllib.loads(_read(path).decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise MistakeError(f"{path}: {error}") from None
    faults = [f"{name} is not known here" for name in content if name not in _KEYS]
    faults += [
        f"{name} must be a table of texts"
        for name in ("columns", "defaults")
        if not _texts(content.get(name, {}))
    ]
    faults += [
        f"{name} must be a text"
        for name in ("dates", "encoding", "delimiter")
        if not isinstance(content.get(name, ""), str)
    ]
    if faults:
        raise MistakeError(f"{path}: {'; '.join(faults)}. Known are {', '.join(_KEYS)}.")
    return Arrangement(**content)


def _texts(value: Any) -> bool:  # noqa: ANN401  (whatever a TOML file holds)
    return isinstance(value, dict) and all(isinstance(one, str) for one in value.values())


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise MistakeError(f"{path}: {error.strerror}") from None


def _lines(report: ImportReport) -> list[str]:
    done = "Imported" if report.applied else "Nothing is wrong; an import would have"
    rows = (
        f"{done}: {report.rows} rows, {report.new} new, {report.changed} changed, "
        f"{report.unchanged} as they were."
    )
    things = (
        f"Accounts opened: {report.accounts_opened}, changed: {report.accounts_changed}. "
        f"Transmitters: {report.transmitters}, links: {report.links}."
    )
    lines = [rows, things]
    if report.ignored_columns:
        lines.append(f"Columns left out: {', '.join(report.ignored_columns)}.")
    return lines
