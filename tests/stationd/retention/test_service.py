"""Overrides with source and author, and the plan from rows."""

from datetime import timedelta

import pytest

from stationd.cases.model import Attachment, Reason
from stationd.cases.service import open_case
from stationd.errors import MistakeError, NotAuthorisedError, NotFoundError
from stationd.holds.model import HoldKind, Reach, Scope
from stationd.holds.service import set_hold, set_hold_on
from stationd.ledger.store import read_head, read_records
from stationd.retention import service
from stationd.retention.model import DataClass
from stationd.staff.model import Person, Role

pytestmark = pytest.mark.both_databases

LETTER = Attachment(name="letter.pdf", media_type="application/pdf", content=b"letter")


def rows(desk, acct):
    return {row.data_class.value: row for row in service.plan(desk, acct)}


def test_the_last_override_of_its_kind_counts_and_is_a_record(street, manager):
    for months in (100, 90):
        service.override(
            street, DataClass.RECORDS, months, source="law", by=manager, jurisdiction="CO"
        )
        street.clock.advance(timedelta(seconds=1))
    (one,) = service.overrides(street)
    assert (one.rule.months, one.rule.author, one.rule.source) == (90, "maria", "law")
    assert rows(street, "1")["records"].rule.months == 90
    assert rows(street, "3")["records"].rule.months == 84
    with street.database.reading() as connection:
        size = read_head(connection, "station", 1).size
        found = b"".join(read_records(connection, "station", 1, size, size))
    assert b'"kind":"retention_rule"' in found


def test_an_override_is_a_managers_and_keeps_the_floor(street, manager):
    clerk = Person(login="carla", name="Carla", role=Role.CLERK)
    with pytest.raises(NotAuthorisedError):
        service.override(street, DataClass.CASES, 90, source="x", by=clerk, dealer_id="d")
    with pytest.raises(MistakeError, match="24 months"):
        service.override(street, DataClass.CASES, 12, source="x", by=manager, dealer_id="d")
    assert service.overrides(street) == []


def test_an_open_account_is_not_in_the_plan_of_all_but_can_be_asked_for(street):
    assert service.plan(street) == []
    assert list(rows(street, "1")["records"].held_by) == ["the record is open, not closed"]
    with pytest.raises(NotFoundError):
        service.plan(street, "9")


def test_every_record_moves_the_start_of_the_clock(street, manager):
    before = rows(street, "1")["records"]
    street.clock.advance(timedelta(days=40))
    set_hold(street, "1", HoldKind.SERVICE, "claim", by=manager)
    after = rows(street, "1")["records"]
    assert (before.start_why, after.start_why) == ("opened", "last record")
    assert after.start == street.clock.now()
    assert after.due_at > before.due_at


def test_holds_of_any_scope_and_cases_next_door_are_named(street, manager):
    hold = set_hold_on(
        street, Reach(scope=Scope.SITE, of="s1"), HoldKind.RECORDS, "claim", by=manager
    )
    open_case(
        street, "2", Reason.CUSTOMER_REQUEST, manager, kind="customer_writing", document=LETTER
    )
    held = list(rows(street, "1")["records"].held_by)
    assert held[1:] == [f"hold {hold.id}", "a case is open on 2 at the same site"]
    own = list(rows(street, "2")["records"].held_by)
    assert "a case is open" in own
    assert len(own) == 4
    assert list(rows(street, "3")["records"].held_by) == ["the record is open, not closed"]
