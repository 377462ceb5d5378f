"""When an account runs away, and when it is over; however entries were batched."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from stationd.clock import iso
from stationd.runaways.detecting import Runaways, nobody_runs_away
from stationd.runaways.model import Policy, Run

POLICY = Policy(most=3, within=60, quiet=30)
START = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)


def at(seconds: float) -> str:
    return iso(START + timedelta(seconds=seconds))


def seen(times: Sequence[float], recent: Sequence[float] = ()) -> tuple[Runaways, list[str]]:
    made = Runaways(POLICY, runs=(), recent={"1": [at(one) for one in recent]})
    kinds = []
    for one in times:
        drafts = made.over(at(one)) + made.signal("1", at(one))
        kinds += [str(draft.fields["kind"]) for draft in drafts]
    return made, kinds


def test_as_many_as_the_policy_allows_is_no_runaway() -> None:
    made, kinds = seen([0, 1, 2])
    assert (kinds, made.runs(), made.folds("1")) == ([], [], False)


def test_one_more_within_the_time_is_one_from_the_first_of_them() -> None:
    made, kinds = seen([0, 1, 2, 60])
    assert kinds == ["runaway_began"]
    (run,) = made.runs()
    assert (run.began_at, run.last_at, run.count, run.ended_at) == (at(0), at(60), 4, None)
    assert made.folds("1")


def test_one_more_after_the_time_is_none() -> None:
    made, kinds = seen([0, 1, 2, 60.001])
    assert (kinds, made.runs()) == ([], [])


def test_signals_of_earlier_batches_count() -> None:
    _, kinds = seen([3], recent=[0, 1, 2])
    assert kinds == ["runaway_began"]


def test_the_record_says_of_what_and_by_which_policy() -> None:
    made = Runaways(POLICY, runs=(), recent={"1": [at(0), at(1), at(2)]})
    (draft,) = made.signal("1", at(3))
    assert (draft.acct, draft.type, draft.origin, draft.journal) == ("1", "line", "machine", None)
    assert draft.fields == {
        "count": 4,
        "kind": "runaway_began",
        "policy": {"most": 3, "quiet_s": 30, "within_s": 60},
        "rx": at(3),
        "since": at(0),
    }


def test_it_is_over_after_the_quiet_time_whoever_speaks_then() -> None:
    made, _ = seen([0, 1, 2, 3, 4])
    assert made.over(at(34)) == []
    (draft,) = made.over(at(34.1))
    assert draft.fields == {
        "count": 5,
        "kind": "runaway_ended",
        "last": at(4),
        "per_hour": 4500,
        "since": at(0),
    }
    (run,) = made.runs()
    assert (run.ended_at, run.count) == (at(34), 5)
    assert not made.folds("1")
    assert made.over(at(99)) == []


def test_a_run_that_is_over_counts_for_no_other() -> None:
    made, kinds = seen([0, 1, 2, 3, 34, 35, 36, 37])
    assert kinds == ["runaway_began", "runaway_ended", "runaway_began"]
    assert [(run.began_at, run.count) for run in made.runs()] == [(at(0), 4), (at(34), 4)]


def test_an_account_that_is_not_watched_does_not_run_away() -> None:
    made = nobody_runs_away()
    assert made.signal("1", at(0)) == []
    assert not made.folds("1")
    assert made.over(at(0)) == []


def run_of(acct: str, last: float) -> Run:
    return Run(
        acct=acct,
        began_at=at(0),
        last_at=at(last),
        ended_at=None,
        count=9,
        most=3,
        within=60,
        quiet=30,
    )


def test_a_run_of_an_earlier_batch_goes_on_and_ends() -> None:
    made = Runaways(POLICY, runs=[run_of("1", 5), run_of("2", 50)], recent={})
    assert made.signal("1", at(20)) == []
    assert [draft.acct for draft in made.over(at(60))] == ["1"]
    assert {run.acct: run.count for run in made.runs()} == {"1": 10}


def test_the_end_of_a_closed_accounts_run_opens_no_epoch() -> None:
    made = Runaways(POLICY, runs=[run_of("1", 5)], recent={}, closed={"1"})
    assert made.over(at(60)) == []
    assert made.runs()[0].ended_at == at(35)


def test_a_closed_account_that_sends_again_has_another_epoch_anyway() -> None:
    made = Runaways(POLICY, runs=[run_of("1", 5)], recent={}, closed={"1"})
    made.signal("1", at(6))
    assert len(made.over(at(60))) == 1


def test_a_time_before_the_others_is_put_in_its_place() -> None:
    made, kinds = seen([10, 11, 12, 5])
    assert kinds == ["runaway_began"]
    assert made.runs()[0].began_at == at(5)


@given(
    steps=st.lists(st.integers(0, 40), min_size=1, max_size=40),
    cut=st.integers(0, 40),
)
def test_the_runs_do_not_depend_on_how_signals_were_batched(steps: list[int], cut: int) -> None:
    times, now = list[float](), 0.0
    for step in steps:
        now += step
        times.append(now)
    whole, kinds = seen(times)
    first, before = seen(times[:cut])
    kept = {run.began_at: run for run in first.runs()}
    ended = max((run.last_at for run in kept.values() if run.ended_at), default="")
    recent = [at(one) for one in times[:cut] if at(one) > ended]
    open_runs = [run for run in kept.values() if run.ended_at is None]
    second = Runaways(
        POLICY, runs=open_runs, recent={"1": [] if open_runs else recent[-POLICY.most :]}
    )
    after = []
    for one in times[cut:]:
        drafts = second.over(at(one)) + second.signal("1", at(one))
        after += [str(draft.fields["kind"]) for draft in drafts]
    kept.update((run.began_at, run) for run in second.runs())
    assert before + after == kinds
    assert kept == {run.began_at: run for run in whole.runs()}
