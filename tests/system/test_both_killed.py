"""Daemon and worker killed at random under load: what was acknowledged is in its account, once.

A simulated receiver sends numbered frames over several connections and notes what was answered.
At the end journal, entries, records and acknowledgements are compared, and every chain and the
checkpoint log are computed anew.
"""

import json
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from archive import ledger_check, merkle
from archive.ceremony import Ceremony
from stationd.accounts.model import (
    Contract,
    Customer,
    Opening,
    Ownership,
    Site,
    Transmitter,
)
from stationd.accounts.service import link_transmitter, open_account
from stationd.clock import SystemClock
from stationd.db import schema
from stationd.desk import Desk, open_desk
from stationd.ids import SystemIds
from stationd.journal.model import Kind
from stationd.sealing import new_sealing_key
from stationd.settings import load
from stationd.staff.model import Person, Role

pytestmark = [pytest.mark.system, pytest.mark.slow]

ROUNDS = 20
NUMBERS = ("1000", "1001", "1002")
MANAGER = Person(login="maria", name="Maria", role=Role.MANAGER)

MORE = """
[database]
url = "sqlite:///{folder}/station.sqlite3"
[keys]
log_key = "{log_key}"
[worker]
follow_every = "1s"
[archive]
sealed = "{folder}/sealed"
[archive.store]
kind = "directory"
path = "{folder}/store"
"""


def surgard(number: int) -> bytes:
    """Return a Contact ID frame that no other number gives, of an account known or not."""
    account = (*NUMBERS, "9999")[number % 4]
    return b"5011 18%sE130%02d%03d\x14" % (account.encode(), number // 4000, number // 4 % 1000)


class Sender(threading.Thread):
    """A receiver that keeps one frame in flight, and repeats what was not answered."""

    def __init__(self, port: int, numbers: Iterator[int]) -> None:
        super().__init__(daemon=True)
        self._port = port
        self._numbers = numbers
        self._stopping = threading.Event()
        self.acknowledged: list[bytes] = []

    def run(self) -> None:
        frame = surgard(next(self._numbers))
        while not self._stopping.is_set():
            with (
                suppress(OSError),
                socket.create_connection(("127.0.0.1", self._port), timeout=5) as line,
            ):
                while not self._stopping.is_set():
                    line.sendall(frame)
                    if line.recv(16) != b"\x06":
                        break
                    self.acknowledged.append(frame)
                    frame = surgard(next(self._numbers))
            self._stopping.wait(0.02)

    def stop(self) -> None:
        self._stopping.set()
        self.join(20)


class Worker:
    """The worker of a station's folder."""

    def __init__(self, config: Path, log: Path) -> None:
        self._config = config
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "stationd.worker", "--config", str(self._config)],
                stderr=log,
            )

    def end(self, number: signal.Signals) -> int:
        if self._process is None:
            return 0
        self._process.send_signal(number)
        code = self._process.wait(30)
        self._process = None
        return code


@pytest.fixture
def desk(station: Any, station_file: Path, tmp_path: Path, keys: Ceremony) -> Iterator[Desk]:
    key = tmp_path / "roster.key"
    key.write_bytes(new_sealing_key())
    key.chmod(0o600)
    # The table [roster] is the last of the station's own file.
    station.journal_settings = ""
    station.listeners = f'key = "{key}"\n' + MORE.format(folder=tmp_path, log_key=keys.log_key)
    station.port = station.listen("tcp", "surgard", group="lines")
    station.start()
    made = open_desk(load(station.config), clock=SystemClock(), ids=SystemIds())
    for number in NUMBERS:
        give(made, number)
    yield made
    made.database.close()


def give(desk: Desk, number: str, group: str = "lines") -> None:
    """Open an account for a transmitter's number."""
    opening = Opening(
        customer=Customer(id=f"c{number}", name="Acme"),
        site=Site(
            id=f"s{number}", customer_id=f"c{number}", name="Shop", address="1 Main", zone="UTC"
        ),
        contract=Contract(id=f"k{number}", site_id=f"s{number}", number=number, notice_days=0),
        acct=f"A-{number}",
    )
    open_account(desk, opening, by=MANAGER)
    link_transmitter(
        desk,
        opening.acct,
        Transmitter(id=f"t{number}", group=group, number=number),
        Ownership(valid_from=datetime.now(UTC) - timedelta(days=1)),
        by=MANAGER,
    )


@pytest.fixture
def worker(station: Any, desk: Desk, tmp_path: Path) -> Iterator[Worker]:
    made = Worker(station.config, tmp_path / "worker.log")
    yield made
    made.end(signal.SIGKILL)


def rows(desk: Desk, query: sa.Select[Any]) -> list[Any]:
    with desk.database.reading() as connection:
        return list(connection.execute(query))


def taken(desk: Desk) -> int:
    (found,) = rows(desk, sa.select(sa.func.coalesce(sa.func.max(schema.entries.c.position), 0)))
    return int(found[0])


def check_chains(desk: Desk) -> None:
    """Compute every chain anew with the verifier's code and compare it with its head."""
    leaves: dict[tuple[str, int], list[bytes]] = {}
    order = (schema.records.c.acct, schema.records.c.epoch, schema.records.c.seq)
    for row in rows(desk, sa.select(schema.records).order_by(*order)):
        chain = leaves.setdefault((row.acct, row.epoch), [])
        chain.append(merkle.leaf(row.body))
        assert row.seq == len(chain)
    for head in rows(desk, sa.select(schema.heads)):
        key = ledger_check.account_key(desk.station, head.acct, head.epoch)
        chain = leaves[head.acct, head.epoch]
        assert (head.size, head.head) == (len(chain), ledger_check.chain(key, chain))


def check_log(desk: Desk) -> None:
    """Every checkpoint follows the one before and has its note."""
    numbers = [row.n for row in rows(desk, sa.select(schema.checkpoints.c.n).order_by("n"))]
    signed = [row.n for row in rows(desk, sa.select(schema.notes.c.n).order_by("n"))]
    assert numbers == list(range(len(numbers)))
    assert signed == numbers


def test_every_acknowledged_frame_reaches_its_account_exactly_once(
    station: Any, desk: Desk, worker: Worker
) -> None:
    chance = random.Random(5)
    numbers = iter(range(1_000_000))
    senders = [Sender(station.port, numbers) for _ in range(3)]
    worker.start()
    for sender in senders:
        sender.start()

    for _ in range(ROUNDS):
        kills = [station.kill, lambda: worker.end(signal.SIGKILL)]
        chance.shuffle(kills)
        for kill in kills:
            # Long enough for the worker to come up at times, short enough to miss it at others.
            time.sleep(chance.uniform(0.05, 1.5))
            kill()
        before = station.logged("ready")
        station.start(ready=False)
        worker.start()
        if chance.random() < 0.5:
            station.until(lambda: station.logged("ready") > before, "the daemon is ready")  # noqa: B023

    station.until(lambda: station.logged("ready") > before, "the daemon is ready")
    answered = sum(len(sender.acknowledged) for sender in senders)
    station.until(
        lambda: sum(len(sender.acknowledged) for sender in senders) > answered, "it answers"
    )
    for sender in senders:
        sender.stop()
    assert station.stop() == 0
    entries = station.entries()
    station.until(lambda: taken(desk) == len(entries), "all entries are taken", 120)
    assert worker.end(signal.SIGTERM) == 0

    acknowledged = [frame for sender in senders for frame in sender.acknowledged]
    assert len(acknowledged) > 10 * ROUNDS
    compare(desk, entries, acknowledged)
    check_chains(desk)
    check_log(desk)


def compare(desk: Desk, entries: list[Any], acknowledged: list[bytes]) -> None:
    """Every frame of the journal is one record of its own account, and no record is another's."""
    frames = {one.position: one.raw for one in entries if one.kind is Kind.FRAME}
    assert set(acknowledged) <= set(frames.values())
    signals = rows(desk, sa.select(schema.records).where(schema.records.c.type == "signal"))
    assert Counter(row.position for row in signals) == Counter(frames.keys())
    for row in signals:
        body = json.loads(row.body)
        raw = frames[row.position]
        number = raw[7:11].decode()
        owner = f"A-{number}" if number in NUMBERS else f"unknown:lines:{number}"
        assert (bytes.fromhex(body["frame"]), row.acct) == (raw, owner)
