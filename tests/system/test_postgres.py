"""A whole station on a real PostgreSQL: killed, away, shared by two nodes, put back from a dump."""

import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from archive.ceremony import Ceremony
from stationd.clock import SystemClock
from stationd.db import schema
from stationd.desk import Desk, open_desk
from stationd.ids import SystemIds
from stationd.settings import load
from tests.postgresql import PostgresServer
from tests.system.nursery import Nursery
from tests.system.whole_station import (
    NUMBERS,
    Sender,
    Worker,
    all_signed,
    check_chains,
    check_log,
    compare,
    give,
    prepare,
    rows,
    taken,
)

pytestmark = pytest.mark.system

PAGE = Path(__file__).parents[2] / "docs" / "howto" / "use-postgresql.md"
ENOUGH = 150


@pytest.fixture
def database_kind() -> str:
    return "postgresql"


@pytest.fixture
def desk(station: Any, tmp_path: Path, keys: Ceremony, database_url: str) -> Iterator[Desk]:
    prepare(station, tmp_path, keys, database_url)
    station.start()
    made = open_desk(load(station.config), clock=SystemClock(), ids=SystemIds())
    for number in NUMBERS:
        give(made, number)
    yield made
    made.database.close()


@pytest.fixture
def worker(station: Any, desk: Desk, workers: Nursery, tmp_path: Path) -> Iterator[Worker]:
    made = Worker(station.config, tmp_path / "worker.log", workers)
    yield made
    made.end(signal.SIGKILL)


@pytest.fixture
def killed(postgres: PostgresServer) -> Iterator[PostgresServer]:
    """The server, which a test may kill; it runs again afterwards."""
    yield postgres
    if not postgres.runs:
        postgres.start()


def logged(tmp_path: Path, event: str) -> list[str]:
    """Return the lines of the worker's log that tell of ``event``."""
    text = (tmp_path / "worker.log").read_text()
    return [line for line in text.splitlines() if f'"event": "{event}"' in line]


def test_nothing_is_lost_or_doubled_when_server_and_worker_are_killed(
    station: Any, desk: Desk, worker: Worker, killed: PostgresServer, tmp_path: Path
) -> None:
    senders = [Sender(station.port, iter(count(start, 2))) for start in (0, 1)]
    acknowledged = lambda: sum(len(one.acknowledged) for one in senders)  # noqa: E731
    worker.start()
    for sender in senders:
        sender.start()
    station.until(lambda: taken(desk) > ENOUGH, "the worker follows")

    worker.end(signal.SIGKILL)
    worker.start()
    at = taken(desk)
    station.until(lambda: taken(desk) > at + ENOUGH, "the next worker goes on")

    killed.kill()
    answered = acknowledged()
    helps = "Look whether the server runs and listens"
    station.until(lambda: helps in "".join(logged(tmp_path, "not following")), "it says why")
    station.until(lambda: acknowledged() > answered + ENOUGH, "the daemon goes on acknowledging")
    killed.start()

    for sender in senders:
        sender.stop()
    assert station.stop() == 0
    entries = station.entries()
    station.until(lambda: taken(desk) == len(entries), "all entries are taken", 120)
    station.until(lambda: all_signed(desk), "every checkpoint has its note")
    assert worker.end(signal.SIGTERM) == 0
    # What fails is told once, however often it is tried.
    assert len(logged(tmp_path, "not following")) <= 3
    assert "Traceback" not in (tmp_path / "worker.log").read_text()
    compare(desk, entries, [frame for sender in senders for frame in sender.acknowledged])
    check_chains(desk)
    check_log(desk)


@pytest.fixture
def neighbour(tmp_path: Path, worker: Worker, workers: Nursery, station: Any) -> Iterator[Any]:
    """Another node at the same station database, with a journal, a daemon and a worker."""
    folder = tmp_path / "neighbour"
    folder.mkdir()
    made = type(station)(folder, station.daemons)
    # Its own port, and everything else but the station database in its own folder.
    made.port = made.listen("tcp", "surgard", group="lines")
    text = station.config.read_text().replace(str(station.port), str(made.port))
    text = text.replace(f'"{tmp_path}/', f'"{folder}/').replace('"test-1"', '"test-2"')
    for name in ("roster.key", "keys"):
        (folder / name).symlink_to(tmp_path / name)
    made.configure = lambda: made.config.write_text(text)
    made.start()
    made.worker = Worker(made.config, folder / "worker.log", workers)
    yield made
    made.worker.end(signal.SIGKILL)
    made.kill()


def test_two_nodes_share_a_database_and_one_of_them_acts(
    station: Any, desk: Desk, worker: Worker, neighbour: Any, tmp_path: Path
) -> None:
    senders = [
        Sender(node.port, iter(count(start, 2))) for start, node in ((0, station), (1, neighbour))
    ]
    worker.start()
    station.until(lambda: logged(tmp_path, "acting"), "the first acts")
    neighbour.worker.start()
    for sender in senders:
        sender.start()
    station.until(lambda: logged(neighbour.folder, "standing by: another worker acts"), "it waits")
    station.until(lambda: sum(of > ENOUGH for of in positions(desk)) == 2, "both follow")

    worker.end(signal.SIGTERM)
    station.until(lambda: logged(neighbour.folder, "acting"), "the other one acts")
    worker.start()
    for sender in senders:
        sender.stop()
    for node in (station, neighbour):
        assert node.stop() == 0
    ends = [len(node.entries()) for node in (station, neighbour)]
    station.until(lambda: sorted(positions(desk)) == sorted(ends), "all entries are taken", 120)
    station.until(lambda: all_signed(desk), "every checkpoint has its note")
    for one in (worker, neighbour.worker):
        assert one.end(signal.SIGTERM) == 0
    check_chains(desk)
    check_log(desk)
    sent = [frame for sender in senders for frame in sender.acknowledged]
    kept = rows(desk, sa.select(schema.signals.c.acct))
    assert len(sent) <= len(kept) == sum(len(node.frames()) for node in (station, neighbour))


def positions(desk: Desk) -> list[int]:
    return [row.position for row in rows(desk, sa.select(schema.journals.c.position))]


# --- The page that says how to set it up ---


def blocks(kind: str) -> list[str]:
    """Return the page's blocks of a kind."""
    return re.findall(rf"```{kind}\n(.*?)```", PAGE.read_text(), re.DOTALL)


@pytest.fixture
def made_as_told(postgres: PostgresServer) -> Iterator[None]:
    """Do on the server what the page says, and undo it."""
    (statements,) = blocks("sql")
    for statement in statements.strip().splitlines():
        postgres.execute(statement)
    yield
    for name in ("stationd", "restored"):
        postgres.drop(name)
    for role in ("stationd", "stationd_owner"):
        postgres.execute(f"DROP ROLE {role}")


def stationctl(config: Path, *words: str) -> str:
    done = subprocess.run(
        [Path(sys.executable).with_name("stationctl"), "--config", config, *words],
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    )
    return done.stdout


@pytest.mark.usefixtures("made_as_told")
def test_the_page_makes_a_database_that_can_be_dumped_and_put_back(
    station: Any, tmp_path: Path, keys: Ceremony, postgres: PostgresServer
) -> None:
    url, owner = postgres.url("stationd", "stationd"), postgres.url("stationd", "stationd_owner")
    prepare(station, tmp_path, keys, f'{url}"\nowner = "{owner}')
    station.configure()
    assert "the role stationd has its rights" in stationctl(station.config, "migrate").lower()
    desk = open_desk(load(station.config), clock=SystemClock(), ids=SystemIds())
    for number in NUMBERS:
        give(desk, number)
    check_chains(desk)
    before = rows(desk, sa.select(schema.records).order_by("acct", "epoch", "seq"))
    desk.database.close()
    assert len(before) > len(NUMBERS)

    dump, restore = (block for block in blocks("sh") if block.startswith("pg_"))
    here = f"host={postgres.folder} user=stationd_owner"
    for command, name in ((dump, "stationd"), (restore.splitlines()[0], "restored")):
        if name == "restored":
            (statements,) = blocks("sql")
            make = statements.strip().splitlines()[-1]
            postgres.execute(make.replace("DATABASE stationd", "DATABASE restored"))
        told = re.sub(r'"host=[^"]*"', f"'{here} dbname={name}'", command.strip())
        postgres.shell(told, tmp_path)
    station.config.write_text(station.config.read_text().replace("/stationd?", "/restored?"))
    assert "as before" in stationctl(station.config, "migrate")
    again = open_desk(load(station.config), clock=SystemClock(), ids=SystemIds())
    assert rows(again, sa.select(schema.records).order_by("acct", "epoch", "seq")) == before
    check_chains(again)
    again.database.close()
    told = stationctl(station.config, "migrate")
    assert "it adds records and changes none" in told
