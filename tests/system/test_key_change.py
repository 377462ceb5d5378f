"""A panel's key is changed: a real dialler, daemon and worker, from the old key to the new one.

my-dc09-spt encrypts by its own code and believes an acknowledgement by its own rules.
"""

import json
import signal
import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from my_dc09_spt.comm.transpath import TransPath
from my_dc09_spt.msg.dc03_msg import dc03_msg
from my_dc09_spt.msg.dc09_msg import dc09_msg

from archive.ceremony import Ceremony
from stationd.accounts.model import Contract, Customer, Opening, Ownership, Site, Transmitter
from stationd.accounts.service import link_transmitter, open_account
from stationd.clock import SystemClock
from stationd.desk import Desk, open_desk
from stationd.ids import SystemIds
from stationd.journal.model import Kind
from stationd.keys.model import Ends, State, What
from stationd.keys.service import Holder, add_key, faults, sealed_key, show
from stationd.sealing import Sealer, new_sealing_key
from stationd.settings import load
from stationd.signals.service import history
from stationd.staff.model import Person, Role
from tests.system.nursery import Nursery

pytestmark = pytest.mark.system

NUMBER = "1128"
PANEL = Holder("main", NUMBER)
OLD, NEW = "OLD-KEY-OLD-KEY-", "NEW-KEY-NEW-KEY-"
CLERK = Person(login="carla", name="Carla", role=Role.CLERK)

MORE = """
[database]
url = "sqlite:///{folder}/station.sqlite3"
[keys]
log_key = "{log_key}"
[worker]
follow_every = "1s"
"""


class Panel:
    """A dialler that can be given another key."""

    def __init__(self, port: int) -> None:
        self._path = TransPath("127.0.0.1", port, NUMBER, line=0, type="tcp")
        self._address = ("127.0.0.1", port)
        self._sequence = 0

    def _block(self, key: str, code: str) -> tuple[dc09_msg, bytes]:
        self._sequence += 1
        panel = dc09_msg(NUMBER, key.encode(), None, 0)
        content = dc03_msg.dc03event(NUMBER, {"code": code, "zone": 3})
        return panel, panel.dc09block(self._sequence, "SIA-DCS", content).encode()

    def send(self, key: str, code: str) -> str:
        """Return what the dialler took the answer for."""
        panel, block = self._block(key, code)
        connection = self._path.connect()
        try:
            answer = connection.sendAndReceive(block, 512)
            token, _ = panel.dc09answer(self._sequence, answer.decode())
            return str(token)
        finally:
            connection.disconnect()

    def send_both(self, first: tuple[str, str], second: tuple[str, str]) -> bytes:
        """Send two frames at once; return all that comes back until the second is answered."""
        blocks = self._block(*first)[1] + self._block(*second)[1]
        number = b"%04dL" % self._sequence
        with socket.create_connection(self._address, timeout=20) as line:
            line.sendall(blocks)
            said = b""
            while number not in said or not said.endswith(b"\r"):
                said += line.recv(4096)
        return said


@pytest.fixture
def desk(station: Any, station_file: Path, tmp_path: Path, keys: Ceremony) -> Iterator[Desk]:
    key = tmp_path / "roster.key"
    key.write_bytes(new_sealing_key())
    key.chmod(0o600)
    # The table [roster] is the last of the station's own file.
    station.listeners = f'key = "{key}"\n' + MORE.format(folder=tmp_path, log_key=keys.log_key)
    station.port = station.listen("tcp", "dc09")
    station.start()
    made = open_desk(load(station.config), clock=SystemClock(), ids=SystemIds())
    opening = Opening(
        customer=Customer(id="c", name="Acme"),
        site=Site(id="s", customer_id="c", name="Shop", address="1 Main", zone="UTC"),
        contract=Contract(id="k", site_id="s", number="K"),
        acct="1001",
    )
    open_account(made, opening, by=CLERK)
    since = Ownership(valid_from=datetime.now(UTC) - timedelta(days=1))
    panel = Transmitter(id="t", group="main", number=NUMBER)
    link_transmitter(made, "1001", panel, since, by=CLERK)
    yield made
    made.database.close()


@pytest.fixture
def worker(station: Any, desk: Desk, workers: Nursery) -> Iterator[None]:
    process = workers.start(["--config", str(station.config)], station.folder / "worker.log")
    yield
    process.send_signal(signal.SIGTERM)
    process.wait(30)


def faults_in_journal(station: Any) -> list[str]:
    notes = [json.loads(one.note) for one in station.entries(Kind.FRAME) if one.note]
    return [note["fault"] for note in notes if "fault" in note]


def test_a_panel_goes_from_its_old_key_to_its_new_one_and_loses_nothing(
    station: Any, desk: Desk, worker: None
) -> None:
    sealer = Sealer((station.folder / "roster.key").read_bytes())
    panel = Panel(station.port)

    def give(secret: str, overlap: int) -> None:
        loaded = station.logged("roster_loaded")
        sealed = sealed_key(secret.encode(), sealer)
        add_key(desk, PANEL, sealed, ends=Ends(overlap=overlap), sealer=sealer, by=CLERK)
        station.until(lambda: station.logged("roster_loaded") > loaded, "the key is published")

    def state() -> State:
        return show(desk, PANEL, sealer).state

    give(OLD, overlap=1)
    assert panel.send(OLD, "BA") == "ACK"
    station.until(lambda: show(desk, PANEL, sealer).keys[0].seen_at, "the first key is seen")

    give(NEW, overlap=1)
    assert state() is State.BOTH
    assert panel.send(OLD, "BR") == "ACK"
    loaded = station.logged("roster_loaded")
    assert panel.send(NEW, "FA") == "ACK"
    station.until(lambda: station.logged("roster_loaded") > loaded, "the old key has an end")
    station.until(lambda: state() is State.ONE, "the old key has ended")

    said = panel.send_both((OLD, "PA"), (NEW, "FR"))
    assert said.count(b'"*ACK"') == 1
    assert faults_in_journal(station) == ["old_key"]

    def codes() -> list[str]:
        return [row.code for row in history(desk, "1001")]

    station.until(lambda: len(codes()) == 4, "every signal is in its history")
    assert codes() == ["BA", "BR", "FA", "FR"]
    (fault,) = faults(desk, since=datetime.now(UTC) - timedelta(hours=1))
    assert (fault.number, fault.what, fault.count) == (NUMBER, What.OLD_KEY, 1)

    log = station.log.read_text() + (station.folder / "worker.log").read_text()
    for secret in (OLD, NEW):
        assert secret not in log
        assert secret.encode().hex() not in log


def test_a_key_of_the_group_opens_what_nobody_knows(station: Any, desk: Desk, worker: None) -> None:
    sealer = Sealer((station.folder / "roster.key").read_bytes())
    sealed = sealed_key(OLD.encode(), sealer)
    loaded = station.logged("roster_loaded")
    add_key(desk, Holder("main"), sealed, ends=Ends(), sealer=sealer, by=CLERK)
    station.until(lambda: station.logged("roster_loaded") > loaded, "the key is published")
    assert Panel(station.port).send(OLD, "BA") == "ACK"
    station.until(lambda: history(desk, "1001"), "the signal is in its history")
