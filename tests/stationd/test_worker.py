import fcntl
import json
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from archive.authorities.base import Authority
from archive.ceremony import Ceremony
from archive.errors import StoreUnavailableError
from archive.stores.directory import DirectoryStore
from stationd import worker
from stationd.accounts.model import Contract, Customer, Opening, Site
from stationd.accounts.service import open_account
from stationd.bundles import service as bundles
from stationd.bundles.model import Kind, OrderState
from stationd.cases import service as cases
from stationd.cases.model import Attachment, Case, Reason
from stationd.clock import SystemClock, iso
from stationd.db.revision import migrate
from stationd.demo.authority import AuthorityServer
from stationd.desk import Desk, open_desk
from stationd.following import Following
from stationd.ids import SystemIds
from stationd.ledger.checkpoints import read_count
from stationd.net.notify import Notifier
from stationd.schedule.checks import ARCHIVE, Check, read_check, record_check
from stationd.schedule.store import read_due, take_lease
from stationd.sealing import Sealer, new_sealing_key
from stationd.settings import Settings, load
from stationd.staff.model import Person, Role
from stationd.worker import Acting, main, upkeep, workshop

MANAGER = Person(login="maria", name="Maria Manager", role=Role.MANAGER)
LETTER = Attachment(name="letter.txt", media_type="text/plain", content=b"letter")
MINUTE = timedelta(minutes=1)

CONFIG = """
[station]
station = "station-1"
node = "node-1"
[ledger]
origin = "log.example.com/station-1"
[journal]
path = "{folder}/journal.sqlite3"
[roster]
path = "{folder}/roster.json"
key = "{folder}/roster.key"
[database]
url = "sqlite:///{folder}/station.sqlite3"
[keys]
seal_key = "{keys}/seal.key.pem"
seal_certificate = "{keys}/seal.pem"
root = "{keys}/root.pem"
log_key = "{keys}/log.key.pem"
[archive]
sealed = "{folder}/sealed"
[archive.store]
kind = "directory"
path = "{folder}/store"
[[authorities]]
name = "trial"
url = "{authority}"
trust = "{folder}/tsa.pem"
[policies]
late_buffer = "0s"
mail_allowance = "0s"
effective_roll = false
"""


@pytest.fixture
def config(tmp_path: Path, keys: Ceremony, authority_server: AuthorityServer) -> Path:
    (tmp_path / "roster.key").write_bytes(new_sealing_key())
    (tmp_path / "roster.key").chmod(0o600)
    (tmp_path / "tsa.pem").write_bytes(authority_server.trust_pem)
    path = tmp_path / "stationd.toml"
    text = CONFIG.format(folder=tmp_path, keys=keys.root.parent, authority=authority_server.url)
    path.write_text(text)
    return path


@pytest.fixture
def settings(config: Path) -> Settings:
    return load(config)


@pytest.fixture
def desk(settings: Settings) -> Iterator[Desk]:
    made = open_desk(settings, clock=SystemClock(), ids=SystemIds())
    migrate(made.database, copy_to=None)
    opening = Opening(
        customer=Customer(id="c1", name="Acme"),
        site=Site(id="s1", customer_id="c1", name="Shop", address="1 Main", zone="UTC"),
        contract=Contract(id="k1", site_id="s1", number="K-1", notice_days=0),
        acct="1234",
    )
    open_account(made, opening, by=MANAGER)
    yield made
    made.database.close()


@pytest.fixture
def acting_of(
    desk: Desk, config: Path, request: pytest.FixtureRequest
) -> Callable[[Settings], Acting]:
    def make(settings: Settings) -> Acting:
        sealer = Sealer(new_sealing_key())
        following = Following(desk, settings, sealer)
        made = Acting(desk, settings, following=following, config=config, sealer=sealer)
        made.alarm.start()
        request.addfinalizer(made.stop)
        request.addfinalizer(made.alarm.stop)
        return made

    return make


@pytest.fixture
def acting(acting_of: Callable[[Settings], Acting], settings: Settings) -> Acting:
    return acting_of(settings)


def look_until(acting: Acting, reached: Callable[[], object]) -> None:
    """Look as the worker does, with the pauses of a quick one."""
    pause = threading.Event()
    for _ in range(600):
        acting.look()
        if reached():
            return
        pause.wait(0.1)
    pytest.fail("the worker did not come to it")


def noticed(desk: Desk) -> Case:
    case = cases.open_case(
        desk, "1234", Reason.CUSTOMER_REQUEST, MANAGER, kind="customer_writing", document=LETTER
    )
    cases.step(desk, case.id, "start", MANAGER)
    cases.step(desk, case.id, "facts_ok", MANAGER)
    cases.record_notice(
        desk,
        case.id,
        MANAGER,
        document=LETTER,
        channel="hand",
        address="1 Main",
        declaration=LETTER,
    )
    return cases.step(desk, case.id, "notice_sent", MANAGER)


def check(desk: Desk, name: str) -> Check | None:
    with desk.database.reading() as connection:
        return read_check(connection, name)


# --- Acting ---


def test_only_the_holder_of_the_lease_acts(desk: Desk, acting: Acting) -> None:
    now = desk.clock.now()
    with desk.database.writing() as connection:
        take_lease(connection, worker.LEASE, "node-2", now=now, length=MINUTE)
    assert not acting.look()
    with desk.database.reading() as connection:
        assert read_count(connection) == 0


def test_the_first_look_makes_a_checkpoint_and_the_roster(
    desk: Desk, acting: Acting, settings: Settings
) -> None:
    assert acting.look()
    assert acting.look()
    with desk.database.reading() as connection:
        assert read_count(connection) == 1
    assert settings.roster.path.exists()


def test_a_worker_that_stops_gives_its_lease_to_the_next(desk: Desk, acting: Acting) -> None:
    acting.look()
    acting.stop()
    with desk.database.writing() as connection:
        now = desk.clock.now()
        assert take_lease(connection, worker.LEASE, "node-2", now=now, length=MINUTE)


def test_orders_are_worked_on_in_a_child_and_the_archive_is_checked_first(
    desk: Desk, acting: Acting
) -> None:
    order = bundles.order(desk, "1234", Kind.ON_REQUEST, MANAGER)
    look_until(acting, lambda: bundles.read(desk, order).state is OrderState.VERIFIED)
    found = check(desk, ARCHIVE)
    assert found is not None
    assert found.outcome == "passed"


def test_a_folder_is_no_archive_so_the_case_waits_for_its_lock(desk: Desk, acting: Acting) -> None:
    case = noticed(desk)

    def closing_verified() -> bool:
        orders = bundles.orders(desk, case_id=case.id)
        return len(orders) == 2 and all(one.state is OrderState.VERIFIED for one in orders)

    look_until(acting, closing_verified)
    acting.look()
    view = cases.look(desk, case.id)
    assert view.case.state == "ended"
    (lock,) = [one.text for one in view.results if one.id == "G11"]
    assert "not locked in COMPLIANCE mode" in lock


def test_nothing_is_closed_while_the_archive_fails_its_check(desk: Desk, acting: Acting) -> None:
    bad = Check(name=ARCHIVE, outcome="failed", detail="no lock here", at=desk.clock.now())
    with desk.database.writing() as connection:
        record_check(connection, bad)
    case = noticed(desk)
    acting._next["upkeep"] = worker._FAR
    look_until(acting, lambda: cases.look(desk, case.id).waits)
    assert cases.look(desk, case.id).waits == (
        "The archive's self-check has not passed: no lock here"
    )
    assert acting._next["upkeep"] <= bad.at + 2 * worker._ASK_AGAIN


def test_without_an_archive_the_case_says_so(
    desk: Desk, acting_of: Callable[[Settings], Acting], settings: Settings
) -> None:
    bare = acting_of(settings.model_copy(update={"archive": None}))
    case = noticed(desk)
    look_until(bare, lambda: cases.look(desk, case.id).waits)
    assert "There is no table [archive.store]" in cases.look(desk, case.id).waits


def test_a_child_that_falls_over_is_noted_and_tried_later(desk: Desk, acting: Acting) -> None:
    order = bundles.order(desk, "1234", Kind.ON_REQUEST, MANAGER)
    acting._next["upkeep"] = worker._FAR
    acting.look()
    child = acting._child
    assert child is not None
    child.process.kill()
    child.process.wait()
    acting._collect()
    noted = bundles.read(desk, order)
    assert "ended with code -9" in noted.why
    assert (noted.lease_by, noted.tries) == (None, 1)


def test_a_stale_bundle_is_read_back_anew(desk: Desk, acting: Acting) -> None:
    order = bundles.order(desk, "1234", Kind.ON_REQUEST, MANAGER)
    look_until(acting, lambda: bundles.read(desk, order).state is OrderState.VERIFIED)
    old = desk.clock.now() - timedelta(days=91)
    with desk.database.writing() as connection:
        connection.exec_driver_sql(f"UPDATE orders SET verified_at = '{iso(old)}'")
    look_until(acting, lambda: (bundles.read(desk, order).verified_at or old) > old)


def test_a_due_step_of_no_known_kind_is_done_with(desk: Desk, acting: Acting) -> None:
    case = noticed(desk)
    with desk.database.writing() as connection:
        connection.exec_driver_sql(
            f"INSERT INTO due_steps VALUES ('{case.id}', 'odd', '2020', NULL, NULL)".replace(
                "'2020'", "'2020-01-01T00:00:00.000000Z'"
            )
        )
    acting.look()
    with desk.database.reading() as connection:
        assert "odd" not in {one.step for one in read_due(connection, desk.clock.now())}


# --- Upkeep ---


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (StoreUnavailableError("away"), "unavailable"),
        (worker.ArchiveError("no lock"), "failed"),
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


# --- The program ---


def test_a_wrong_configuration_ends_with_2(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["--config", str(tmp_path / "none.toml")]) == 2
    assert "name the file with --config" in capfd.readouterr().err


def test_a_database_that_was_not_migrated_ends_with_2(
    config: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["--config", str(config)]) == 2
    assert "stationctl migrate" in capfd.readouterr().err


def test_a_missing_log_key_is_told(
    config: Path, desk: Desk, keys: Ceremony, capfd: pytest.CaptureFixture[str]
) -> None:
    keys.log_key.unlink()
    assert main(["--config", str(config)]) == 2
    assert "log.key.pem" in capfd.readouterr().err


@pytest.mark.usefixtures("desk")
def test_a_second_worker_is_turned_away(
    config: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with (tmp_path / "worker.lock").open("a") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert main(["--config", str(config)]) == 5
    assert "Another stationd-worker runs" in capfd.readouterr().err


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


def test_the_worker_tells_systemd_and_stops_on_a_signal(
    config: Path, desk: Desk, tmp_path: Path
) -> None:
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "stationd.worker", "--config", str(config)], stderr=log
        )
    pause = threading.Event()
    while "acting" not in (tmp_path / "log").read_text():
        assert process.poll() is None
        pause.wait(0.05)
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 0
    lines = [json.loads(one) for one in (tmp_path / "log").read_text().splitlines()]
    assert [lines[0]["event"], lines[-1]["event"]] == ["started", "stopped"]


def test_a_database_that_is_away_is_waited_for(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    stopping = threading.Event()

    def away(_database: object) -> None:
        stopping.set()
        raise worker.DatabaseUnavailableError("away")

    monkeypatch.setattr(worker, "check_revision", away)
    assert not worker._wait_for_database(desk, stopping)


def test_the_loop_outlives_what_fails(acting: Acting, monkeypatch: pytest.MonkeyPatch) -> None:
    stopping = threading.Event()
    errors = [worker.UnavailableError("away"), ZeroDivisionError(), None]

    def look() -> bool:
        error = errors.pop(0)
        if error is not None:
            raise error
        stopping.set()
        return True

    monkeypatch.setattr(acting, "look", look)
    monkeypatch.setattr(worker, "_rest", lambda *_: None)
    worker._loop(acting, acting._following, stopping, Notifier({}))
    assert errors == []


def test_a_rest_ends_when_woken_or_told_to_stop() -> None:
    woken, stopping = threading.Event(), threading.Event()
    woken.set()
    worker._rest(woken, stopping, 60)
    woken.clear()
    stopping.set()
    worker._rest(woken, stopping, 60)
