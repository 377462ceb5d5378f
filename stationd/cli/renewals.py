"""`stationctl renewals`: the lists by which everything in the archive is stamped anew."""

from pathlib import Path

import click

from archive.canonical import JsonValue
from archive.renewal_check import (
    RenewalList,
    file_faults,
    list_faults,
    read_renewal,
    stamp_faults,
)
from stationd import parts
from stationd.cli.office import Office
from stationd.cli.output import table
from stationd.clock import iso
from stationd.errors import CheckFailedError, MistakeError
from stationd.renewals import service
from stationd.renewals.model import Renewal
from stationd.staff.rights import Right, require

__all__ = ["renewals"]

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group(name="renewals")
def renewals() -> None:
    """List what is in the archive, have the list stamped anew each year, check such lists."""


@renewals.command(name="list", epilog="Example: stationctl renewals list")
@click.pass_obj
def show(office: Office) -> None:
    """List the renewals there were."""
    office.person()
    found = service.renewals(office.desk)
    rows = [
        [
            str(one.n),
            iso(one.made_at),
            str(one.objects),
            ", ".join(it.authority for it in one.stamps) or "nobody yet",
            "yes" if one.stored else "not yet",
            one.sha256,
        ]
        for one in found
    ]
    heads = ["list", "made", "objects", "stamped by", "stored", "SHA-256"]
    office.show([_value(one) for one in found], table(heads, rows))


def _value(one: Renewal) -> JsonValue:
    return {
        "list": one.n,
        "made_at": iso(one.made_at),
        "objects": one.objects,
        "sha256": one.sha256,
        "sha512": one.sha512,
        "stamped_by": [it.authority for it in one.stamps],
        "stored": one.stored,
    }


@renewals.command(epilog="Example: stationctl renewals make --to /media/stick")
@click.option(
    "--to",
    type=click.Path(file_okay=False, exists=True, path_type=Path),
    help="Write the list and its stamps into this folder too.",
)
@click.pass_obj
def make(office: Office, to: Path | None) -> None:
    """Make a list now, whatever the date of the last: before an algorithm or a key weakens."""
    require(office.person(), Right.MAKE_BUNDLES)
    done = service.renew(parts.renewing(office.settings, office.desk))
    lines = [f"List {done.n} of {done.objects} object(s) is stamped and stored: {done.sha256}"]
    if to is not None:
        lines += [f"Written: {path}" for path in _written(done, to)]
    office.show(_value(done), lines)


def _written(one: Renewal, to: Path) -> list[Path]:
    files = {f"{one.n:06}.jsonl": one.content}
    for it in one.stamps:
        files[f"{one.n:06}.tsr" if it.place == 0 else f"{one.n:06}.{it.authority}.tsr"] = it.reply
    paths = [to / name for name in files]
    for path, content in zip(paths, files.values(), strict=True):
        path.write_bytes(content)
    return paths


@renewals.command(
    epilog="""\b
Examples:
  stationctl renewals check 000001.jsonl 000002.jsonl --tsa TSA.pem
  stationctl renewals check 000002.jsonl --tsa TSA.pem --file station-1-1234-e1-c9-closing.asice
"""
)
@click.argument("lists", type=_FILE, nargs=-1, required=True)
@click.option("--tsa", type=_FILE, required=True, help="The authorities' certificates.")
@click.option("--file", "files", type=_FILE, multiple=True, help="A file that the last list names.")
@click.pass_obj
def check(office: Office, lists: tuple[Path, ...], tsa: Path, files: tuple[Path, ...]) -> None:
    """Check LISTS, given in their order, with the stamps beside them; and files by the last."""
    faults: list[str] = []
    read = [_read(path) for path in lists]
    lines: list[str] = []
    for path, one in zip(lists, read, strict=True):
        replies = {it.name: it.read_bytes() for it in path.parent.glob(f"{path.stem}*.tsr")}
        at, wrong = stamp_faults(one, replies, tsa.read_bytes())
        faults += wrong
        if at is None:
            faults.append(f"{path.name} has no stamp that holds")
        else:
            lines.append(f"{path.name}: {len(one.rows)} object(s), stamped not later than {at}")
    faults += list_faults(read)
    faults += file_faults(read[-1], files)
    if faults:
        raise CheckFailedError("; ".join(faults))
    lines += [f"{path.name}: the very file that {lists[-1].name} names" for path in files]
    office.show({"lists": len(lists), "files": len(files)}, lines)


def _read(path: Path) -> RenewalList:
    try:
        return read_renewal(path.read_bytes())
    except (ValueError, KeyError, TypeError) as error:
        raise MistakeError(f"{path} is no renewal list: {error}.") from None
