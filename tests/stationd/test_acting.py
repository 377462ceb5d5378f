import json
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from archive.stores.s3 import S3Store
from stationd import acting as acting_module
from stationd.acting import Acting
from stationd.bundles import service as bundles
from stationd.bundles.model import Kind, OrderState, StoredObject
from stationd.bundles.store import record_objects, update_order
from stationd.cases import deciding, due
from stationd.cases import service as cases
from stationd.cases.model import Attachment, Case, Reason
from stationd.clock import SystemClock, iso
from stationd.demo.s3_server import S3Server
from stationd.desk import Desk
from stationd.errors import DatabaseUnavailableError
from stationd.following import Following
from stationd.handouts import service as handouts
from stationd.handouts.model import HandoutState, Way
from stationd.holds.model import HoldKind
from stationd.holds.service import set_hold
from stationd.jobs import ROUNDS
from stationd.journal.model import Draft, encode_body
from stationd.journal.model import Kind as EntryKind
from stationd.journal.released import read_released, released_path
from stationd.journal.store import Journal
from stationd.ledger.checkpoints import read_count
from stationd.purges import store as purges
from stationd.purges.model import Item, Purge, PurgeState
from stationd.retention.model import DataClass
from stationd.schedule.checks import ARCHIVE, Check, read_check, record_check
from stationd.schedule.store import read_due, read_rounds, record_due, take_lease
from stationd.sealing import Sealer, new_sealing_key
from stationd.settings import Settings
from stationd.staff.model import Confirmed, Person, Role
from stationd.supervision.service import standing

MANAGER = Person(login="maria", name="Maria Manager", role=Role.MANAGER)
SECOND = Person(login="mona", name="Mona Manager", role=Role.MANAGER)
LETTER = Attachment(name="letter.txt", media_type="text/plain", content=b"letter")
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
RULE = {"author": "", "months": 84, "source": "law"}
ITEMS = json.dumps(
    {
        "items": [
            {
                "acct": "1234",
                "class": "records",
                "due_at": "2033",
                "rule": RULE,
                "start": "2026",
                "start_why": "opened",
            }
        ]
    }
)


@pytest.fixture
def config(worker_config: Path) -> Path:
    return worker_config


@pytest.fixture
def settings(worker_settings: Settings) -> Settings:
    return worker_settings


@pytest.fixture
def desk(worker_desk: Desk) -> Desk:
    return worker_desk


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


def _note(journal: Journal, desk: Desk) -> None:
    """Append an entry, so that there is something to be anchored."""
    draft = Draft(
        received_at=desk.clock.now_ns(),
        ticks=desk.clock.ticks(),
        listener="",
        peer="",
        kind=EntryKind.CLOCK,
        raw=b"",
        note=b'{"offset_ns":0,"state":"synced","step_ns":0}',
        salt=desk.ids.salt(),
    )
    journal.append([encode_body(draft)])


def look_until(acting: Acting, reached: Callable[[], object]) -> None:
    """Look as the worker does, with the pauses of a quick one."""
    pause = threading.Event()
    for _ in range(600):
        acting.look()
        if reached():
            return
        pause.wait(0.1)
    pytest.fail("the worker did not come to it")


def test_the_one_that_acts_knows_when_each_round_is_due(acting: Acting, desk: Desk) -> None:
    acting.look()
    with desk.database.reading() as connection:
        assert {one.name for one in read_rounds(connection)} == set(ROUNDS)


def noticed(desk: Desk) -> Case:
    case = cases.open_case(
        desk, "1234", Reason.CUSTOMER_REQUEST, MANAGER, kind="customer_writing", document=LETTER
    )
    cases.record_fact(desk, case.id, "ending_statement", {"text": "nothing released"}, MANAGER)
    cases.record_fact(desk, case.id, "vendor", {"vendor": "all", "outcome": "none"}, MANAGER)
    cases.step(desk, case.id, "start", MANAGER)
    cases.step(desk, case.id, "facts_ok", MANAGER)
    drafted = {"channel": "hand", "address": "1 Main", "form": "F-1"}
    cases.record_fact(desk, case.id, "notice_draft", drafted, MANAGER, document=LETTER)
    asked = deciding.ask(
        desk, case.id, "notice_sent", Confirmed(person=MANAGER, at=desk.clock.now())
    )
    deciding.approve(desk, asked.id, Confirmed(person=SECOND, at=desk.clock.now()))
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


def built(desk: Desk, case: Case) -> None:
    """Let the primary bundle lie on disk, as END asks for (G19)."""
    (order,) = bundles.orders(desk, case_id=case.id)
    held = StoredObject(order_id=order.id, file="p", key="p", size=1, sha256="00", path="/p")
    with desk.database.writing() as connection:
        record_objects(connection, [held])
        update_order(connection, order.id, state=OrderState.BUILT.value)


def check(desk: Desk, name: str) -> Check | None:
    with desk.database.reading() as connection:
        return read_check(connection, name)


# --- Acting ---


def test_only_the_holder_of_the_lease_acts(desk: Desk, acting: Acting) -> None:
    now = desk.clock.now()
    with desk.database.writing() as connection:
        take_lease(connection, acting_module.LEASE, "node-2", now=now, length=MINUTE)
    assert not acting.look()
    with desk.database.reading() as connection:
        assert read_count(connection) == 0


def test_each_nodes_worker_publishes_its_roster_and_has_its_follower_read_it(
    desk: Desk, acting: Acting, settings: Settings
) -> None:
    now = desk.clock.now()
    with desk.database.writing() as connection:
        take_lease(connection, acting_module.LEASE, "node-2", now=now, length=MINUTE)
    acting._following._reread.clear()
    assert not acting.look()
    assert settings.roster.path.exists()
    assert acting._following._reread.is_set()


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
        assert take_lease(connection, acting_module.LEASE, "node-2", now=now, length=MINUTE)


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
    built(desk, case)
    look_until(acting, lambda: cases.look(desk, case.id).waits)
    assert cases.look(desk, case.id).waits == (
        "The archive's self-check has not passed: no lock here"
    )
    assert acting._next["upkeep"] <= desk.clock.ticks()


def test_without_an_archive_the_case_says_so(
    desk: Desk, acting_of: Callable[[Settings], Acting], settings: Settings
) -> None:
    bare = acting_of(settings.model_copy(update={"archive": None}))
    case = noticed(desk)
    built(desk, case)
    look_until(bare, lambda: cases.look(desk, case.id).waits)
    assert "There is no table [archive.store]" in cases.look(desk, case.id).waits


def test_a_child_that_falls_over_is_noted_and_tried_later(desk: Desk, acting: Acting) -> None:
    order = bundles.order(desk, "1234", Kind.ON_REQUEST, MANAGER)
    acting._rest("upkeep", HOUR)
    look_until(acting, lambda: acting._assistant._process)
    process = acting._assistant._process
    assert process is not None
    process.kill()
    process.wait()
    acting._is_free()
    noted = bundles.read(desk, order)
    assert "ended with code -9" in noted.why
    assert (noted.lease_by, noted.tries) == (None, 1)


def test_an_order_waits_for_a_stamp_over_its_checkpoint_and_says_so(
    desk: Desk, acting_of: Callable[[Settings], Acting], settings: Settings, config: Path
) -> None:
    good = config.read_text()
    config.write_text(good.replace("http://127.0.0.1:", "http://127.0.0.1:1/"))
    acting = acting_of(settings)
    order = bundles.order(desk, "1234", Kind.ON_REQUEST, MANAGER)
    look_until(acting, lambda: bundles.read(desk, order).why)
    waiting = bundles.read(desk, order)
    assert waiting.why.startswith("It waits for a time stamp. trial: no answer")
    assert (waiting.state, waiting.checkpoint) == (OrderState.ORDERED, None)
    config.write_text(good)
    acting._assistant.stop()
    acting._keeping._assistant.stop()
    acting._keeping._next.clear()
    look_until(acting, lambda: bundles.read(desk, order).state is OrderState.VERIFIED)


def test_what_an_anchor_covers_is_released_to_the_journal(
    desk: Desk, acting: Acting, settings: Settings
) -> None:
    journal = Journal.open(settings.journal.path, desk.ids)
    _note(journal, desk)
    while acting._following.take():
        pass
    path = released_path(settings.journal.path)

    def released() -> bool:
        acting._next.pop("released", None)
        return path.exists()

    look_until(acting, released)
    told = read_released(path)
    assert told is not None
    assert (told.journal, told.position) == (journal.id, 1)
    journal.close()


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


def due_steps(desk: Desk, *case_ids: str) -> None:
    with desk.database.writing() as connection:
        for case_id in case_ids:
            record_due(connection, case_id, "odd", [desk.clock.now()])


def test_a_case_that_cannot_be_moved_holds_up_no_other(
    desk: Desk, acting: Acting, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = noticed(desk)
    monkeypatch.setattr(due, "STEPS", {"notice.evaluate": lambda *_: 1 // 0})
    due_steps(desk, case.id)
    acting.look()
    with desk.database.reading() as connection:
        (left,) = read_due(connection, desk.clock.now())
    assert left.step == "notice.evaluate"
    told = check(desk, f"worker: notice.evaluate of case {case.id}")
    assert told is not None
    assert (told.outcome, "division" in told.detail) == ("failed", True)


def test_what_failed_rests_and_is_told_when_it_goes_well_again(
    desk: Desk, acting: Acting, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = noticed(desk)
    built(desk, case)
    tried: list[str] = []

    def failing(_desk: Desk, case_id: str) -> str:
        tried.append(case_id)
        raise ZeroDivisionError

    with monkeypatch.context() as broken:
        broken.setattr(due, "STEPS", {"notice.evaluate": failing})
        acting.look()
        acting.look()
    assert tried == [case.id]
    name = f"notice.evaluate of case {case.id}"
    acting._rest(name, timedelta())
    acting.look()
    told = check(desk, f"worker: {name}")
    assert told is not None
    assert told.outcome == "passed"
    assert cases.look(desk, case.id).case.state == "ended"


def test_a_roster_that_cannot_be_written_holds_up_no_case(
    desk: Desk, acting: Acting, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> str:
        raise OSError(28, "No space left on device", "/x/roster.json")

    monkeypatch.setattr(acting_module, "publish", full)
    case = noticed(desk)
    built(desk, case)
    acting.look()
    assert cases.look(desk, case.id).case.state == "ended"
    told = check(desk, "worker: roster")
    assert told is not None
    assert told.detail == "/x/roster.json: No space left on device"


def test_a_database_that_is_away_ends_the_look(
    acting: Acting, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> str:
        raise DatabaseUnavailableError("away")

    monkeypatch.setattr(acting_module, "publish", away)
    with pytest.raises(DatabaseUnavailableError):
        acting.look()


def test_what_a_lost_database_cut_short_is_done_as_soon_as_there_is_one(
    acting: Acting, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[bool] = []

    def lost_once(*_: object, **__: object) -> None:
        tried.append(True)
        if len(tried) == 1:
            raise DatabaseUnavailableError("away")

    monkeypatch.setattr(acting_module, "checkpoint", lost_once)
    with pytest.raises(DatabaseUnavailableError):
        acting.look()
    acting.look()
    assert len(tried) == 2
    acting.look()
    assert len(tried) == 2, "from then on at its own pace"


def test_one_child_works_on_many_orders(desk: Desk, acting: Acting) -> None:
    orders = [bundles.order(desk, "1234", Kind.ON_REQUEST, MANAGER) for _ in range(3)]
    children: set[int] = set()

    def all_verified() -> bool:
        if acting._assistant._process is not None:
            children.add(acting._assistant._process.pid)
        return all(bundles.read(desk, one).state is OrderState.VERIFIED for one in orders)

    look_until(acting, all_verified)
    assert len(children) == 1


class SteppedClock(SystemClock):
    """The machine's clock, set back or ahead by an administrator."""

    def __init__(self) -> None:
        self.step = timedelta()

    def now(self) -> datetime:
        return super().now() + self.step


@pytest.mark.parametrize("step", [-HOUR, HOUR], ids=["back", "ahead"])
def test_a_clock_that_steps_stops_no_checkpoint(
    desk: Desk, settings: Settings, config: Path, step: timedelta
) -> None:
    clock = SteppedClock()
    stepped = replace(desk, clock=clock)
    sealer = Sealer(new_sealing_key())
    quick = settings.model_copy(
        update={"ledger": settings.ledger.model_copy(update={"checkpoint_every": timedelta()})}
    )
    made = Acting(
        stepped,
        quick,
        following=Following(stepped, quick, sealer),
        config=config,
        sealer=sealer,
    )
    made.look()
    clock.step = step
    bundles.order(stepped, "1234", Kind.ON_REQUEST, MANAGER)
    made._rest("orders", HOUR)
    assert made.look()
    made.stop()
    with desk.database.reading() as connection:
        assert read_count(connection) == 2


def test_a_step_that_was_due_while_no_worker_ran_is_taken_at_the_first_look(
    desk: Desk, acting_of: Callable[[Settings], Acting], settings: Settings
) -> None:
    # The alarm clock keeps nothing: whatever it had is gone with the worker before.
    case = noticed(desk)
    built(desk, case)
    acting_of(settings).look()
    assert cases.look(desk, case.id).case.state == "ended"


def test_two_workers_at_once_take_a_step_once(
    desk: Desk, acting_of: Callable[[Settings], Acting], settings: Settings
) -> None:
    other = settings.model_copy(
        update={"station": settings.station.model_copy(update={"node": "node-2"})}
    )
    case = noticed(desk)
    built(desk, case)
    workers = [acting_of(settings), acting_of(other)]
    start = threading.Barrier(2)
    led: list[bool] = []

    def work(one: Acting) -> None:
        start.wait()
        led.append(one.look())

    threads = [threading.Thread(target=work, args=(one,)) for one in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    view = cases.look(desk, case.id)
    assert sorted(led) == [False, True]
    assert [taken.row for taken in view.history].count("T14") == 1


# --- Supervision ---


def test_accounts_are_supervised_and_looked_at(desk: Desk, acting: Acting) -> None:
    with desk.database.writing() as connection:
        connection.exec_driver_sql("UPDATE accounts SET details = '{\"test_hours\":24}'")
    acting.look()
    (row,) = standing(desk, acct="1234").rows
    assert row.expected.interval == 86400
    with desk.database.writing() as connection:
        later = iso(desk.clock.now() - 30 * HOUR)
        connection.exec_driver_sql(
            f"UPDATE supervision SET supervised_at = '{later}', due_at = '{later}'"
        )
        now = iso(desk.clock.now())
        connection.exec_driver_sql(f"INSERT INTO journals VALUES ('j', 'n1', 1, x'', '{now}')")
    look_until(acting, lambda: standing(desk, bad=True).rows)


def test_another_roster_is_a_reason_to_ask_who_is_supervised(desk: Desk, acting: Acting) -> None:
    acting.look()
    assert standing(desk).rows == []
    with desk.database.writing() as connection:
        connection.exec_driver_sql(
            "INSERT INTO transmitters VALUES "
            "('t', 'main', '01A4', '', '[]', NULL, NULL, 60, '[]', NULL)"
        )
        connection.exec_driver_sql(
            "INSERT INTO transmitter_links VALUES "
            "('l', 't', '1234', '{}', '2020-01-01T00:00:00.000000Z', NULL)"
        )
    look_until(acting, lambda: standing(desk).rows)


def test_what_is_asked_for_is_handed_out_after_a_reading_back(desk: Desk, acting: Acting) -> None:
    order = bundles.order(desk, "1234", Kind.ON_REQUEST, MANAGER)
    look_until(acting, lambda: bundles.read(desk, order).state is OrderState.VERIFIED)
    before = bundles.read(desk, order).verified_at
    asked = handouts.ask(desk, order, Way.COPY, recipient="J. Adler", purpose="claim", by=MANAGER)
    look_until(acting, lambda: handouts.read(desk, asked.id).state is HandoutState.READY)
    after = bundles.read(desk, order).verified_at
    assert before is not None
    assert after is not None
    assert after > before


def test_a_purge_that_is_due_is_gone_on_with(desk: Desk, acting: Acting) -> None:
    now = desk.clock.now()
    purge = Purge(
        id="p",
        state=PurgeState.PROPOSED,
        ground="the register",
        listed="{}",
        list_sha256="0" * 64,
        proposed_by="maria",
        proposed_role=Role.MANAGER,
        proposed_at=now,
    )
    item = Item(purge_id="p", acct="1234", data_class=DataClass.RECORDS, place=0)
    with desk.database.writing() as connection:
        purges.record_purge(connection, purge, [item])
        purges.update_item(connection, item, state="refused", why="hold h1")
        purges.update_purge(connection, "p", state="approved", due_at=now + HOUR)
    acting.look()
    with desk.database.writing() as connection:
        assert purges.read_purge(connection, "p").state is PurgeState.APPROVED
        purges.update_purge(connection, "p", due_at=now)
        values = {"list": ITEMS, "approved_by": "ada", "approved_role": "AD", "approved_at": now}
        purges.update_purge(connection, "p", **values)

    def ended() -> bool:
        with desk.database.reading() as connection:
            return purges.read_purge(connection, "p").state is PurgeState.ENDED

    look_until(acting, ended)


@pytest.mark.system
def test_a_hold_is_shown_in_a_real_archive_within_seconds(
    desk: Desk, acting: Acting, config: Path, s3_server: S3Server, s3_store: S3Store
) -> None:
    """The worker's child reads its settings itself, so the file names the archive."""
    acting.stop()
    keys = config.parent / "s3.key"
    keys.write_text(f"{s3_server.writer.access_key}\n{s3_server.writer.secret_key}\n")
    before, _, after = config.read_text().partition("[archive.store]")
    _, _, rest = after.partition("[[authorities]]")
    bucket = s3_store.name.split()[2]
    table = (
        f'[archive.store]\nkind = "s3"\nbucket = "{bucket}"\naddressing = "path"\n'
        f'endpoint = "{s3_server.endpoint}"\ncredentials = "{keys}"\n'
    )
    config.write_text(f"{before}{table}[[authorities]]{rest}")
    order = bundles.order(desk, "1234", Kind.ON_REQUEST, MANAGER)
    look_until(acting, lambda: bundles.read(desk, order).state is OrderState.VERIFIED)
    hold = set_hold(desk, "1234", HoldKind.RECORDS, "claim", by=MANAGER)
    look_until(acting, lambda: not bundles.unflagged(desk, hold.id))
    for one in bundles.objects(desk, order):
        assert one.version_id is not None
        assert s3_store.head(one.key, one.version_id).legal_hold
