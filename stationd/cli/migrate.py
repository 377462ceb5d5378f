"""`stationctl migrate`."""

from pathlib import Path

import click

from stationd.cli.office import Office
from stationd.db import revision
from stationd.db.engine import Database

__all__ = ["migrate"]


@click.command(epilog="Example: stationctl migrate --copy /var/backups/station-before.sqlite3")
@click.option(
    "--copy",
    "copy_to",
    type=click.Path(path_type=Path),
    help="Where the copy before goes (SQLite).  [default: beside the database]",
)
@click.pass_obj
def migrate(office: Office, copy_to: Path | None) -> None:
    """Bring the station database to the revision this program needs.

    Stop the worker first.  A SQLite database is copied before; for PostgreSQL make a backup with
    its own tools.
    """
    database = office.unchecked_desk.database
    target = copy_to or _beside(office, database)
    with database.reading() as connection:
        before = revision.read_revision(connection)
    after = revision.migrate(database, copy_to=target)
    copied = target is not None and target.exists() and before not in (None, after)
    office.show(
        {"before": before, "after": after, "copy": str(target) if copied else None},
        [
            f"The station database has revision {after}"
            + (", as before." if before == after else f" (before: {before or 'no tables'})."),
            *([f"A copy of what it was lies at {target}."] if copied else []),
        ],
    )


def _beside(office: Office, database: Database) -> Path | None:
    """Return where a copy of a SQLite file goes; None: it is no file of ours."""
    url = database.engine.url
    if url.get_backend_name() != "sqlite" or not url.database:
        return None
    path = Path(url.database)
    return path.with_name(f"{path.name}.before-{office.clock.now():%Y%m%dT%H%M%SZ}")
