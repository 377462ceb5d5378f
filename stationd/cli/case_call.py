"""`stationctl case call`: the call card of a case, and what came of a call."""

import click

from archive.canonical import JsonValue
from stationd.access.model import Purpose
from stationd.billing.model import money
from stationd.cases.calling import Call, CallCard, Outcome, call_card, record_call
from stationd.cases.ladder import Task
from stationd.cases.states import State
from stationd.cli.case_text import case_value, fact_value, says, shown, task_text, task_value
from stationd.cli.handed_in import read_date
from stationd.cli.office import Office
from stationd.cli.output import table
from stationd.errors import MistakeError

__all__ = ["CALLING"]


@click.command(
    epilog="""\b
Examples:
  stationctl case call 4af1
  stationctl case call 4af1 --outcome no-answer
  stationctl case call 4af1 --outcome reached --person "Ann Berg" --reason "waits for a payment" \\
    --promise-on 2026-06-12 --promise-amount 129.50
  stationctl case call 4af1 --outcome reached --problem "keypad dead since May"
"""
)
@click.argument("case_id")
@click.option(
    "--outcome", type=click.Choice([one.value for one in Outcome]), help="What came of the call."
)
@click.option("--person", default="", help="Who was spoken to.")
@click.option("--step", default="", help="The step of the ladder.  [default: the one that is next]")
@click.option("--reason", default="", help="Why it is not paid, as it was said.")
@click.option("--promise-on", help="The day that was promised (2026-06-12).")
@click.option("--promise-amount", default="", help="How much was promised (129.50).")
@click.option(
    "--problem",
    default="",
    help="A problem with the service or the bill: it opens the dispute, and service goes on.",
)
@click.option("--text", default="", help="What else there is to say.")
@click.pass_obj
def call(  # noqa: PLR0913  (what a call is made of)
    office: Office,
    *,
    case_id: str,
    outcome: str | None,
    person: str,
    step: str,
    reason: str,
    promise_on: str | None,
    promise_amount: str,
    problem: str,
    text: str,
) -> None:
    """Show the call card of case CASE_ID, or record what came of a call.

    Contact, reason and promise are recorded together.  A problem with the service is a dispute,
    and the case goes to dispute_hold at once.
    """
    by = office.person()
    if outcome is None:
        if any((person, step, reason, promise_on, promise_amount, problem, text)):
            raise MistakeError("What came of the call?  Say --outcome.")
        card = call_card(office.desk, case_id, by)
        office.reads("call card", acct=card.case.acct, purpose=Purpose.CASE.value)
        office.show(_card_value(card), _card_text(card))
        return
    told = Call(
        outcome=Outcome(outcome),
        person=person,
        step=step,
        reason=reason,
        promised_on=None if promise_on is None else read_date(promise_on, "--promise-on"),
        promised=promise_amount,
        problem=problem,
        text=text,
    )
    moved = record_call(office.desk, case_id, told, by)
    card = call_card(office.desk, moved.id, by)
    value: dict[str, JsonValue] = {**case_value(moved), "task": task_value(card.task)}
    office.show(value, ["Recorded.", _after(moved.state, card.task)])


def _after(state: str, task: Task | None) -> str:
    if state == State.DISPUTE_HOLD:
        return "The dispute is open: service goes on, and nothing ends until it is decided."
    return task_text(task) if task is not None else f"The case is {state}."


def _card_value(card: CallCard) -> dict[str, JsonValue]:
    return {
        "case": card.case.id,
        "state": card.case.state,
        "contract": card.contract,
        "customer": card.customer,
        "site": card.site,
        "local_time": card.local_time.isoformat(),
        "call": [dict[str, JsonValue](one) for one in card.people],
        "task": task_value(card.task),
        "say": list(card.say),
        "before": [fact_value(one) for one in card.before],
        "balance": None if card.stands is None else card.stands.balance,
        "overdue": None if card.stands is None else card.stands.overdue,
        "days_past_due": None if card.stands is None else card.stands.days_past_due,
    }


def _card_text(card: CallCard) -> list[str]:
    lines = [
        (
            f"Case {card.case.id}, account {card.case.acct}, contract {card.contract}: "
            f"{card.case.state}"
        ),
        f"{card.customer}, {card.site}; there it is {card.local_time:%A %H:%M %Z}.",
    ]
    if card.task is not None:
        lines.append(task_text(card.task))
    if card.stands is not None:
        lines.append(
            f"Balance {money(card.stands.balance)} {card.stands.currency}, "
            f"{card.stands.days_past_due} day(s) past due."
        )
    lines += ["", "Call:"]
    lines += [f"  - {', '.join(one.values())}" for one in card.people]
    lines += ["", "Say and ask:", *(f"  - {one}" for one in card.say)]
    if card.before:
        rows = [[shown(one.at), one.author, one.kind, says(one)] for one in card.before]
        lines += ["", *table(("before", "by", "what", ""), rows)]
    return [*lines, "", f"Then: stationctl case call {card.case.id} --outcome …"]


CALLING = (call,)
"""The commands, for the group `case`."""
