"""The manual's page of jobs: what is done by the clock, and where each stands."""

from collections.abc import Mapping
from types import MappingProxyType

from stationd.cases.due import STEPS
from stationd.cases.effects import CLOSING, EXTEND
from stationd.jobs import ROUNDS
from stationd.outbox.follow import STEPS as FOLLOWING
from stationd.schedule.rounds import Every

__all__ = ["ELSEWHERE", "STEP_TITLES", "jobs_page"]

STEP_TITLES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "contact.step": ("instants of the ladder", "The contact that is due becomes a call card."),
        "promise.check": (
            "promised date and a business day",
            "A promise is looked at: was it kept?",
        ),
        "dispute.report": (
            "when a dispute is recorded (T6)",
            "The functioning report of what is disputed becomes a fact of the case.",
        ),
        "dispute.review": ("every 14 days in `dispute_hold`", "A task: decide the dispute."),
        "collection.status": (
            "every 30 days in `collection_hold`",
            "A task: ask the attorney or agency.",
        ),
        "notice.poll": (
            "every 6 hours after the notice, for 30 days or until it was delivered or returned",
            "A task: ask the carriers, and record what they say.",
        ),
        "notice.evaluate": (
            "72, 24 and 1 hours before the effective instant, and at it",
            "Guards are evaluated; service ends (T14), or is overdue (T15) and paged.",
        ),
        "bundle.closing": (
            "`policies.late_buffer` after END",
            "The `close` record is appended, and the closing bundle ordered.",
        ),
        "letter.authority": (
            "at T12, if the letter to the authority is drafted",
            "It goes into the outbox.",
        ),
        "letter.second": (
            "at END",
            "The second notice is drafted and goes into the outbox, if its form is signed.",
        ),
        "lock.extend": ("at CLOSE", "Locks of the account's bundles are extended."),
        "bundle.tail": (
            "90 days after CLOSE",
            "A bundle of what came after the `close` record, if anything did.",
        ),
    }
)
"""When each due step of a case is due, and what it does."""

ELSEWHERE: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "bundle.primary": ("at T12", "ordered in the step's own transaction"),
        "bundle.reverify": (
            "half of `policies.verified_within` in open cases, else 90 days; before a hand-out",
            "the worker's child, when it has nothing else to do",
        ),
        "lock.horizon": (
            "180, 90 and 30 days before a lock ends",
            "part of the archive's upkeep; `retention locks`",
        ),
        "archive.check": ("hourly", "part of the archive's upkeep, on a throw-away key"),
        "anchor": ("`ledger.anchor_every`, and whenever something waits for it", "second child"),
        "renewal.list": ("`archive.renew_every`", "part of the archive's upkeep"),
        "ledger.audit": ("`ledger.audit_rate` records a second", "second child"),
        "supervision": ("every 2 seconds", "missed tests and polls, lines that are silent"),
        "holds.show": ("within seconds", "the flag of stored objects follows the holds"),
        "purge": (
            "`policies.purge_wait` after its approval",
            "the worker's child, in bounded steps",
        ),
        "pages": ("every 5 seconds", "what people must hear; told by a child of its own"),
        "clear.to.close": ("at CLOSE", "the receipt is signed and handed to the hooks"),
        "checkpoint": ("`ledger.checkpoint_every`", "the acting worker"),
        "roster": ("every 2 seconds", "each node's worker"),
    }
)
"""Jobs that have a rhythm of their own, and where they stand."""

_HEAD = """# What is done by the clock

<!-- Made from the code by `make docs`; changes here are lost. -->

None of these moves a case but by a step of the [case table](case-table.md). When each is due is a
row, so a worker that stood still, a clock that was set, or a scheduler that forgot everything
delays a job and loses none: it is made once, not once for each time that passed.
"""

_WHEN = {
    Every.HOUR: "each hour",
    Every.DAY: "each day at {hour}:00",
    Every.WEEK: "Mondays at {hour}:00",
    Every.MONTH: "the first of the month at {hour}:00",
}


def jobs_page() -> str:
    """Return the page of all jobs."""
    steps = sorted({*STEPS, *FOLLOWING, CLOSING, EXTEND})
    lines = [_HEAD, "## Of a case", ""]
    lines.append("Rows of `due_steps`, taken by the acting worker.")
    lines += ["", "| job | when | what |", "| --- | --- | --- |"]
    lines += [f"| `{name}` | {' | '.join(STEP_TITLES[name])} |" for name in steps]
    lines += ["", "## Rounds of the station", ""]
    lines.append(
        "Rows of `rounds`, by the clock of `worker.zone`, made in a process of their own. One that "
        "fails rests a minute, then twice as long each time, up to an hour; it is a check of "
        "`stationctl status`, and a page after five times."
    )
    lines += ["", "| job | when | what |", "| --- | --- | --- |"]
    for name, job in sorted(ROUNDS.items()):
        when = _WHEN[job.round.every].format(hour=job.round.hour)
        lines.append(f"| `{name}` | {when} | {job.title} |")
    lines += ["", "## With a rhythm of their own", ""]
    lines += ["| job | when | where |", "| --- | --- | --- |"]
    lines += [f"| `{name}` | {when} | {where} |" for name, (when, where) in ELSEWHERE.items()]
    return "\n".join(lines) + "\n"
