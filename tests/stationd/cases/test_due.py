from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from archive.seal import LogKey
from stationd.accounts.store import read_account
from stationd.bundles.model import Kind
from stationd.bundles.store import find_order
from stationd.cases import due, service, store
from stationd.cases.facts import closing_epoch
from stationd.errors import MistakeError
from stationd.holds.model import HoldKind
from stationd.holds.service import ask_lifting, lift_hold, set_hold
from stationd.hooks import service as hooks
from stationd.ledger.checkpoints import read_count
from stationd.ledger.service import LedgerTree
from stationd.paging import FolderHook
from stationd.settings import PolicySettings
from stationd.staff.model import Person, Role

Office = Any
DAY = timedelta(days=1)
COUNSEL = Person(login="olga", name="Olga", role=Role.ATTORNEY)


@pytest.fixture
def log_key() -> LogKey:
    return LogKey(Ed25519PrivateKey.generate())


@pytest.fixture
def tree(office: Office) -> Iterator[LedgerTree]:
    return LedgerTree.load(office.desk)


def close(
    office: Office, case: Any, tree: LedgerTree, log_key: LogKey, *, late: timedelta | None = None
) -> tuple[str | None, str]:
    now = office.clock.now()
    reached = due.Reached(journal="j", node="node-1", at=now - (late or timedelta()))
    return due.close_account_epoch(
        office.desk, case.id, tree, origin="log.example.com/x", log_key=log_key, reached=[reached]
    )


# --- The notice ---


def test_a_look_before_the_instant_changes_nothing(office: Office) -> None:
    case = office.noticed()
    outcome = due.evaluate_notice(office.desk, case.id)
    assert outcome is not None
    assert outcome.startswith("looked: T14")
    assert service.look(office.desk, case.id).case == case


def test_at_the_instant_the_service_ends(office: Office) -> None:
    case = office.due()
    assert due.evaluate_notice(office.desk, case.id) == "service has ended"
    assert due.evaluate_notice(office.desk, case.id) == "nothing to do: the case is ended"


def test_what_cannot_end_is_overdue_and_stays_due(office: Office) -> None:
    case = office.due()
    hold = set_hold(office.desk, "1234", HoldKind.SERVICE, "claim", by=office.manager)
    assert due.evaluate_notice(office.desk, case.id) is None
    assert due.evaluate_notice(office.desk, case.id) is None
    view = service.look(office.desk, case.id)
    assert view.case.overdue
    assert [one.row for one in view.history].count("T15") == 1
    ask_lifting(office.desk, hold.id, by=office.manager)
    lift_hold(office.desk, hold.id, by=COUNSEL)
    assert due.evaluate_notice(office.desk, case.id) == "service has ended"


def test_without_auto_end_a_manager_ends_the_service(office: Office) -> None:
    case = office.due()
    by_hand = replace(office.desk, policies=PolicySettings(auto_end=False))
    office.clock.advance(-40 * DAY)
    assert due.evaluate_notice(by_hand, case.id) == (
        "looked: a manager ends the service when its time is over"
    )
    office.clock.advance(case.effective_at - office.clock.now())
    assert due.evaluate_notice(by_hand, case.id) is None
    assert not service.look(office.desk, case.id).case.overdue
    office.clock.advance(timedelta(hours=1))
    assert due.evaluate_notice(by_hand, case.id) is None
    assert due.evaluate_notice(by_hand, case.id) is None
    assert service.look(office.desk, case.id).case.overdue
    assert office.step(case, "time_over").state == "ended"


# --- The close record ---


def test_the_close_record_its_checkpoint_and_the_order_come_together(
    office: Office, tree: LedgerTree, log_key: LogKey
) -> None:
    case = office.ended()
    office.clock.advance(2 * DAY)
    outcome, _ = close(office, case, tree, log_key)
    assert outcome == "the close record is appended and the closing bundle ordered"
    with office.desk.database.reading() as connection:
        assert closing_epoch(connection, case.id) == 1
        assert find_order(connection, case.id, Kind.CLOSING) is not None
        assert read_account(connection, "1234").epoch == 2
        assert read_count(connection) == 1
    last = office.records()[-1]
    assert (last["type"], last["case"]) == ("close", case.id)
    assert last["followed"][0]["node"] == "node-1"


def test_a_chain_is_closed_once(office: Office, tree: LedgerTree, log_key: LogKey) -> None:
    case = office.ended()
    office.clock.advance(2 * DAY)
    close(office, case, tree, log_key)
    assert close(office, case, tree, log_key) == ("the close record is there", "")
    with office.desk.database.reading() as connection:
        assert len(service.look(office.desk, case.id).orders) == 2
        assert store.read_case(connection, case.id).state == "ended"


@pytest.mark.parametrize(
    ("waited", "late"),
    [(DAY - timedelta(seconds=1), None), (2 * DAY, DAY + timedelta(seconds=1))],
    ids=["before the late buffer is over", "a journal that was not followed so far"],
)
def test_nothing_is_closed_too_early(
    office: Office, tree: LedgerTree, log_key: LogKey, waited: timedelta, late: timedelta | None
) -> None:
    case = office.ended()
    office.clock.advance(waited)
    outcome, waits = close(office, case, tree, log_key, late=late)
    assert outcome is None
    assert waits.startswith("waits until journals are followed past 2026-04-12T15:00")
    assert office.records()[-1]["type"] != "close"


def test_a_case_that_is_not_ended_is_not_closed(
    office: Office, tree: LedgerTree, log_key: LogKey
) -> None:
    case = office.noticed()
    assert close(office, case, tree, log_key) == ("nothing to do: the case is noticed", "")


def test_a_case_that_moved_meanwhile_closes_nothing(
    office: Office, tree: LedgerTree, log_key: LogKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = office.ended()
    office.clock.advance(2 * DAY)
    stale = due._closing(office.desk, case.id)
    office.execute("UPDATE cases SET version = version + 1")
    with monkeypatch.context() as patch:
        patch.setattr(due, "_closing", lambda *_: stale)
        with pytest.raises(MistakeError, match="was moved meanwhile"):
            close(office, case, tree, log_key)
    assert office.records()[-1]["type"] != "close"


# --- Sealing ---


def test_a_case_is_sealed_once_its_bundle_is_proven(office: Office) -> None:
    case = office.ended()
    assert [one.id for one in due.waiting_to_seal(office.desk)] == [case.id]
    assert due.seal_covered(office.desk, case.id) is None
    office.prove(office.close_chain(case))
    sealed = due.seal_covered(office.desk, case.id)
    assert sealed is not None
    assert sealed.state == "sealed"
    assert due.waiting_to_seal(office.desk) == []


def test_a_bundle_that_leaves_something_out_seals_nothing(office: Office) -> None:
    case = office.ended()
    office.prove(office.close_chain(case), records=1)
    assert due.seal_covered(office.desk, case.id) is None
    assert service.look(office.desk, case.id).case.state == "ended"


@pytest.mark.both_databases
def test_an_overdue_end_is_paged_until_service_has_ended(office: Office) -> None:
    case = office.noticed()
    hook = FolderHook(kind="folder", name="drop", path=Path("/nowhere"))
    office.clock.advance(40 * DAY)
    due.evaluate_notice(office.desk, case.id)
    hooks.watch(office.desk, [hook], timedelta(hours=4))
    (page,) = hooks.pages(office.desk)
    assert (page.kind, page.subject) == ("overdue_end", case.id)
    assert "account 1234" in page.said
    assert not {"Acme", "Shop", "1 Main", "a@example.com"} & set(page.said.split())
    office.built(case)
    office.fact(case, "local_operation")
    office.fact(case, "vendor", vendor="all", outcome="none")
    assert due.evaluate_notice(office.desk, case.id) == "service has ended"
    hooks.watch(office.desk, [hook], timedelta(hours=4))
    assert hooks.pages(office.desk) == []
