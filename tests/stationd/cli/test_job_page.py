from stationd.cases.due import STEPS
from stationd.cli.job_page import ELSEWHERE, STEP_TITLES, jobs_page
from stationd.jobs import ROUNDS
from stationd.outbox.follow import STEPS as FOLLOWING

# The jobs of the terms of the trade that this part of the station does.
TERMS = {
    "dispute.review",
    "collection.status",
    "notice.poll",
    "notice.evaluate",
    "bundle.primary",
    "bundle.closing",
    "bundle.tail",
    "bundle.reverify",
    "lock.horizon",
    "contact.step",
    "promise.check",
    "billing.sync",
    "renewal.horizon",
    "hold.review",
    "supervision.scan",
    "retention.plan",
    "ordinance.report",
    "archive.check",
    "anchor",
}


def test_every_job_of_the_terms_stands_on_the_page() -> None:
    page = jobs_page()
    assert [name for name in sorted(TERMS) if f"| `{name}` |" not in page] == []


def test_every_due_step_and_every_round_has_a_row_and_no_name_is_used_twice() -> None:
    assert {*STEPS, *FOLLOWING} <= set(STEP_TITLES)
    names = [*STEP_TITLES, *ROUNDS, *ELSEWHERE]
    assert len(names) == len(set(names))
