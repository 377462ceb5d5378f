"""Arithmetic of spans, compared with sets of instants."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stationd.gaps.spans import Span, common, joined, without

_SPANS = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), max_size=6)


def covered(spans: list[Span]) -> set[int]:
    return {at for start, end in spans for at in range(start, end)}


@given(_SPANS, _SPANS)
def test_spans_add_subtract_and_meet_as_sets_do(one: list[Span], other: list[Span]) -> None:
    first, second = joined(one), joined(other)
    assert covered(first) == covered(one)
    assert covered(without(first, second)) == covered(first) - covered(second)
    assert covered(common(first, second)) == covered(first) & covered(second)


@given(_SPANS, st.integers(0, 5))
def test_what_is_joined_lies_apart_and_in_order(spans: list[Span], within: int) -> None:
    found = joined(spans, within)
    assert found == sorted(found)
    assert all(later[0] - one[1] > within for one, later in pairwise(found))


@pytest.mark.parametrize(
    ("within", "found"), [(0, [(0, 2), (4, 6)]), (1, [(0, 2), (4, 6)]), (2, [(0, 6)])]
)
def test_spans_that_are_near_enough_are_one(within: int, found: list[Span]) -> None:
    assert joined([(4, 6), (0, 2)], within) == found
