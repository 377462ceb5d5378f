"""Which keys count, until when, and how far a change is."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stationd.accounts.model import SealedKey
from stationd.errors import MistakeError
from stationd.keys.change import counting, in_force, named, progress, with_key
from stationd.keys.model import Ends, State

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = 24 * 3600


def key(name, **fields):
    return SealedKey(sealed=name, **fields)


OLD, NEW = key("old"), key("new", overlap=DAY)


def test_a_new_key_stands_behind_the_old_ones_and_says_when_it_came():
    keys = with_key([OLD], key("new"), Ends(overlap=60), NOW)
    assert keys == (OLD, key("new", overlap=60, added_at=NOW))


def test_old_keys_end_at_a_date_and_those_that_ended_before_keep_theirs():
    ended = key("ended", valid_to=NOW - HOUR)
    keys = with_key([ended, OLD], key("new"), Ends(until=NOW + HOUR), NOW)
    assert [one.valid_to for one in keys] == [NOW - HOUR, NOW + HOUR, None]


@pytest.mark.parametrize(
    ("begins", "until"), [(None, NOW - HOUR), (NOW + 2 * HOUR, NOW + HOUR)], ids=["now", "later"]
)
def test_there_is_no_time_between_two_keys_without_one(begins, until):
    with pytest.raises(MistakeError, match="no key would count"):
        with_key([OLD], key("new", valid_from=begins), Ends(until=until), NOW)


def test_the_first_frame_under_a_new_key_ends_the_old_ones_after_the_overlap():
    keys = in_force([OLD, NEW], {NEW.id: NOW})
    assert [one.valid_to for one in keys] == [NOW + timedelta(days=1), None]
    assert in_force([OLD, NEW], {}) == (OLD, NEW)


def test_an_end_by_date_that_comes_first_counts():
    dated = key("old", valid_to=NOW + HOUR)
    assert in_force([dated, NEW], {NEW.id: NOW})[0].valid_to == NOW + HOUR


def test_of_two_newer_keys_the_one_that_ends_it_first_counts():
    middle, last = key("middle", overlap=2 * DAY), key("last", overlap=3600)
    keys = in_force([OLD, middle, last], {middle.id: NOW, last.id: NOW})
    assert [one.valid_to for one in keys] == [NOW + HOUR, NOW + HOUR, None]


def test_a_key_without_an_overlap_ends_nothing():
    assert in_force([OLD, key("new")], {key("new").id: NOW}) == (OLD, key("new"))


MOMENTS = st.integers(min_value=-48, max_value=48).map(lambda n: NOW + n * HOUR)
KEYS = st.lists(
    st.tuples(st.none() | MOMENTS, st.none() | st.integers(min_value=0, max_value=2 * DAY)),
    max_size=5,
).map(lambda rows: [key(f"k{n}", valid_to=end, overlap=over) for n, (end, over) in enumerate(rows)])


@given(KEYS, st.dictionaries(st.integers(min_value=0, max_value=4), MOMENTS), MOMENTS)
def test_a_key_counts_until_its_date_or_the_overlap_of_a_later_one_whichever_is_first(
    keys, first, at
):
    seen = {keys[n].id: moment for n, moment in first.items() if n < len(keys)}
    for place, found in enumerate(in_force(keys, seen)):
        ends = [keys[place].valid_to] if keys[place].valid_to else []
        ends += [
            seen[later.id] + timedelta(seconds=later.overlap)
            for later in keys[place + 1 :]
            if later.id in seen and later.overlap is not None
        ]
        assert counting(found, at) is all(at < end for end in ends)


def test_keys_that_wait_for_their_first_frame_are_named_for_what_it_is():
    first = key("first", overlap=60)
    assert named([first, NEW], {}) == {first.id: f"opened:{first.id}", NEW.id: f"changed:{NEW.id}"}
    assert named([OLD, NEW], {NEW.id: NOW}) == {}


@pytest.mark.parametrize(
    ("keys", "seen", "state", "words"),
    [
        ([], {}, State.NONE, "no key"),
        ([OLD], {}, State.ONE, r"One key counts\."),
        ([OLD], {OLD.id: NOW}, State.ONE, "seen since 2026-03-01 12:00"),
        ([key("old", valid_to=NOW)], {}, State.NONE, "any more"),
        ([OLD, key("new", valid_from=NOW + HOUR)], {}, State.PENDING, "begins 2026-03-01 13:00"),
        ([OLD, NEW], {}, State.BOTH, "not been seen"),
        ([key("old", valid_to=NOW + HOUR), NEW], {}, State.BOTH, "ends 2026-03-01 13:00"),
        ([OLD, NEW], {NEW.id: NOW - HOUR}, State.SEEN, "ends 2026-03-02 11:00"),
        ([OLD, key("new")], {key("new").id: NOW}, State.SEEN, "still counts"),
        ([OLD, NEW], {NEW.id: NOW - timedelta(days=2)}, State.ONE, "seen since 2026-02-27"),
    ],
)
def test_how_far_a_change_is_can_be_seen(keys, seen, state, words):
    found, says = progress(keys, seen, NOW)
    assert found is state
    assert re.search(words, says)
