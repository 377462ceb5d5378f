"""When a number may be given to an account."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stationd.accounts.links import conflict, overlaps, scope_fault
from stationd.accounts.model import Link

D1, D2, D3 = (datetime(2026, 3, day, tzinfo=UTC) for day in (1, 2, 3))


def link(name, start, end=None, acct=None, **scope):
    return Link(
        id=name,
        transmitter_id="t",
        acct=acct or name,
        scope=scope,
        valid_from=start,
        valid_to=end,
    )


@pytest.mark.parametrize(
    ("one", "other", "together"),
    [
        (link("a", D1, D2), link("b", D2, D3), False),
        (link("a", D1, D3), link("b", D2, D3), True),
        (link("a", D1), link("b", D3), True),
        (link("a", D1, D2), link("b", D3), False),
    ],
    ids=["end meets beginning", "overlap", "both go on", "apart"],
)
def test_links_overlap_where_they_share_a_moment(one, other, together):
    assert overlaps(one, other) is together
    assert overlaps(other, one) is together


def test_a_number_has_one_owner_at_a_time():
    assert conflict(link("new", D2), [link("old", D1)]) == link("old", D1)
    assert conflict(link("new", D2), [link("old", D1, D2)]) is None


def test_a_link_does_not_stand_in_its_own_way():
    assert conflict(link("a", D1, D3), [link("a", D1)]) is None


@pytest.mark.parametrize(
    ("new", "old", "fits"),
    [
        ({"areas": ["1"]}, {"areas": ["2"]}, True),
        ({"areas": ["1", "2"]}, {"areas": ["2"]}, False),
        ({"areas": ["1"]}, {"zones": ["2"]}, False),
        ({"areas": ["1"]}, {}, False),
        ({"areas": ["1"], "zones": ["1"]}, {"areas": ["1"], "zones": ["2"]}, True),
    ],
)
def test_scopes_that_name_nothing_in_common_may_share(new, old, fits):
    found = conflict(link("new", D1, **new), [link("old", D1, **old)])
    assert (found is None) is fits


def test_one_account_has_a_number_once_whatever_the_scopes():
    old = link("old", D1, acct="1", areas=["1"])
    assert conflict(link("new", D1, acct="1", areas=["2"]), [old]) == old


@given(st.integers(0, 5), st.integers(1, 5), st.integers(0, 5), st.integers(1, 5))
def test_overlap_is_what_counting_days_says(a, a_length, b, b_length):
    def make(start, length):
        days = [datetime(2026, 1, 1 + day, tzinfo=UTC) for day in (start, start + length)]
        return link(f"{start}-{length}", *days)

    shared = {*range(a, a + a_length)} & {*range(b, b + b_length)}
    assert overlaps(make(a, a_length), make(b, b_length)) is bool(shared)


@pytest.mark.parametrize(
    ("scope", "words"),
    [
        ({"rooms": ["1"]}, "not rooms"),
        ({"areas": "12"}, "is a list"),
        ({"areas": []}, "at least one"),
        ({"zones": [4]}, "names texts"),
    ],
)
def test_a_wrong_scope_is_told_in_words(scope, words):
    assert words in scope_fault(scope)


def test_a_scope_of_lists_is_right():
    assert scope_fault({"areas": ["1"], "zones": ["2"], "classes": ["fire"]}) is None
