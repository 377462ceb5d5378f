"""An account that stops polling, on a real daemon and a real worker: whose fault it was."""

import json
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import fastcrc
import pytest
import sqlalchemy as sa

from archive.ceremony import Ceremony
from stationd.accounts.model import Contract, Customer, Opening, Ownership, Site, Transmitter
from stationd.accounts.service import link_transmitter, open_account
from stationd.clock import SystemClock
from stationd.db import schema
from stationd.desk import Desk, open_desk
from stationd.gaps.model import Cause
from stationd.gaps.service import gaps, gaps_of_account
from stationd.ids import SystemIds
from stationd.sealing import new_sealing_key
from stationd.settings import load
from stationd.staff.model import Person, Role
from stationd.supervision.model import State
from stationd.supervision.service import standing
from tests.system.nursery import Nursery

pytestmark = pytest.mark.system

ACCOUNTS = 6
GONE = "1000"
MANAGER = Person(login="maria", name="Maria", role=Role.MANAGER)

MORE = """
[database]
url = "sqlite:///{folder}/station.sqlite3"
[keys]
log_key = "{log_key}"
[archive]
sealed = "{folder}/sealed"
[archive.store]
kind = "directory"
path = "{folder}/store"
"""


def poll(number: str) -> bytes:
    body = b'"NULL"0000L0#%s[]' % number.encode()
    return b"\n%04X%04X%s\r" % (fastcrc.crc16.arc(body), len(body), body)


class Panels(threading.Thread):
    """Panels that poll twice a second over one connection, but for those that are gone."""

    def __init__(self, port: int, numbers: list[str]) -> None:
        super().__init__(daemon=True)
        self._port = port
        self._numbers = numbers
        self._stopping = threading.Event()
        self.gone: set[str] = set()

    def run(self) -> None:
        while not self._stopping.is_set():
            with (
                suppress(OSError),
                socket.create_connection(("127.0.0.1", self._port), timeout=5) as line,
            ):
                while not self._stopping.wait(0.5):
                    for number in self._numbers:
                        if number not in self.gone:
                            line.sendall(poll(number))
                            line.recv(4096)

    def stop(self) -> None:
        self._stopping.set()
        self.join(20)


@pytest.fixture
def port(station: Any, tmp_path: Path, keys: Ceremony) -> int:
    key = tmp_path / "roster.key"
    key.write_bytes(new_sealing_key())
    key.chmod(0o600)
    # The table [roster] is the last of the station's own file.
    station.listeners = f'key = "{key}"\n' + MORE.format(folder=tmp_path, log_key=keys.log_key)
    taken: int = station.listen("tcp", "dc09", group="main", name="ip")
    station.start()
    return taken


@pytest.fixture
def desk(station: Any, workers: Nursery, station_file: Path, port: int) -> Iterator[Desk]:
    """A station of accounts that are to poll every second."""
    made = open_desk(load(station.config), clock=SystemClock(), ids=SystemIds())
    for number in numbers():
        opening = Opening(
            customer=Customer(id="c", name="Acme"),
            site=Site(id="s", customer_id="c", name="Shop", address="1 Main", zone="UTC"),
            contract=Contract(id=number, site_id="s", number=number),
            acct=number,
        )
        open_account(made, opening, by=MANAGER)
        panel = Transmitter(id=number, group="main", number=number, poll_interval=1)
        during = Ownership(valid_from=made.clock.now() - timedelta(days=1))
        link_transmitter(made, number, panel, during, by=MANAGER)
    worker = workers.start(["--config", str(station.config)], station.folder / "worker.log")
    yield made
    worker.send_signal(signal.SIGTERM)
    worker.wait(30)
    made.database.close()


def numbers() -> list[str]:
    return [str(1000 + account) for account in range(ACCOUNTS)]


def state(desk: Desk, acct: str) -> State | None:
    rows = standing(desk, acct=acct).rows
    return rows[0].state if rows else None


def causes(desk: Desk, acct: str) -> list[str]:
    return [gap.cause for gap in gaps_of_account(desk, acct) if gap.acct]


def test_an_account_is_blamed_for_its_silence_only_while_its_line_lived(
    station: Any, port: int, desk: Desk
) -> None:
    panels = Panels(port, numbers())
    station.until(lambda: len(standing(desk).rows) == ACCOUNTS, "all are supervised")
    roster = station.folder / "roster.json"
    station.until(lambda: len(json.loads(roster.read_text())["accounts"]) == ACCOUNTS, "a roster")
    panels.start()
    panels.gone.add(GONE)
    station.until(lambda: state(desk, GONE) is State.MISSED, "the one is missed")
    (gap,) = [gap for gap in gaps(desk) if gap.acct]
    assert (gap.acct, gap.cause, gap.listener, gap.ended_at) == (
        GONE,
        Cause.ACCOUNT_PATH,
        "ip",
        None,
    )
    panels.gone.clear()
    station.until(lambda: state(desk, GONE) is State.RETURNED, "it is heard again")
    (gap,) = [gap for gap in gaps(desk) if gap.acct]
    assert (gap.cause, gap.ended_at is None) == (Cause.ACCOUNT_PATH, False)

    # Now the whole line falls silent, and nobody can say whose fault it is but the line's.
    panels.stop()
    station.until(lambda: standing(desk).counts == {State.MISSED: ACCOUNTS}, "all are missed")
    for number in numbers():
        expected = [Cause.RECEIVER_LINK]
        assert causes(desk, number)[-1:] == expected, gaps_of_account(desk, number)
    assert [gap.acct for gap in gaps(desk) if gap.cause == Cause.ACCOUNT_PATH] == [GONE]
    assert len([gap for gap in gaps(desk) if gap.cause == Cause.RECEIVER_LINK]) == 1
    with desk.database.reading() as connection:
        count = connection.execute(sa.select(sa.func.count()).select_from(schema.supervision))
        assert count.scalar_one() == ACCOUNTS
