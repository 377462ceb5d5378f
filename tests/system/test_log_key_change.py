"""The log key is changed while a station runs: before, meanwhile, and after."""

import shutil
import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from archive.ceremony import Ceremony, make_log_key
from archive.findings import Anchors, Outcome
from archive.seal import LogKey
from archive.verify import examine
from stationd.anchors.store import read_progress
from stationd.audit.fsck import fsck
from stationd.bundles import service as bundles
from stationd.bundles.model import Kind, Order, OrderState
from stationd.clock import SystemClock
from stationd.demo.authority import AuthorityServer
from stationd.ids import SystemIds
from stationd.rekeying import change_log_key
from stationd.sealing import new_sealing_key
from stationd.settings import load
from stationd.staff.model import Person, Role
from tests.system.nursery import Nursery
from tests.system.test_termination import CONFIG, MANAGER, Office, opened, until

pytestmark = pytest.mark.system

ANNA = Person(login="anna", name="Anna", role=Role.ADMINISTRATOR)
SECOND = """
[[authorities]]
name = "second"
url = "{url}"
trust = "{folder}/second.pem"
"""


@pytest.fixture
def second_server() -> Iterator[AuthorityServer]:
    with AuthorityServer(SystemClock(), SystemIds()) as server:
        yield server


@pytest.fixture
def office(
    station_file: Path,
    keys: Ceremony,
    authority_server: AuthorityServer,
    second_server: AuthorityServer,
    workers: Nursery,
) -> Iterator[Office]:
    """A station whose archive is a folder, and which two authorities stamp for."""
    folder = station_file.parent
    (folder / "roster.key").write_bytes(new_sealing_key())
    (folder / "roster.key").chmod(0o600)
    (folder / "tsa.pem").write_bytes(authority_server.trust_pem)
    (folder / "second.pem").write_bytes(second_server.trust_pem)
    before, _, rest = CONFIG.partition('kind = "s3"')
    stored = 'kind = "directory"\npath = "{folder}/store"\n'
    text = before + stored + rest[rest.index("[[authorities]]") :]
    text += SECOND.replace("{url}", second_server.url)
    config = folder / "stationd.toml"
    config.write_text(
        text.format(folder=folder, keys=keys.root.parent, authority=authority_server.url)
    )
    with opened(config, workers) as made:
        yield made


def made(office: Office) -> Order:
    """Order a bundle and wait until it is in the archive."""
    order_id = bundles.order(office.desk, "1234", Kind.ON_REQUEST, MANAGER)
    until(lambda: _order(office, order_id).state is OrderState.VERIFIED, office.log.read_text)
    return _order(office, order_id)


def _order(office: Office, order_id: str) -> Order:
    return next(it for it in bundles.orders(office.desk) if it.id == order_id)


def container(office: Office, order: Order) -> Path:
    objects = bundles.objects(office.desk, order.id)
    return Path(next(it.path for it in objects if it.file.endswith(".asice")))


def anchored(office: Office) -> bool:
    with office.desk.database.reading() as connection:
        return read_progress(connection).good is not None


def test_a_station_goes_on_under_a_new_log_key_and_the_old_one_verifies_its_bundles(
    office: Office, keys: Ceremony
) -> None:
    office.start()
    until(lambda: anchored(office), office.log.read_text)
    assert office.stop(signal.SIGTERM) == 0
    old = LogKey.load(keys.log_key)
    new_file = make_log_key(office.folder / "next")
    new = LogKey.load(new_file)
    origin = load(office.config).ledger.origin

    done = change_log_key(office.desk, origin=origin, before=old, after=new, by=ANNA)

    office.start()
    until(lambda: "was replaced after checkpoint" in office.log.read_text(), office.log.read_text)
    office.stop(signal.SIGKILL)
    shutil.copyfile(new_file, keys.log_key)
    office.start()
    order = made(office)
    assert order.checkpoint is not None
    assert done.checkpoint < order.checkpoint
    pems = (office.folder / "tsa.pem", office.folder / "second.pem")
    anchors = Anchors(keys.root.read_bytes(), b"".join(it.read_bytes() for it in pems))
    for log in (old.public_pem, new.public_pem):
        report = examine(container(office, order), replace(anchors, log_pub_pem=log))
        assert report.outcome is Outcome.PASSED, str(report)
        (said,) = [it.text for it in report.findings if it.step == "timestamp"]
        assert said.count("Trial time-stamp authority") == 2
    assert fsck(office.desk, origin=origin, public=new.public).faults == []
