"""`stationctl prove`: what others saw of an account at any anchor of its life."""

from pathlib import Path

import click

from archive.proofs import proof_files
from stationd import parts
from stationd.anchors.proofs import Chain
from stationd.anchors.proving import prove as proofs_of
from stationd.cli.custody import PURPOSE
from stationd.cli.office import Office

__all__ = ["prove"]


@click.command(epilog="Example: stationctl prove 1234 --anchor 4711 --into proof-4711")
@click.argument("acct")
@click.option(
    "--anchor", type=click.IntRange(min=0), required=True, help="The checkpoint to be proved."
)
@click.option("--epoch", type=click.IntRange(min=1), default=1, show_default=True)
@click.option(
    "--to",
    type=click.IntRange(min=0),
    help="The checkpoint that the proof ends in, as in a bundle's name.  [default: the newest]",
)
@click.option(
    "--into",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    help="A new folder for the files.",
)
@PURPOSE
@click.pass_obj
def prove(  # noqa: PLR0913  (an option each)
    office: Office,
    /,
    acct: str,
    *,
    epoch: int,
    anchor: int,
    to: int | None,
    into: Path,
    purpose: str,
) -> None:
    """Prove how account ACCT stood at one anchor: note, stamp, and its place in log and state.

    To check it beside an unpacked bundle that reaches to the same checkpoint (--to):
    `python3 BUNDLE/verify/ledger.py BUNDLE LOG.pem TSA.pem INTO`.
    """
    chain = Chain(
        station=office.desk.station,
        origin=office.settings.ledger.origin,
        acct=acct,
        epoch=epoch,
    )
    made = proofs_of(office.desk, parts.states(office.settings), chain, anchor, to)
    written: list[str] = []
    for name, content in proof_files(made):
        path = into / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        written.append(str(path))
    office.reads("proofs", acct=acct, purpose=purpose)
    first, last = made.points[0], made.points[-1]
    office.show(
        {"acct": acct, "anchor": first.n, "size": first.size, "to": last.n, "files": [*written]},
        f"At checkpoint {first.n} account {acct} had {first.size} records; proved up to "
        f"checkpoint {last.n} in {into}.",
    )
