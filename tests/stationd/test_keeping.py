"""The second child stamps; what is late raises an alarm, and nothing else waits for it."""

import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from archive.ceremony import Ceremony
from archive.seal import LogKey
from stationd.anchors import store
from stationd.desk import Desk
from stationd.keeping import LATE, Keeping
from stationd.ledger.service import LedgerTree, checkpoint
from stationd.schedule.checks import ANCHORING, Check, read_check
from stationd.settings import Settings

ORIGIN = "log.example.com/station-1"


@pytest.fixture
def tree(worker_desk: Desk, keys: Ceremony) -> LedgerTree:
    made = LedgerTree.load(worker_desk)
    checkpoint(worker_desk, made, origin=ORIGIN, log_key=LogKey.load(keys.log_key))
    return made


@pytest.fixture
def keeping_of(
    worker_desk: Desk, worker_config: Path, request: pytest.FixtureRequest
) -> Callable[[Settings], Keeping]:
    def make(settings: Settings) -> Keeping:
        made = Keeping(worker_desk, settings, config=worker_config, woken=lambda: None)
        request.addfinalizer(made.stop)
        return made

    return make


@pytest.fixture
def keeping(keeping_of: Callable[[Settings], Keeping], worker_settings: Settings) -> Keeping:
    return keeping_of(worker_settings)


def look_until(keeping: Keeping, tree: LedgerTree, reached: Callable[[], object]) -> None:
    pause = threading.Event()
    for _ in range(300):
        keeping._next.clear()
        keeping.look(tree)
        if reached():
            return
        pause.wait(0.1)
    pytest.fail("the keeping did not come to it")


def check(desk: Desk, name: str) -> Check | None:
    with desk.database.reading() as connection:
        return read_check(connection, name)


def test_the_newest_checkpoint_is_stamped_by_a_child(
    worker_desk: Desk, keeping: Keeping, tree: LedgerTree
) -> None:
    def stored() -> bool:
        with worker_desk.database.reading() as connection:
            return store.read_newest_stored(connection) is not None

    assert keeping.point(0) is None
    assert keeping.waits() == ""
    look_until(keeping, tree, stored)
    assert keeping.point(0) == 0
    look_until(keeping, tree, lambda: check(worker_desk, LATE))
    told = check(worker_desk, LATE)
    assert told is not None
    assert told.outcome == "passed"


def test_nothing_is_asked_for_twice_while_the_child_is_at_it(
    keeping: Keeping, tree: LedgerTree
) -> None:
    given: list[str] = []
    keeping._assistant.give = given.append  # type: ignore[method-assign,assignment]
    keeping._rest("audit", timedelta(hours=1))
    keeping.look(tree)
    keeping._next.pop("look")
    keeping.look(tree)
    assert given == ["anchor"]


def test_an_authority_that_does_not_answer_is_told_and_at_last_is_an_alarm(
    worker_desk: Desk,
    keeping_of: Callable[[Settings], Keeping],
    worker_settings: Settings,
    worker_config: Path,
    tree: LedgerTree,
) -> None:
    text = worker_config.read_text()
    worker_config.write_text(text.replace("http://127.0.0.1:", "http://127.0.0.1:1/"))
    soon = worker_settings.ledger.model_copy(update={"anchor_late": timedelta()})
    keeping = keeping_of(worker_settings.model_copy(update={"ledger": soon}))
    look_until(keeping, tree, lambda: check(worker_desk, ANCHORING))
    found = check(worker_desk, ANCHORING)
    assert found is not None
    assert (found.outcome, keeping.waits()) == ("unavailable", found.detail)
    look_until(keeping, tree, lambda: (check(worker_desk, LATE) or found).outcome == "failed")
    late = check(worker_desk, LATE)
    assert late is not None
    assert "No checkpoint was stamped in time" in late.detail


def test_a_child_that_is_killed_is_followed_by_another(
    worker_desk: Desk, keeping: Keeping, tree: LedgerTree
) -> None:
    keeping.look(tree)
    process = keeping._assistant._process
    assert process is not None
    process.kill()
    process.wait()

    def stored() -> bool:
        with worker_desk.database.reading() as connection:
            return store.read_newest_stored(connection) is not None

    look_until(keeping, tree, stored)


def test_without_an_archive_nothing_is_stamped(
    worker_desk: Desk,
    keeping_of: Callable[[Settings], Keeping],
    worker_settings: Settings,
    tree: LedgerTree,
) -> None:
    bare = keeping_of(worker_settings.model_copy(update={"archive": None}))
    bare.look(tree)
    assert bare._assistant._process is None


def test_a_stamp_that_failed_is_tried_again_after_a_rest(
    keeping: Keeping, tree: LedgerTree
) -> None:
    given: list[str] = []
    keeping._assistant.give = given.append  # type: ignore[method-assign,assignment]
    keeping._rest("audit", timedelta(hours=1))
    keeping.look(tree)
    keeping._next["look"] = 0
    keeping.look(tree)
    keeping._next["look"] = keeping._next["anchor"] = 0
    keeping.look(tree)
    assert given == ["anchor", "anchor"]


def test_what_is_new_is_audited_first_and_then_so_many_records_at_a_time(
    keeping: Keeping, tree: LedgerTree
) -> None:
    given: list[tuple[str, ...]] = []
    keeping._assistant.give = lambda *task: given.append(task)  # type: ignore[method-assign]
    keeping._rest("anchor", timedelta(hours=1))
    for _ in range(3):
        keeping._next["look"] = keeping._next["audit"] = 0
        keeping.look(tree)
    assert given == [("audit", "new"), ("audit", "4000"), ("audit", "4000")]


def test_an_audit_that_is_switched_off_looks_at_what_is_new_only(
    keeping_of: Callable[[Settings], Keeping], worker_settings: Settings, tree: LedgerTree
) -> None:
    off = worker_settings.ledger.model_copy(update={"audit_rate": 0})
    keeping = keeping_of(worker_settings.model_copy(update={"ledger": off}))
    given: list[tuple[str, ...]] = []
    keeping._assistant.give = lambda *task: given.append(task)  # type: ignore[method-assign]
    keeping._rest("anchor", timedelta(hours=1))
    for _ in range(2):
        keeping._next["look"] = keeping._next["audit"] = 0
        keeping.look(tree)
    assert given == [("audit", "new")]
