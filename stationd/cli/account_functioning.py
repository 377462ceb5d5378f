"""`stationctl account functioning`: did it work?  Counts of a span, as a file."""

from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path

import click

from stationd.cli.custody import PURPOSE
from stationd.cli.moments import MOMENT, PERIOD
from stationd.cli.office import Office
from stationd.errors import MistakeError
from stationd.reports.functioning import functioning_report

__all__ = ["functioning"]

_LAST = timedelta(days=90)


@click.command(
    epilog="""\b
Examples:
  stationctl account functioning 1234 --since 2026-01-10 --until 2026-02-01 --out report.pdf
  stationctl account functioning 1234 --last 30d --out report.pdf
"""
)
@click.argument("acct")
@click.option("--since", type=MOMENT, help="From this moment on.  [default: 90 days ago]")
@click.option("--until", type=MOMENT, help="Until this moment.  [default: now]")
@click.option("--last", type=PERIOD, help="The span until now, in place of --since.")
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    help="The file to write (PDF); it must not be there yet.",
)
@PURPOSE
@click.pass_obj
def functioning(  # noqa: PLR0913  (an option each)
    office: Office,
    *,
    acct: str,
    since: datetime | None,
    until: datetime | None,
    last: timedelta | None,
    out: Path,
    purpose: str,
) -> None:
    """Write the functioning report of account ACCT: what came, what was missed, what was away.

    It states counts and how they were made, and draws no conclusion.  It is no bundle: a bundle
    shows the same records with proof.
    """
    if last is not None and since is not None:
        raise MistakeError("Say --since or --last, and not both.")
    end = until or office.clock.now()
    begin = since or end - (last or _LAST)
    made = functioning_report(office.desk, acct, since=begin, until=end)
    office.reads("functioning", acct=acct, purpose=purpose)
    with out.open("xb") as target:
        target.write(made.content)
    digest = sha256(made.content).hexdigest()
    office.show(
        {"file": str(out), "records": made.records, "sha256": digest},
        f"{out}: {made.records} records; SHA-256 {digest}.",
    )
