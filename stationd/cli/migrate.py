"""`stationctl migrate`."""

from pathlib import Path

import click

from stationd.cli.office import Office
from stationd.db import revision
from stationd.db.engine import Database
from stationd.db.rights import give_rights
from stationd.errors import DatabaseUnavailableError

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
    its own tools.  There, tables belong to the role of database.owner, and the programs' role is
    given its rights each time.
    """
    settings = office.settings.database
    database = Database(settings.owner) if settings.owner else office.unchecked_desk.database
    try:
        _migrate(office, database, copy_to)
    except DatabaseUnavailableError as error:
        if not settings.owner:
            raise
        # The worker's unit calls us at each start, and need not be able to be the owner.
        if not _is_newest(office):
            raise
        office.note(f"Nothing had to be done, and the owner was not there to ask: {error}")
    finally:
        if settings.owner:
            database.close()


def _migrate(office: Office, database: Database, copy_to: Path | None) -> None:
    target = copy_to or _beside(office, database)
    with database.reading() as connection:
        before = revision.read_revision(connection)
    after = revision.migrate(database, copy_to=target)
    copied = target is not None and target.exists() and before not in (None, after)
    role = office.settings.database.programs_role
    if role:
        with database.writing() as connection:
            give_rights(connection, role)
    office.show(
        {
            "before": before,
            "after": after,
            "copy": str(target) if copied else None,
            **({"role": role} if role else {}),
        },
        [
            f"The station database has revision {after}"
            + (", as before." if before == after else f" (before: {before or 'no tables'})."),
            *([f"A copy of what it was lies at {target}."] if copied else []),
            *(
                [f"The role {role} has its rights: it adds records and changes none."]
                if role
                else []
            ),
        ],
    )


def _is_newest(office: Office) -> bool:
    try:
        revision.check_revision(office.unchecked_desk.database)
    except (revision.RevisionError, DatabaseUnavailableError):
        return False
    return True


def _beside(office: Office, database: Database) -> Path | None:
    """Return where a copy of a SQLite file goes; None: it is no file of ours."""
    url = database.engine.url
    if url.get_backend_name() != "sqlite" or not url.database:
        return None
    path = Path(url.database)
    return path.with_name(f"{path.name}.before-{office.clock.now():%Y%m%dT%H%M%SZ}")
