import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from archive.authorities.base import Authority
from archive.ceremony import Ceremony
from archive.errors import ArchiveError, StoreUnavailableError
from archive.seal import LogKey
from archive.stores.directory import DirectoryStore
from stationd import parts
from stationd.anchors.service import begin
from stationd.assisting import assist, upkeep, workshop
from stationd.audit.service import AUDIT
from stationd.bundles import service as bundles
from stationd.bundles.model import Kind, OrderState
from stationd.bundles.work import Retention, run
from stationd.desk import Desk
from stationd.ledger.service import LedgerTree, checkpoint
from stationd.schedule.checks import ANCHORING, ARCHIVE, RENEWAL, Check, read_check
from stationd.settings import Settings, load
from stationd.staff.model import Person, Role

MANAGER = Person(login="maria", name="Maria Manager", role=Role.MANAGER)


@pytest.fixture
def config(worker_config: Path) -> Path:
    return worker_config


@pytest.fixture
def settings(worker_settings: Settings) -> Settings:
    return worker_settings


@pytest.fixture
def desk(worker_desk: Desk) -> Desk:
    return worker_desk


def check(desk: Desk, name: str) -> Check | None:
    with desk.database.reading() as connection:
        return read_check(connection, name)


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (StoreUnavailableError("away"), "unavailable"),
        (ArchiveError("no lock"), "failed"),
    ],
)
def test_an_archive_that_fails_its_check_is_told(
    desk: Desk, settings: Settings, authority: Authority, error: Exception, outcome: str
) -> None:
    class Failing(DirectoryStore):
        def check(self, **_: object) -> None:
            raise error

    shop = workshop(settings, desk, authority=authority)
    upkeep(replace(shop, store=Failing(Path("/nowhere"))))
    found = check(desk, ARCHIVE)
    assert found is not None
    assert (found.outcome, found.detail) == (outcome, str(error))


def test_each_task_is_answered_and_its_trouble_noted(
    desk: Desk, settings: Settings, keys: Ceremony, capsys: pytest.CaptureFixture[str]
) -> None:
    order = bundles.order(desk, "1234", Kind.ON_REQUEST, MANAGER)
    keys.seal_key.unlink()
    assist(settings, desk, [f"order {order}\n", "upkeep\n"])
    assert capsys.readouterr().out == "done\ndone\n"
    assert "seal.key.pem" in bundles.read(desk, order).why
    found = check(desk, ARCHIVE)
    assert found is not None
    assert "seal.key.pem" in found.detail


def test_an_order_that_was_not_prepared_says_so(desk: Desk, settings: Settings) -> None:
    order = bundles.order(desk, "1234", Kind.ON_REQUEST, MANAGER)
    assist(settings, desk, [f"order {order}"])
    noted = bundles.read(desk, order)
    assert noted.state is OrderState.ORDERED
    assert "was not prepared" in noted.why


def test_a_child_whose_worker_is_gone_does_nothing(config: Path, desk: Desk) -> None:
    order = bundles.order(desk, "1234", Kind.ON_REQUEST, MANAGER)
    command = [sys.executable, "-m", "stationd.worker", "--config", str(config)]
    done = subprocess.run([*command, "--order", order, "--parent", "1"], check=False, timeout=60)
    assert done.returncode == 0
    assert bundles.read(desk, order).why == ""


def test_a_child_without_keys_notes_why(config: Path, desk: Desk, keys: Ceremony) -> None:
    order = bundles.order(desk, "1234", Kind.ON_REQUEST, MANAGER)
    keys.seal_key.unlink()
    done = subprocess.run(
        [sys.executable, "-m", "stationd.worker", "--config", str(config), "--order", order],
        check=False,
        timeout=60,
    )
    assert done.returncode == 0
    assert "seal.key.pem" in bundles.read(desk, order).why


@pytest.mark.parametrize(
    ("spoil", "outcome", "words"),
    [
        ("", "passed", "stamped and stored"),
        ("http://127.0.0.1:", "unavailable", "no answer"),
        ("tsa.pem", "failed", "must hold the certificates"),
    ],
)
def test_what_stands_in_the_way_of_an_anchor_is_a_check(
    desk: Desk, config: Path, keys: Ceremony, spoil: str, outcome: str, words: str
) -> None:
    tree = LedgerTree.load(desk)
    log_key = LogKey.load(keys.log_key)
    checkpoint(desk, tree, origin="log.example.com/station-1", log_key=log_key)
    if spoil:
        config.write_text(config.read_text().replace(spoil, f"{spoil}1/"))
    spoilt = load(config)
    begin(desk, tree, parts.states(spoilt))
    assist(spoilt, desk, ["anchor\n"])
    found = check(desk, ANCHORING)
    assert found is not None
    assert (found.outcome, words in found.detail) == (outcome, True)


def test_the_ledger_is_audited_and_what_stops_it_is_a_check(
    desk: Desk, settings: Settings, keys: Ceremony
) -> None:
    assist(settings, desk, ["audit new\n", "audit 100\n"])
    found = check(desk, AUDIT)
    assert found is not None
    assert found.outcome == "passed"
    keys.log_key.unlink()
    assist(settings, desk, ["audit 100\n"])
    stopped = check(desk, f"{AUDIT} run")
    assert stopped is not None
    assert "log.key.pem" in stopped.detail


def test_upkeep_lists_what_is_stored_and_what_stops_it_is_a_check(
    desk: Desk, settings: Settings, keys: Ceremony, tmp_path: Path
) -> None:
    assist(settings, desk, ["upkeep\n"])
    assert check(desk, RENEWAL) is None
    shop = workshop(settings, desk)
    log_key = LogKey.load(keys.log_key)
    order = bundles.order(desk, "1234", Kind.ON_REQUEST, MANAGER)
    kept = Retention(closing=timedelta(days=2), other=timedelta(days=1))
    run(shop, order, LedgerTree.load(desk), log_key=log_key, retention=kept)
    trusted = (tmp_path / "tsa.pem").read_bytes()
    (tmp_path / "tsa.pem").write_bytes(keys.root.read_bytes())

    assist(settings, desk, ["upkeep\n"])
    found = check(desk, RENEWAL)
    assert found is not None
    assert (found.outcome, "does not hold" in found.detail) == ("failed", True)

    (tmp_path / "tsa.pem").write_bytes(trusted)
    assist(settings, desk, ["upkeep\n"])
    found = check(desk, RENEWAL)
    assert found is not None
    assert (found.outcome, found.detail) == (
        "passed",
        "list 1 of 5 object(s) was stamped and stored",
    )
