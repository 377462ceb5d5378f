"""Running the missing revisions; the one module that loads Alembic.

`stationd.db.revision` loads it when there is something to run: every program checks the revision,
few migrate, and loading Alembic takes longer than most commands of `stationctl`.
"""

from pathlib import Path

from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory

from stationd.db.engine import Connection

__all__ = ["upgrade"]


def upgrade(connection: Connection, folder: Path) -> None:
    """Run every missing revision of ``folder`` within the caller's transaction."""
    scripts = ScriptDirectory(str(folder))
    environment = EnvironmentContext(
        Config(),
        scripts,
        fn=lambda revision, _context: scripts._upgrade_revs("head", revision),  # noqa: SLF001
        destination_rev="head",
    )
    with environment:
        environment.configure(connection=connection, transactional_ddl=True)
        with environment.begin_transaction():
            environment.run_migrations()
