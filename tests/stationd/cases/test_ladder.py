from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from stationd.cases.ladder import (
    Ladder,
    Promise,
    Step,
    Task,
    ladder_of,
    letter_fault,
    next_task,
)

DAY = timedelta(days=1)
BEGAN = datetime(2026, 3, 2, 15, tzinfo=UTC)
CALL, EMAIL, LETTER = (
    Step(name="call", title="Call.", after=DAY),
    Step(name="email", title="Write.", way="email", after=2 * DAY),
    Step(name="letter", title="Letter.", way="letter", after=7 * DAY),
)
LADDER = Ladder(steps=(CALL, EMAIL, LETTER), began_at=BEGAN, done={})
PROMISE = Promise(at=BEGAN + DAY, due=date(2026, 3, 10), amount=5000)
CHECK_AT = datetime(2026, 3, 11, tzinfo=UTC)


def task(ladder: Ladder, now: datetime = BEGAN) -> Task | None:
    def checked(day: date) -> datetime:
        return datetime(day.year, day.month, day.day, tzinfo=UTC) + DAY

    return next_task(ladder, now, rolled=lambda moment, span: moment + span, checked=checked)


def test_each_step_is_due_so_long_after_the_one_before() -> None:
    assert task(LADDER) == Task(step="call", title="Call.", due_at=BEGAN + DAY)
    called = replace(LADDER, done={"call": BEGAN + 3 * DAY})
    found = task(called)
    assert found == Task(step="email", title="Write.", due_at=BEGAN + 5 * DAY, kind="email")


def test_a_step_that_was_done_too_early_or_waived_is_not_asked_for_again() -> None:
    found = task(replace(LADDER, done={"call": BEGAN, "email": BEGAN}))
    assert found is not None
    assert (found.step, found.kind) == ("letter", "letter")
    assert task(replace(LADDER, done=dict.fromkeys(("call", "email", "letter"), BEGAN))) is None


def test_a_promise_puts_the_next_step_off_until_it_can_be_looked_at() -> None:
    promised = replace(LADDER, done={"call": BEGAN + DAY}, promise=PROMISE)
    found = task(promised, CHECK_AT - DAY)
    assert found is not None
    assert (found.step, found.due_at) == ("promise", CHECK_AT)
    assert "of 50.00 for 2026-03-10" in found.title


def test_a_promise_that_was_not_kept_makes_the_next_step_due() -> None:
    promised = replace(LADDER, done={"call": BEGAN + DAY}, promise=replace(PROMISE, paid=4999))
    found = task(promised, CHECK_AT)
    assert found is not None
    assert (found.step, found.due_at) == ("email", CHECK_AT)
    assert found.title == "The promise for 2026-03-10 was not kept. Write."


def test_the_step_after_that_is_counted_from_it_again() -> None:
    done = {"call": BEGAN + DAY, "email": CHECK_AT}
    found = task(replace(LADDER, done=done, promise=PROMISE), CHECK_AT)
    assert found == Task(step="letter", title="Letter.", due_at=CHECK_AT + 7 * DAY, kind="letter")


@pytest.mark.parametrize("amount", [5000, None])
def test_a_promise_that_was_kept_asks_a_manager(amount: int | None) -> None:
    kept = replace(PROMISE, amount=amount, paid=5000, paid_at=BEGAN + 2 * DAY)
    found = task(replace(LADDER, done={"call": BEGAN}, promise=kept), BEGAN + 3 * DAY)
    assert found is not None
    assert (found.step, found.due_at) == ("cure", BEGAN + 2 * DAY)


def test_a_letter_needs_the_reason_and_nothing_else_does() -> None:
    assert letter_fault(LADDER, "call") is None
    assert letter_fault(LADDER, "other") is None
    fault = letter_fault(LADDER, "letter")
    assert fault is not None
    assert "why nothing is paid" in fault
    assert letter_fault(replace(LADDER, reason_known=True), "letter") is None


def test_an_older_case_kept_names_and_titles_only() -> None:
    kept = {"version": "1", "steps": [{"name": "call", "title": "Call."}]}
    assert ladder_of(kept) == (Step(name="call", title="Call.", after=DAY),)
