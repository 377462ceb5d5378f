"""`stationctl account premises`."""

from pathlib import Path

import click

from archive.canonical import JsonValue
from stationd.cli.custody import PURPOSE
from stationd.cli.office import Office
from stationd.clock import iso
from stationd.errors import MistakeError
from stationd.premises.pattern import Evidence, text
from stationd.premises.service import look

__all__ = ["premises"]


@click.command(
    name="premises",
    epilog="Example: stationctl account premises 1234 --to evidence.txt",
)
@click.argument("acct")
@click.option("--to", "path", type=click.Path(path_type=Path), help="A file for the evidence.")
@PURPOSE
@click.pass_obj
def premises(office: Office, acct: str, path: Path | None, purpose: str) -> None:
    """Tell whether ACCT's premises look dead: power lost, then battery or path, then no tests.

    The text can be recorded in a case as `supervision_evidence`.
    """
    office.reads("premises", acct=acct, purpose=purpose)
    found = look(office.desk, acct)
    if found is None:
        value: JsonValue = {"acct": acct, "dead": False}
        office.show(value, f"Account {acct} does not show the pattern of dead premises.")
        return
    if path is not None:
        try:
            path.write_text(text(found), encoding="utf-8")
        except OSError as error:
            raise MistakeError(f"{path}: {error.strerror}") from None
    office.show(_value(found), text(found).splitlines())


def _value(found: Evidence) -> dict[str, JsonValue]:
    return {
        "acct": found.acct,
        "dead": True,
        "power_lost_at": iso(found.power_lost_at),
        "power_code": found.power_code,
        "then": found.then,
        "then_at": iso(found.then_at),
        "then_code": found.then_code,
        "silent_since": iso(found.silent_since),
        "missed": found.missed,
        "heard": found.heard,
        "listener": found.listener,
    }
