"""A receiver that sends numbered frames, a worker to kill, and what must hold of their station."""

import json
import signal
import socket
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

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
from stationd.db import schema
from stationd.desk import Desk
from stationd.journal.model import Kind
from stationd.sealing import new_sealing_key
from stationd.staff.model import Person, Role
from tests.system.nursery import Nursery, Program

NUMBERS = ("1000", "1001", "1002")
MANAGER = Person(login="maria", name="Maria", role=Role.MANAGER)

MORE = """
[database]
url = "{url}"
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

    def __init__(self, config: Path, log: Path, workers: Nursery) -> None:
        self._config = config
        self._log = log
        self._workers = workers
        self._process: Program | None = None

    def start(self) -> None:
        self._process = self._workers.start(["--config", str(self._config)], self._log)

    def end(self, number: signal.Signals) -> int:
        if self._process is None:
            return 0
        self._process.send_signal(number)
        code = self._process.wait(30)
        self._process = None
        return code


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


def all_signed(desk: Desk) -> bool:
    """Whether no checkpoint waits for its note: a look that failed signs it at the next one."""
    waiting = sa.select(schema.checkpoints.c.n).except_(sa.select(schema.notes.c.n))
    return not rows(desk, waiting)


def check_log(desk: Desk) -> None:
    """Every checkpoint follows the one before and has its note."""
    numbers = [row.n for row in rows(desk, sa.select(schema.checkpoints.c.n).order_by("n"))]
    signed = [row.n for row in rows(desk, sa.select(schema.notes.c.n).order_by("n"))]
    assert numbers == list(range(len(numbers)))
    assert signed == numbers


def prepare(station: Any, folder: Path, keys: Ceremony, url: str) -> None:
    """Write the settings of a whole station with one receiver's port."""
    key = folder / "roster.key"
    key.write_bytes(new_sealing_key())
    key.chmod(0o600)
    # The table [roster] is the last of the station's own file.
    more = MORE.format(folder=folder, log_key=keys.log_key, url=url)
    station.listeners = f'key = "{key}"\n' + more
    station.port = station.listen("tcp", "surgard", group="lines")


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
