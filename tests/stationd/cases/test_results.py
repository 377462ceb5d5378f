from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from stationd.cases.model import GuardResult, RecordedFact, Status
from stationd.cases.results import (
    as_json,
    at,
    failed,
    listed,
    not_asked,
    passed,
    refusals,
    restated,
    results_hash,
)

NOW = datetime(2026, 5, 27, 12, tzinfo=UTC)
FACT = RecordedFact(id="f1", kind="note", at=NOW, author="carl", has_document=False)


def test_a_result_can_be_written_down() -> None:
    assert as_json(passed("G7", "It is over.", FACT)) == {
        "id": "G7",
        "status": "passed",
        "text": "It is over.",
        "facts": ["f1"],
        "since": "2026-05-27T12:00:00.000000Z",
        "blocks": [],
    }


def test_only_what_failed_refuses() -> None:
    results = (passed("G1", "a"), failed("G2", "b"), not_asked("G3", "c"))
    assert [one.id for one in refusals(results)] == ["G2"]
    assert [one.since for one in results] == [None, None, None]


def test_a_restated_result_keeps_what_it_rests_on() -> None:
    again = restated(failed("G2", "b", FACT), Status.WARNED, blocks=("T14",), text="c")
    assert (again.id, again.status, again.text, again.facts) == ("G2", Status.WARNED, "c", ("f1",))
    assert (again.since, again.blocks) == (NOW, ("T14",))


def test_moments_and_names_are_shown_in_one_way() -> None:
    assert at(NOW) == "2026-05-27 12:00:00 UTC"
    assert listed(["post", "email", "post"]) == "email, post"


@pytest.mark.parametrize(
    "change",
    [
        lambda r: replace(r, text=r.text + "."),
        lambda r: replace(r, status=Status.WAIVED),
        lambda r: replace(r, facts=("other",)),
    ],
    ids=["text", "status", "facts"],
)
def test_another_result_gives_another_hash(change: Callable[[GuardResult], GuardResult]) -> None:
    first, second = passed("G1", "a", FACT), failed("G2", "b")
    assert results_hash((first, second)) != results_hash((change(first), second))
    assert results_hash((first, second)) == results_hash((replace(first), second))
