from datetime import UTC, datetime, timedelta

import pytest

from stationd.cases.guards import GUARDS
from stationd.cases.kinds import KINDS
from stationd.cases.model import Reason, StepTaken
from stationd.cases.states import (
    BEFORE_ENDED,
    CLOSE_GUARDS,
    END_GUARDS,
    NOTICE_GUARDS,
    OVER,
    STATES,
    TABLE,
    Event,
    Row,
    State,
    events_from,
    opening_row,
    returns_to,
    row,
    target,
)
from stationd.errors import StepUnknownError
from stationd.staff.model import Role

NOW = datetime(2026, 3, 2, tzinfo=UTC)


def taken(row_id: str, source: State, to: State) -> StepTaken:
    return StepTaken(
        version=1,
        row=row_id,
        event="",
        from_state=source.value,
        to_state=to.value,
        by="maria",
        at=NOW,
    )


def rows_named(row_id: str) -> list[Row]:
    return [found for found in TABLE if found.id == row_id]


def test_the_table_has_every_row_that_is_offered() -> None:
    assert {found.id for found in TABLE} == {f"T{number}" for number in range(1, 20)}


def test_every_state_has_its_meaning_in_words() -> None:
    assert set(STATES) == set(State)


def test_every_state_can_be_reached() -> None:
    assert {state for found in TABLE for state in found.to} == set(State)


@pytest.mark.parametrize("reason", list(Reason))
def test_nothing_leaves_an_end(reason: Reason) -> None:
    assert events_from(State.CURED, reason) == events_from(State.WITHDRAWN, reason) == ()
    assert {state for one in TABLE if one.source is State.CLOSED for state in one.to} == {
        State.CLOSED
    }


def test_a_closed_case_only_tells_what_became_of_customer_and_record() -> None:
    assert events_from(State.CLOSED, Reason.NONPAYMENT) == ("reinstated", "purge")


@pytest.mark.parametrize("state", sorted(set(State) - OVER))
@pytest.mark.parametrize("reason", list(Reason))
def test_something_leaves_every_other_state(state: State, reason: Reason) -> None:
    assert events_from(state, reason)


def test_every_row_into_closed_asks_for_the_closing_bundle_and_its_coverage() -> None:
    into_closed = [
        found for found in TABLE if State.CLOSED in found.to and found.source is not State.CLOSED
    ]
    assert [found.id for found in into_closed] == ["T17"]
    assert set(CLOSE_GUARDS) == set(into_closed[0].guards)


def test_every_row_into_sealed_asks_for_the_closing_bundle_and_its_coverage() -> None:
    into_sealed = [found for found in TABLE if State.SEALED in found.to]
    assert [found.guards for found in into_sealed] == [("G11", "G12")]


def test_only_sealed_leads_to_closed() -> None:
    sources = {found.source for found in TABLE if State.CLOSED in found.to}
    assert sources == {State.SEALED, State.CLOSED}


def test_each_gate_asks_for_the_guards_of_the_terms() -> None:
    # terms, 6: what each guard blocks; G14 stands in front of letters and the notice.
    assert set(NOTICE_GUARDS) == {"G4", "G5", "G6p", "G9p", "G14", "G15", "G16"}
    assert set(END_GUARDS) == {
        *("G4", "G5", "G6", "G7", "G8", "G9", "G10", "G13", "G15", "G16", "G19", "G20")
    }
    assert set(CLOSE_GUARDS) == {"G4", "G5", "G6", "G9", "G10", "G11", "G12", "G17", "G18"}
    (notice,), (end,) = rows_named("T12"), rows_named("T14")
    assert set(notice.guards) == {*NOTICE_GUARDS, "G6"}
    assert notice.approval
    assert (end.guards, end.warns) == (END_GUARDS, ("G11", "G18"))


def test_no_way_leads_around_the_ground_to_the_notice() -> None:
    into_ready = {one.id: set(one.guards) for one in TABLE if State.READY_FOR_NOTICE in one.to}
    assert set(into_ready) == {"T4", "T5", "T9", "T7"}
    assert {"G2", "G8c"} <= into_ready["T4"]
    assert {"G3", "G4", "G8c"} <= into_ready["T5"]
    assert {"G1", "G2", "G5", "G8c"} <= into_ready["T9"]


def test_every_guard_and_fact_that_a_row_names_exists() -> None:
    assert {name for found in TABLE for name in (*found.guards, *found.warns)} <= set(GUARDS)
    assert {name for found in TABLE for name in found.facts} <= set(KINDS)


def test_the_worker_may_do_what_is_due_and_nothing_else() -> None:
    allowed = {found.id for found in TABLE if Role.NOBODY in found.roles}
    assert allowed == {"T14", "T15", "T16", "T19"}


@pytest.mark.parametrize("row_id", ["T7", "T10", "T11", "T17", "T18"])
def test_only_a_manager_decides(row_id: str) -> None:
    assert all(found.roles == {Role.MANAGER} for found in rows_named(row_id))


def test_no_row_is_open_to_operators_attorneys_or_administrators() -> None:
    outside = {Role.OPERATOR, Role.ATTORNEY, Role.ADMINISTRATOR}
    assert not [found for found in TABLE if found.roles & outside]


def test_a_state_event_and_reason_have_one_row() -> None:
    keys = [(one.source, one.event, reason) for one in TABLE for reason in one.reasons]
    assert len(keys) == len(set(keys))


@pytest.mark.parametrize(
    ("reason", "to"),
    [(Reason.NONPAYMENT, State.CONTACTING), (Reason.CUSTOMER_REQUEST, State.READY_FOR_NOTICE)],
)
def test_what_follows_checked_facts_depends_on_the_reason(reason: Reason, to: State) -> None:
    assert row(State.VERIFYING, Event.FACTS_OK, reason).to == (to,)


def test_an_unknown_step_names_those_there_are() -> None:
    with pytest.raises(StepUnknownError, match=r"opened has no step close\. From here: start"):
        row(State.OPENED, Event.CLOSE, Reason.NONPAYMENT)


def test_a_case_is_opened_by_the_first_row() -> None:
    assert opening_row(Reason.NONPAYMENT).id == "T1"


@pytest.mark.parametrize("event", [Event.DISPUTE, Event.REFERRED, Event.CURE, Event.WITHDRAW])
def test_what_may_happen_before_the_end_may_happen_in_every_state_before_it(event: Event) -> None:
    own = {Event.DISPUTE: State.DISPUTE_HOLD, Event.REFERRED: State.COLLECTION_HOLD}.get(event)
    sources = {found.source for found in TABLE if found.event is event}
    assert sources == set(BEFORE_ENDED) - {own}


def test_a_hold_remembers_the_state_it_was_entered_from() -> None:
    assert returns_to((taken("T6", State.NOTICED, State.DISPUTE_HOLD),)) is State.NOTICED


def test_a_hold_within_a_hold_returns_to_the_outer_one_first() -> None:
    history = (
        taken("T6", State.NOTICED, State.DISPUTE_HOLD),
        taken("T8", State.DISPUTE_HOLD, State.COLLECTION_HOLD),
    )
    assert returns_to(history) is State.DISPUTE_HOLD
    back = (*history, taken("T9", State.COLLECTION_HOLD, State.DISPUTE_HOLD))
    assert returns_to(back) is State.NOTICED


def test_a_case_in_no_hold_returns_nowhere() -> None:
    assert returns_to((taken("T2", State.OPENED, State.VERIFYING),)) is None
    assert returns_to((taken("T7", State.DISPUTE_HOLD, State.OPENED),)) is None


@pytest.mark.parametrize(
    ("previous", "effective", "to"),
    [
        (State.OPENED, None, State.OPENED),
        (State.NOTICED, timedelta(seconds=1), State.NOTICED),
        (State.NOTICED, timedelta(), State.CONTACTING),
        (State.NOTICED, -timedelta(days=1), State.CONTACTING),
        (State.COLLECTION_HOLD, -timedelta(days=1), State.COLLECTION_HOLD),
        (None, None, State.CONTACTING),
    ],
)
def test_a_decided_dispute_leads_back_unless_the_instant_has_passed(
    previous: State | None, effective: timedelta | None, to: State
) -> None:
    found = row(State.DISPUTE_HOLD, Event.RESOLVED, Reason.NONPAYMENT)
    instant = None if effective is None else NOW + effective
    assert target(found, previous, instant, NOW) is to


@pytest.mark.parametrize(
    ("previous", "effective", "to"),
    [
        (State.NOTICED, timedelta(seconds=1), State.NOTICED),
        (State.NOTICED, timedelta(), State.READY_FOR_NOTICE),
        (State.CONTACTING, None, State.READY_FOR_NOTICE),
        (State.DISPUTE_HOLD, timedelta(seconds=1), State.DISPUTE_HOLD),
    ],
)
def test_what_comes_back_from_collection_needs_a_notice_that_still_runs(
    previous: State, effective: timedelta | None, to: State
) -> None:
    found = row(State.COLLECTION_HOLD, Event.RETURNED, Reason.NONPAYMENT)
    instant = None if effective is None else NOW + effective
    assert target(found, previous, instant, NOW) is to


def test_every_other_row_leads_where_it_says() -> None:
    found = row(State.SEALED, Event.CLOSE, Reason.NONPAYMENT)
    assert target(found, None, None, NOW) is State.CLOSED
