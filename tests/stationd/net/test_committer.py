"""Many submissions, few transactions, and nobody told too early."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from twisted.logger import capturedLogs
from twisted.python.failure import Failure

from stationd.journal.model import Receipt
from stationd.net import committer as module
from stationd.net.valve import Valve

BODY = bytes(21) + b"x"


class Told:
    """A submitter that remembers what it was told."""

    def __init__(self) -> None:
        self.receipts: list[int] | None = None
        self.why = ""

    def committed(self, receipts: Sequence[Receipt]) -> None:
        self.receipts = [receipt.position for receipt in receipts]

    def failed(self, failure: Failure) -> None:
        self.why = failure.getErrorMessage()


class Faulty(Told):
    """A submitter with a fault of its own."""

    def committed(self, receipts: Sequence[Receipt]) -> None:
        raise RuntimeError("ours")

    def failed(self, failure: Failure) -> None:
        raise RuntimeError("ours")


def submit(house: Any, *sizes: int) -> list[Told]:
    told = [Told() for _ in sizes]
    for one, size in zip(told, sizes, strict=True):
        house.committer.submit([BODY] * size, one)
    return told


def test_nobody_is_told_before_the_commit(house: Any) -> None:
    (told,) = submit(house, 1)
    assert told.receipts is None
    house.thread.run()
    assert told.receipts == [1]


def test_what_arrives_during_a_commit_shares_the_next_one(house: Any) -> None:
    told = submit(house, 1, 2, 3)
    house.thread.run_all()
    assert house.pages.sizes == [1, 5]
    assert [one.receipts for one in told] == [[1], [2, 3], [4, 5, 6]]


def test_a_batch_is_no_larger_than_it_may_be(house: Any) -> None:
    submit(house, 1, 6, 6, 4)
    house.thread.run_all()
    assert house.pages.sizes == [1, 6, 10]


def test_one_submission_is_never_cut_in_two(house: Any) -> None:
    submit(house, 25)
    house.thread.run_all()
    assert house.pages.sizes == [25]


def test_the_next_commit_runs_while_the_first_is_answered(house: Any) -> None:
    submit(house, 1, 1)
    house.thread.run()
    assert len(house.thread.calls) == 1


def test_a_failed_commit_fails_everyone_in_it_and_nobody_else(house: Any) -> None:
    first, second = submit(house, 1, 1)
    house.pages.broken = True
    house.thread.run()
    house.pages.broken = False
    house.thread.run()
    assert (first.receipts, first.why) == (None, "the disk is full")
    assert (second.receipts, second.why) == ([1], "")


def test_an_outage_is_told_once_and_its_end_once(house: Any) -> None:
    house.pages.broken = True
    with capturedLogs() as logs:
        for _ in range(3):
            submit(house, 1)
            house.thread.run_all()
        assert house.committer.failing
        house.pages.broken = False
        submit(house, 1)
        house.thread.run_all()
    assert [log["log_format"] for log in logs] == ["journal_unavailable", "journal_back"]
    assert not house.committer.failing


def test_a_time_in_which_nothing_was_taken_is_told_with_its_beginning(house: Any) -> None:
    house.pages.broken = True
    began = house.clock.now_ns()
    for _ in range(3):
        submit(house, 1)
        house.pass_time(1)
        house.thread.run_all()
    assert house.refusals == []
    house.pages.broken = False
    for _ in range(2):
        submit(house, 1)
        house.thread.run_all()
    assert house.refusals == [(began, "the journal took nothing")]


def test_a_commit_that_outlasts_every_receivers_patience_is_told_as_a_refusal(house: Any) -> None:
    began = house.clock.now_ns()
    submit(house, 1)
    house.pass_time(10)
    house.thread.run_all()
    assert house.refusals == [(began, "the journal was slow")]
    submit(house, 1)
    house.pass_time(9)
    house.thread.run_all()
    assert len(house.refusals) == 1


def test_a_submitters_own_fault_harms_nobody_else(house: Any) -> None:
    submit(house, 1)
    house.committer.submit([BODY], Faulty())
    (other,) = submit(house, 1)
    with capturedLogs() as logs:
        house.thread.run_all()
    assert other.receipts == [3]
    assert [log["log_format"] for log in logs] == ["submitter_fault"]


def test_a_submitters_fault_in_a_failure_harms_nobody_else(house: Any) -> None:
    submit(house, 1)
    house.committer.submit([BODY], Faulty())
    (other,) = submit(house, 1)
    house.pages.broken = True
    with capturedLogs():
        house.thread.run_all()
    assert other.why == "the disk is full"


def test_reading_stops_while_too_much_waits(house: Any) -> None:
    told: list[str] = []
    valve = Valve(pause=lambda: told.append("pause"), resume=lambda: told.append("resume"))
    house.committer.add(valve)
    submit(house, 1, *[10] * 9)
    assert told == []
    submit(house, 10, 10)
    assert (told, house.committer.waiting) == (["pause"], 111)
    while house.committer.waiting > 60:
        house.thread.run()
    assert told == ["pause"]
    house.thread.run_all()
    assert (told, house.committer.waiting) == (["pause", "resume"], 0)


def test_reading_stops_while_too_many_bytes_wait(
    house: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_BYTES", 100)
    valve = Valve(pause=lambda: None, resume=lambda: None)
    house.committer.add(valve)
    submit(house, 1, 4)
    assert valve.closed
    house.thread.run_all()
    assert not valve.closed


def test_a_transport_that_comes_while_too_much_waits_is_not_read(house: Any) -> None:
    submit(house, 1, 101)
    valve = Valve(pause=lambda: None, resume=lambda: None)
    house.committer.add(valve)
    assert valve.closed
    house.committer.remove(valve)
    house.thread.run_all()
    assert valve.closed


def test_the_age_of_the_oldest_is_known(house: Any) -> None:
    assert house.committer.oldest_ns() == 0
    submit(house, 1, 1)
    house.clock.advance(timedelta(seconds=2))
    assert house.committer.oldest_ns() == 2_000_000_000
    house.thread.run_all()
    assert house.committer.oldest_ns() == 0


def test_idle_is_when_nothing_waits(house: Any) -> None:
    fired: list[str] = []
    house.committer.idle().addCallback(lambda _: fired.append("at once"))
    submit(house, 1, 1)
    house.committer.idle().addCallback(lambda _: fired.append("later"))
    house.thread.run()
    assert fired == ["at once"]
    house.thread.run()
    assert fired == ["at once", "later"]


def test_a_fault_of_the_committer_itself_is_told(house: Any) -> None:
    house.committer._finish = None
    submit(house, 1)
    with capturedLogs() as logs:
        house.thread.run()
    assert logs[0]["log_format"] == "committer_fault"


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.lists(st.tuples(st.integers(1, 12), st.booleans(), st.booleans()), min_size=1, max_size=20)
)
def test_who_is_told_is_in_the_journal_in_order(
    new_house: Any, steps: list[tuple[int, bool, bool]]
) -> None:
    house = new_house()
    told = []
    for size, broken, run in steps:
        told += submit(house, size)
        house.pages.broken = broken
        if run and house.thread.calls:
            house.thread.run()
    house.pages.broken = False
    house.thread.run_all()
    positions = [at for one in told for at in one.receipts or []]
    assert positions == list(range(1, len(house.pages.bodies) + 1))
