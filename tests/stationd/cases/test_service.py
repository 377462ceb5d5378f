import os
import signal
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import product
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stationd.accounts.model import Contract, Customer, Opening, Site
from stationd.accounts.service import open_account
from stationd.accounts.store import read_account
from stationd.bundles.store import read_orders
from stationd.cases import chronicle, effects, service, store
from stationd.cases.guards import GUARDS
from stationd.cases.model import Attachment, Reason, Status
from stationd.cases.states import BEFORE_ENDED, CLOSE_GUARDS, Event, State
from stationd.db.engine import Database
from stationd.errors import (
    MistakeError,
    NotAuthorisedError,
    NotFoundError,
    RefusedError,
    StepUnknownError,
    UnavailableError,
)
from stationd.holds.model import HoldKind
from stationd.holds.service import ask_lifting, holds, lift_hold, set_hold
from stationd.schedule.store import read_steps
from stationd.staff.model import WORKER, Person, Role

Office = Any
DAY = timedelta(days=1)
COUNSEL = Person(login="olga", name="Olga", role=Role.ATTORNEY)
LETTER = Attachment(name="letter.pdf", media_type="application/pdf", content=b"letter")


def refused_by(office: Office, case: Any, event: str) -> list[str]:
    return [name for name, status in refused(office, case, event).items() if status == "failed"]


def refused(office: Office, case: Any, event: str) -> dict[str, str]:
    with pytest.raises(RefusedError) as error:
        office.step(case, event)
    return {one.id: one.status.value for one in error.value.results}  # type: ignore[attr-defined]


# --- Opening ---


def test_a_case_is_opened_with_its_ground_and_holds_the_records(office: Office) -> None:
    case = office.open()
    assert (case.state, case.version, case.opened_by) == ("opened", 1, "maria")
    (hold,) = holds(office.desk, "1234")
    assert (hold.kind, hold.case_id) == (HoldKind.RECORDS, case.id)
    facts = service.look(office.desk, case.id).facts
    assert [(one.kind, one.doc is None) for one in facts if one.doc is not None] == [
        ("customer_writing", False)
    ]


def test_a_document_of_another_kind_is_no_ground(office: Office, manager: Person) -> None:
    with pytest.raises(RefusedError) as error:
        service.open_case(
            office.desk, "1234", Reason.NONPAYMENT, manager, kind="note", document=LETTER
        )
    (result,) = error.value.results
    assert result.id == "G2"  # type: ignore[attr-defined]
    assert service.cases(office.desk) == []
    assert holds(office.desk, "1234") == []


@pytest.mark.both_databases
def test_a_contract_has_one_open_case(office: Office) -> None:
    case = office.open()
    with pytest.raises(MistakeError, match=f"has an open case already: {case.id}"):
        office.open()


def test_a_case_that_is_over_makes_room_for_another(office: Office) -> None:
    office.step(office.open(), "withdraw")
    assert office.open().state == "opened"


def test_a_closed_record_cannot_be_terminated_again(office: Office) -> None:
    office.step(office.sealed(), "close")
    with pytest.raises(MistakeError, match="record is closed"):
        office.open()


def test_an_operator_opens_no_case(office: Office) -> None:
    olga = Person(login="olga", name="Olga", role=Role.OPERATOR)
    with pytest.raises(NotAuthorisedError, match="olga \\(operator\\) may not take the step open"):
        service.open_case(
            office.desk,
            "1234",
            Reason.CUSTOMER_REQUEST,
            olga,
            kind="customer_writing",
            document=LETTER,
        )


def test_many_are_opened_each_in_its_own_transaction(office: Office) -> None:
    done = service.open_cases(
        office.desk,
        ["1234", "9", "1234"],
        Reason.CUSTOMER_REQUEST,
        office.manager,
        kind="customer_writing",
        document=LETTER,
    )
    assert [(one.acct, one.case is None) for one in done] == [("1234", False), ("9", True)]
    assert "There is no account 9" in done[1].why
    again = service.open_cases(
        office.desk,
        ["1234"],
        Reason.NONPAYMENT,
        office.manager,
        kind="note",
        document=LETTER,
    )
    assert "has an open case already" in again[0].why


def test_what_one_account_refuses_is_told_with_its_rows(office: Office) -> None:
    (one,) = service.open_cases(
        office.desk,
        ["1234"],
        Reason.NONPAYMENT,
        office.manager,
        kind="note",
        document=LETTER,
    )
    assert [result.id for result in one.results] == ["G2"]  # type: ignore[attr-defined]


def test_of_many_cases_the_document_is_kept_once(office: Office) -> None:
    opening = Opening(
        customer=Customer(id="c1", name="Acme"),
        site=Site(id="s1", customer_id="c1", name="Shop", address="1", zone="UTC"),
        contract=Contract(id="k2", site_id="s1", number="K-2"),
        acct="1235",
    )
    open_account(office.desk, opening, by=office.manager)
    done = service.open_cases(
        office.desk,
        ["1234", "1235"],
        Reason.CUSTOMER_REQUEST,
        office.manager,
        kind="customer_writing",
        document=LETTER,
    )
    assert [one.case is None for one in done] == [False, False]
    (count,) = office.execute("SELECT count(*) FROM documents WHERE name = 'letter.pdf'")[0]
    assert count == 1
    named = office.execute("SELECT count(DISTINCT doc) FROM case_facts WHERE doc IS NOT NULL")
    assert named == [(1,)]


def test_a_dealers_instruction_opens_its_accounts_cases(office: Office) -> None:
    assert service.opening_kinds(office.desk, "1234", Reason.NONPAYMENT) == ("billing_statement",)
    office.execute("UPDATE contracts SET party = 'dealer'")
    kinds = service.opening_kinds(office.desk, "1234", Reason.NONPAYMENT)
    assert kinds == ("dealer_instruction",)
    with pytest.raises(RefusedError, match="refused by G2"):
        office.open(Reason.NONPAYMENT)
    assert office.open(Reason.NONPAYMENT, kind="dealer_instruction").state == "opened"


def test_an_unknown_kind_of_document_opens_nothing(office: Office) -> None:
    with pytest.raises(MistakeError, match="There is no fact of kind rumour"):
        office.open(kind="rumour")


# --- The way ---


def test_a_request_goes_from_facts_to_the_notice(office: Office) -> None:
    assert office.noticed().state == "noticed"


def test_a_default_goes_over_contacting(office: Office) -> None:
    case = office.open(Reason.NONPAYMENT)
    office.step(case, "start")
    office.review(case)
    assert office.step(case, "facts_ok").state == "contacting"
    office.contacted(case)
    assert office.step(case, "ladder_done").state == "ready_for_notice"


def test_a_notice_fixes_the_effective_instant_and_how_it_came_about(office: Office) -> None:
    case = office.noticed()
    # 30 days after 2 March end with 1 April; Thursday noon in Chicago.
    assert case.effective_at == datetime(2026, 4, 2, 17, 0, tzinfo=UTC)
    facts = service.look(office.desk, case.id).facts
    (computed,) = [one.fact for one in facts if one.kind == "effective"]
    assert computed["notice_days"] == 30
    assert computed["effective_at"] == "2026-04-02T17:00:00.000000Z"


def test_of_two_notices_the_later_instant_counts(office: Office) -> None:
    case = office.ready()
    office.draft(case, "post")
    office.draft(case)
    office.approve(case)
    office.notice(case)
    office.notice(case, channel="post")
    moved = office.step(case, "notice_sent")
    # Post adds three days: 33 days end with 4 April, a Saturday; Monday noon.
    assert moved.effective_at == datetime(2026, 4, 6, 17, 0, tzinfo=UTC)


def test_the_date_that_the_customer_asked_for_can_lengthen_the_notice(office: Office) -> None:
    case = office.approved()
    office.notice(case, ends_on=date(2026, 6, 1))
    assert office.step(case, "notice_sent").effective_at == datetime(2026, 6, 1, 17, tzinfo=UTC)


def test_a_notice_orders_the_primary_bundle_and_its_looks(office: Office) -> None:
    case = office.noticed()
    view = service.look(office.desk, case.id)
    assert [(one.kind, one.state, one.epoch) for one in view.orders] == [("primary", "ordered", 1)]
    effective = case.effective_at
    looks = [one.due_at for one in view.due if one.step == "notice.evaluate"]
    assert [effective - at for at in looks] == [
        3 * DAY,
        DAY,
        timedelta(hours=1),
        timedelta(),
    ]


def test_without_a_notice_nothing_is_noticed(office: Office) -> None:
    assert refused_by(office, office.ready(), "notice_sent") == ["G6p", "G6", "approval"]


def test_an_undeclared_notice_counts_once_its_declaration_is_there(office: Office) -> None:
    case = office.approved()
    notice = office.notice(case, declaration=None)
    assert refused_by(office, case, "notice_sent") == ["G6"]
    service.record_declaration(office.desk, case.id, notice[:8], office.manager, document=LETTER)
    assert office.step(case, "notice_sent").state == "noticed"


def test_before_the_instant_service_does_not_end(office: Office) -> None:
    case = office.noticed()
    office.built(case)
    assert refused_by(office, case, "time_over") == ["G7"]
    assert refused(office, case, "time_over")["G11"] == "warned"


def test_at_the_instant_service_ends_and_the_closing_is_due(office: Office) -> None:
    case = office.noticed()
    office.built(case)
    office.clock.advance(case.effective_at - office.clock.now())
    ended = service.step(office.desk, case.id, "time_over", WORKER)
    assert ended.ended_at == case.effective_at
    with office.desk.database.reading() as connection:
        assert read_account(connection, "1234").service == "ended"
        due = [one for one in read_steps(connection, case.id) if one.done_at is None]
    assert [(one.step, one.due_at) for one in due] == [
        ("letter.second", ended.ended_at),
        ("bundle.closing", ended.ended_at + DAY),
    ]


def test_a_service_hold_stops_the_end_and_the_case_is_overdue(office: Office) -> None:
    case = office.due()
    hold = set_hold(office.desk, "1234", HoldKind.SERVICE, "claim", by=office.manager)
    assert refused(office, case, "time_over")["G10"] == "failed"
    assert service.step(office.desk, case.id, "overdue", WORKER).overdue
    ask_lifting(office.desk, hold.id, by=office.manager)
    lift_hold(office.desk, hold.id, by=COUNSEL)
    ended = office.step(case, "time_over")
    assert (ended.state, ended.overdue) == ("ended", False)


def test_a_case_is_not_overdue_before_its_time(office: Office) -> None:
    assert refused(office, office.noticed(), "overdue") == {"G7": "failed"}


def test_a_returned_notice_resets_nothing(office: Office) -> None:
    case = office.noticed()
    office.clock.advance(DAY)
    office.fact(case, "notice_returned")
    after = office.step(case, "notice_returned")
    assert (after.state, after.effective_at) == ("noticed", case.effective_at)


# --- Holds of a case ---


@pytest.mark.parametrize(("event", "fact"), [("dispute", "dispute"), ("referred", "referral")])
def test_a_hold_needs_its_fact(office: Office, event: str, fact: str) -> None:
    case = office.noticed()
    assert refused(office, case, event) == {"fact": "failed"}
    office.fact(case, fact)
    held = office.step(case, event)
    assert held.previous_state == "noticed"
    assert refused_unknown(office, held, "time_over")


def refused_unknown(office: Office, case: Any, event: str) -> bool:
    with pytest.raises(StepUnknownError):
        office.step(case, event)
    return True


def test_a_decided_dispute_goes_on_where_it_was(office: Office) -> None:
    case = office.noticed()
    office.fact(case, "dispute")
    office.step(case, "dispute")
    office.fact(case, "dispute_decision")
    back = office.step(case, "resolved")
    assert (back.state, back.previous_state) == ("noticed", None)
    assert back.effective_at == case.effective_at


def test_a_dispute_longer_than_the_notice_needs_a_new_one(office: Office) -> None:
    case = office.noticed(Reason.NONPAYMENT)
    office.fact(case, "dispute")
    office.step(case, "dispute")
    office.clock.advance(60 * DAY)
    office.fact(case, "dispute_decision")
    back = office.step(case, "resolved")
    assert (back.state, back.effective_at, back.noticed_at) == ("contacting", None, None)
    office.step(case, "ladder_done")
    assert refused_by(office, case, "notice_sent") == ["G6p", "G6", "approval"]
    assert office.send(case).effective_at > office.clock.now()


def test_a_dispute_within_collection_returns_to_collection(office: Office) -> None:
    case = office.noticed()
    office.fact(case, "referral")
    office.step(case, "referred")
    office.fact(case, "dispute")
    office.step(case, "dispute")
    office.clock.advance(60 * DAY)
    office.fact(case, "dispute_decision")
    assert office.step(case, "resolved").state == "collection_hold"
    office.fact(case, "collection_return")
    back = office.step(case, "returned")
    assert (back.state, back.effective_at) == ("ready_for_notice", None)


def test_an_old_decision_does_not_settle_a_new_dispute(office: Office) -> None:
    case = office.noticed()
    office.fact(case, "dispute_decision")
    office.clock.advance(DAY)
    office.fact(case, "dispute")
    office.step(case, "dispute")
    assert refused(office, case, "resolved") == {"fact": "failed"}


@pytest.mark.parametrize("event", ["cure", "withdraw"])
def test_a_case_that_is_given_up_releases_its_hold_and_is_due_no_more(
    office: Office, event: str
) -> None:
    case = office.noticed()
    office.fact(case, "cure_accepted")
    letter = {"channel": "email", "address": "a@example.com", "sent_on": "2026-03-02"}
    office.fact(case, "withdrawal_letter", document=LETTER, **letter)
    over = office.step(case, event)
    assert over.state == {"cure": "cured", "withdraw": "withdrawn"}[event]
    assert holds(office.desk, "1234") == []
    assert all(one.done_at is not None for one in service.look(office.desk, case.id).due)


def test_a_clerk_does_not_decide(office: Office, clerk: Person) -> None:
    case = office.open()
    with pytest.raises(NotAuthorisedError, match="Who may: manager"):
        service.step(office.desk, case.id, "withdraw", clerk)


# --- Sealing and closing ---


@pytest.mark.both_databases
def test_a_case_closes_once_its_bundle_is_proven(office: Office) -> None:
    closed = office.step(office.sealed(), "close")
    assert (closed.state, closed.closed_at) == ("closed", office.clock.now())
    with office.desk.database.reading() as connection:
        assert read_account(connection, "1234").record == "closed"
        due = [one.step for one in read_steps(connection, closed.id) if one.done_at is None]
    assert due == ["lock.extend", "bundle.tail"]
    assert holds(office.desk, "1234") == []
    (kept,) = [
        one.fact for one in service.look(office.desk, closed.id).facts if one.kind == "retention"
    ]
    assert kept["retain_until"] == "2036-04-10T15:00:00.000000Z"


def test_after_close_a_case_is_told_in_the_station_chain(office: Office) -> None:
    case = office.step(office.sealed(), "close")
    assert office.records()[-1]["type"] == "close"
    assert office.epochs("1234") == 1
    steps = [one for one in office.records("station") if one.get("kind") == "step"]
    assert [(one["row"], one["case"], one["of"]) for one in steps] == [
        ("T16", case.id, {"acct": "1234", "epoch": 1}),
        ("T17", case.id, {"acct": "1234", "epoch": 1}),
    ]


def test_what_is_not_proven_is_not_sealed(office: Office) -> None:
    case = office.ended()
    assert refused(office, case, "covered") == {"G11": "failed", "G12": "failed"}
    order = office.close_chain(case)
    assert refused(office, case, "covered") == {"G11": "failed", "G12": "failed"}
    office.prove(order, records=1)
    assert refused(office, case, "covered") == {"G11": "passed", "G12": "failed"}


def test_a_bundle_that_was_not_looked_at_for_long_does_not_close(office: Office) -> None:
    case = office.sealed()
    office.clock.advance(2 * DAY)
    assert refused(office, case, "close")["G11"] == "failed"


def test_a_foreign_records_hold_stops_closing(office: Office) -> None:
    case = office.sealed()
    set_hold(office.desk, "1234", HoldKind.RECORDS, "subpoena", by=office.manager)
    assert refused(office, case, "close")["G10"] == "failed"


def test_the_worker_does_not_close(office: Office) -> None:
    case = office.sealed()
    with pytest.raises(NotAuthorisedError):
        service.step(office.desk, case.id, "close", WORKER)


@pytest.mark.parametrize(
    "state", [*BEFORE_ENDED, State.ENDED], ids=[str(one) for one in (*BEFORE_ENDED, State.ENDED)]
)
def test_closing_too_early_is_refused_with_every_row(office: Office, state: State) -> None:
    case = office.open()
    office.execute(f"UPDATE cases SET state = '{state}'")
    rows = refused(office, case, "close")
    assert list(rows) == list(CLOSE_GUARDS)
    assert rows["G11"] == "failed"


EVERYBODY = (WORKER, *(Person(login=role.lower(), name="", role=role) for role in Role))


@pytest.mark.parametrize("state", sorted(set(State) - {State.CLOSED}))
def test_nobody_closes_from_anywhere_without_the_bundle(office: Office, state: State) -> None:
    case = office.open()
    for by, event in product(EVERYBODY, Event):
        office.execute(f"UPDATE cases SET state = '{state}' WHERE state <> 'closed'")
        with suppress(RefusedError, StepUnknownError, NotAuthorisedError, MistakeError):
            assert service.step(office.desk, case.id, event, by).state != State.CLOSED
    with office.desk.database.reading() as connection:
        assert store.read_case(connection, case.id).state != State.CLOSED
        assert read_account(connection, "1234").record == "open"


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE cases SET state = 'closed'",
        "UPDATE accounts SET record = 'closed'",
        (
            "INSERT INTO accounts SELECT '9', 'k9', service, 'closed', epoch, details, opened_at "
            "FROM accounts"
        ),
    ],
)
def test_the_database_itself_refuses_closed(office: Office, statement: str) -> None:
    case = office.ended()
    office.prove(office.close_chain(case), state="stored")
    with pytest.raises(sa.exc.IntegrityError, match="closed needs a closing bundle"):
        office.execute(statement)


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(events=st.lists(st.sampled_from(list(Event)), max_size=12))
def test_no_sequence_of_steps_reaches_closed_without_the_bundle(
    office: Office, events: list[Event]
) -> None:
    for one in service.cases(office.desk, open_only=True):
        office.execute(f"UPDATE cases SET state = 'opened' WHERE id = '{one.id}'")
    open_now = service.cases(office.desk, open_only=True)
    case = open_now[0] if open_now else office.open()
    for event in events:
        try:
            case = office.step(case, event)
        except (RefusedError, MistakeError):
            continue
        if case.state == State.READY_FOR_NOTICE:
            office.draft(case)
            office.approve(case)
            office.notice(case)
        if case.state in (State.CURED, State.WITHDRAWN):
            return
        office.clock.advance(20 * DAY)
        assert case.state not in (State.SEALED, State.CLOSED)


# --- One transaction ---


def test_a_refused_step_leaves_nothing_behind(office: Office) -> None:
    case = office.noticed()
    before = (office.records(), service.look(office.desk, case.id).history)
    refused(office, case, "time_over")
    assert (office.records(), service.look(office.desk, case.id).history) == before


@pytest.mark.both_databases
def test_a_step_that_fails_halfway_leaves_nothing_behind(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = office.approved()
    office.notice(case)
    before = office.records()

    def fails(*_: object, **__: object) -> None:
        raise UnavailableError("the ledger is away")

    with monkeypatch.context() as patch:
        patch.setattr(chronicle, "append", fails)
        with pytest.raises(UnavailableError):
            office.step(case, "notice_sent")
    view = service.look(office.desk, case.id)
    assert (view.case.state, view.orders, view.due) == ("ready_for_notice", (), ())
    assert office.records() == before


@pytest.mark.both_databases
def test_two_who_step_at_once_are_told_apart_by_the_version(office: Office) -> None:
    case = office.open()
    office.step(case, "start")
    with office.writing() as connection, pytest.raises(UnavailableError, match="Somebody else"):
        store.record_moved(connection, case, over=False)


def test_every_step_is_in_the_past_with_all_results_and_their_hash(office: Office) -> None:
    case = office.noticed()
    view = service.look(office.desk, case.id)
    assert [one.row for one in view.history] == ["T1", "T2", "T4", "T12"]
    with office.desk.database.reading() as connection:
        text, digest = store.read_results(connection, case.id, 4)
    assert '"id":"G6"' in text
    told = [one for one in office.records() if (one.get("row"), one.get("kind")) == ("T12", "step")]
    assert told[0]["guards"] == digest.hex()


def test_records_say_who_moved_what_and_hold_no_text_of_people(office: Office) -> None:
    case = office.open()
    service.record_fact(office.desk, case.id, "note", {"text": "call Mrs Smith"}, office.manager)
    told = [one for one in office.records() if one["type"] == "case"]
    assert {one["by"] for one in told} == {"maria"}
    assert {one["origin"] for one in told} == {"human"}
    assert "Smith" not in repr(told)


def test_times_in_a_chain_do_not_go_back(office: Office) -> None:
    office.step(office.ready(), "withdraw")
    times = [one["t"] for one in office.records()]
    assert times == sorted(times)


# --- Facts ---


def test_a_document_fact_needs_its_file(office: Office) -> None:
    case = office.open()
    with pytest.raises(MistakeError, match="is a document"):
        service.record_fact(office.desk, case.id, "recorded_call", {}, office.manager)


def test_nothing_is_recorded_about_a_case_that_is_over(office: Office) -> None:
    case = office.step(office.open(), "withdraw")
    with pytest.raises(MistakeError, match="is withdrawn; nothing more is recorded"):
        office.fact(case, "note")


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"channel": "pigeon"}, "There is no channel pigeon; there are: post"),
        ({"sent_at": datetime(2027, 1, 1, tzinfo=UTC)}, "sent in the future"),
        ({"sent_at": datetime(2026, 1, 1, tzinfo=UTC)}, "before the case was opened"),
    ],
)
def test_a_notice_that_cannot_be_is_not_recorded(
    office: Office, more: dict[str, object], says: str
) -> None:
    case = office.ready()
    with pytest.raises(MistakeError, match=says):
        office.notice(case, **more)


def test_a_notice_is_recorded_once_the_case_is_ready_for_it(office: Office) -> None:
    with pytest.raises(MistakeError, match="recorded once it is ready_for_notice"):
        office.notice(office.open())


def test_a_declaration_belongs_to_a_notice(office: Office) -> None:
    case = office.ready()
    with pytest.raises(MistakeError, match="has no notice abc"):
        service.record_declaration(office.desk, case.id, "abc", office.manager, document=LETTER)


# --- Looking ---


def test_a_case_is_found_by_the_beginning_of_its_id(office: Office) -> None:
    case = office.open()
    assert service.look(office.desk, case.id[:6]).case == case
    with pytest.raises(NotFoundError, match="There is no case zz"):
        service.look(office.desk, "zz")
    with pytest.raises(NotFoundError):
        service.look(office.desk, "")


def test_a_look_shows_every_guard_and_the_steps_from_here(office: Office) -> None:
    view = service.look(office.desk, office.ended().id)
    failing = [one.id for one in view.results if one.status is Status.FAILED]
    assert [one.id for one in view.results] == list(GUARDS)
    assert failing == ["G11", "G12"]
    assert view.events == ("covered",)
    assert view.waits == ""


@pytest.mark.both_databases
def test_cases_are_listed_newest_first(office: Office) -> None:
    first = office.step(office.open(), "withdraw")
    office.clock.advance(DAY)
    second = office.open()
    assert [one.id for one in service.cases(office.desk)] == [second.id, first.id]
    assert [one.id for one in service.cases(office.desk, open_only=True)] == [second.id]
    assert service.cases(office.desk, acct="9") == []
    with office.desk.database.reading() as connection:
        assert read_orders(connection, acct="1234") == []


# --- Killed at a step ---

# What a step calls on its way, in whichever module: the process ends before each.
_ALWAYS = (
    (service, "read_facts"),
    (store, "record_moved"),
    (store, "record_step"),
    (chronicle, "append"),
)
_WAY = {
    "T12": (
        (effects, "place"),
        (effects, "record_due"),
        (store, "record_fact_row"),
        (service, "record_approval_used"),
    ),
    "T14": (
        (effects, "record_service"),
        (effects, "record_standing"),
        (effects, "cancel_due"),
        (effects, "record_due"),
    ),
    "T16": (),
    "T17": (
        (effects, "record_state"),
        (effects, "release_case_hold"),
        (effects, "cancel_due"),
        (effects, "record_due"),
        (store, "record_fact_row"),
    ),
}


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
@pytest.mark.parametrize(
    ("event", "old", "new", "row"),
    [
        ("notice_sent", "ready_for_notice", "noticed", "T12"),
        ("time_over", "noticed", "ended", "T14"),
        ("covered", "ended", "sealed", "T16"),
        ("close", "sealed", "closed", "T17"),
    ],
)
def test_killed_anywhere_in_a_step_it_is_done_once_or_not_at_all(
    office: Office, event: str, old: str, new: str, row: str
) -> None:
    case = reached(office, old)
    before = everything(office)
    for module, name in (*_ALWAYS, *_WAY[row]):
        assert ended(office, case, event, module, name) == -signal.SIGKILL, name
    assert everything(office) == before

    # Once it is committed, the end of the process takes nothing back.
    assert ended(office, case, event, os, "abort") == -signal.SIGTERM
    view = service.look(office.desk, case.id)
    assert view.case.state == new
    assert [one.row for one in view.history].count(row) == 1
    assert [one.kind for one in view.orders].count("primary") == 1
    steps = [*office.records(), *office.records("station")]
    assert [one.get("row") for one in steps if one.get("kind") == "step"].count(row) == 1


def everything(office: Office) -> list[Any]:
    """Return all that a step could leave behind."""
    tables = ("cases", "case_steps", "case_facts", "orders", "due_steps", "records", "documents")
    tables += ("approvals", "accounts", "contracts", "holds", "transmitters")
    return [office.execute(f"SELECT * FROM {table} ORDER BY 1, 2, 3") for table in tables]


def reached(office: Office, state: str) -> Any:
    """Return a case in ``state``, from which the next step may be taken."""
    if state == "ready_for_notice":
        case = office.approved()
        office.notice(case)
    elif state == "noticed":
        case = office.due()
    elif state == "ended":
        case = office.ended()
        office.prove(office.close_chain(case))
    else:
        case = office.sealed()
    return case


def ended(office: Office, case: Any, event: str, module: Any, name: str) -> int:
    """Take a step in a child that SIGKILL ends before it calls ``name``, else SIGTERM after it."""
    office.desk.database.close()
    pid = os.fork()
    if pid == 0:
        try:
            setattr(module, name, lambda *_, **__: os.kill(os.getpid(), signal.SIGKILL))
            own = replace(office.desk, database=Database(str(office.desk.database.engine.url)))
            service.step(own, case.id, event, office.manager)
            os.kill(os.getpid(), signal.SIGTERM)
        finally:
            os._exit(1)
    _, status = os.waitpid(pid, 0)
    return os.waitstatus_to_exitcode(status)
