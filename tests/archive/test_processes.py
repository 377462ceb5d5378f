"""Several processes give what one gives, in order."""

import multiprocessing
from math import isqrt

import pytest

from archive.processes import cores, mapping


@pytest.mark.parametrize("count", [1, 2])
def test_results_come_in_the_order_of_the_items(count: int) -> None:
    with mapping(count) as mapped:
        assert list(mapped(isqrt, range(20))) == [isqrt(n) for n in range(20)]


def test_a_child_that_ends_with_its_parent_uses_no_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Child:
        daemon = True

    monkeypatch.setattr(multiprocessing, "current_process", Child)
    with mapping(2) as mapped:
        assert mapped is map


def test_there_is_at_least_one_core(monkeypatch: pytest.MonkeyPatch) -> None:
    assert cores() >= 1
    monkeypatch.delattr("os.sched_getaffinity")
    assert cores() >= 1
