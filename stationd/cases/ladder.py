"""The contact ladder: which step of it is next, and when it is due.

Steps are taken in the case's own order.  Each is due so long after the one before was done or
waived as its ladder says.  A promise to pay puts the next step off until the business day after the
promised one; then it was kept, and a manager decides whether it cures, or it was not, and the next
step is due.  Nothing here acts: what is next is shown, and people do it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from stationd.billing.model import money

__all__ = [
    "PROMISE",
    "REASON",
    "Ladder",
    "Promise",
    "Step",
    "Task",
    "ladder_of",
    "letter_fault",
    "next_task",
]

REASON = "reason"
"""What a manager waives where nobody could say why nothing is paid."""

PROMISE = "promise"
"""The task of seeing whether a promise was kept."""

CURE = "cure"

_DAY_SECONDS = 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A step of a case's ladder: ``way`` is call, email or letter."""

    name: str
    title: str
    way: str = "call"
    after: timedelta = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """A promise: made when, for which day, of how much in cents (None: it was not said).

    ``paid`` is what came in since, the last of it at ``paid_at``.
    """

    at: datetime
    due: date
    amount: int | None = None
    paid: int = 0
    paid_at: datetime | None = None

    @property
    def kept(self) -> bool:
        """Whether as much came in as was promised; of an amount not said, anything."""
        return self.paid > 0 and self.paid >= (self.amount or 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ladder:
    """A case's ladder and how far it is: which steps were done or waived, and when."""

    steps: tuple[Step, ...]
    began_at: datetime
    done: Mapping[str, datetime]
    reason_known: bool = False
    promise: Promise | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What is to be done next in a case's ladder, and when."""

    step: str
    title: str
    due_at: datetime
    kind: str = "call"


def ladder_of(kept: Mapping[str, Any]) -> tuple[Step, ...]:
    """Return the steps that a case keeps; an older case kept names and titles only."""
    return tuple(
        Step(
            name=one["name"],
            title=one["title"],
            way=one.get("way", "call"),
            after=timedelta(seconds=one.get("after_s", _DAY_SECONDS)),
        )
        for one in kept["steps"]
    )


def next_task(
    ladder: Ladder,
    now: datetime,
    *,
    rolled: Callable[[datetime, timedelta], datetime],
    checked: Callable[[date], datetime],
) -> Task | None:
    """Return what is next; None: every step is accounted for.

    ``rolled`` adds a span to an instant and says when that is due, ``checked`` when a promise for a
    day is looked at.
    """
    promise = ladder.promise
    check_at = None if promise is None else checked(promise.due)
    if promise is not None and check_at is not None and (promise.kept or now < check_at):
        return _promised(promise, check_at)
    anchor = ladder.began_at
    for step in ladder.steps:
        if step.name not in ladder.done:
            break
        anchor = max(anchor, ladder.done[step.name])
    else:
        return None
    due_at, title = rolled(anchor, step.after), step.title
    if promise is not None and check_at is not None and promise.at >= anchor:
        due_at, title = check_at, f"The promise for {promise.due} was not kept. {step.title}"
    return Task(step=step.name, title=title, due_at=due_at, kind=step.way)


def _promised(promise: Promise, check_at: datetime) -> Task:
    """Return what a promise asks for: to be looked at, or, kept, a manager's decision."""
    if promise.kept:
        title = f"{money(promise.paid)} came in since the promise: does it cure the default?"
        return Task(step=CURE, title=title, due_at=promise.paid_at or check_at, kind=CURE)
    said = "" if promise.amount is None else f" of {money(promise.amount)}"
    title = f"Look whether the promise{said} for {promise.due} was kept."
    return Task(step=PROMISE, title=title, due_at=check_at, kind=PROMISE)


def letter_fault(ladder: Ladder, step: str) -> str | None:
    """Return why a step may not be done yet; None: it may.

    A letter of the ladder needs the reason for not paying, or that a manager waived it.
    """
    way = next((one.way for one in ladder.steps if one.name == step), None)
    if way != "letter" or ladder.reason_known:
        return None
    return (
        f"Before the letter ({step}) it must be known why nothing is paid. A clerk or manager "
        "records it (`case call … --reason`, or `case facts … nonpayment_reason`), or a manager "
        "waives it (`case facts … ladder_waiver --set step=reason`)."
    )
