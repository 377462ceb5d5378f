"""The table of scenarios, and the events they are made of."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stationd.errors import MistakeError
from stationd.simulate.scenarios import DAY, SCENARIOS, Transport, cast, events

ALL = dict.fromkeys(Transport, 25)
MIXES = st.dictionaries(st.sampled_from(Transport), st.integers(0, 100)).filter(
    lambda mix: sum(mix.values()) > 0
)


def played(name, seed=1, mix=ALL, **figures):
    return list(events(cast(SCENARIOS[name], mix, **figures), seed))


@pytest.mark.parametrize(
    ("name", "accounts", "each", "seconds"),
    [("storm", 25_000, 4, 1800.0), ("path-return", 100_000, 2, 300.0)],
)
def test_a_scenario_is_played_whole_unless_told_otherwise(name, accounts, each, seconds):
    found = Counter()
    last = 0.0
    for at, account in events(cast(SCENARIOS[name], ALL), 1):
        assert last <= at < seconds
        last = at
        found[account] += 1
    assert len(found) == accounts
    assert set(found.values()) == {each}


def test_a_quiet_day_is_a_day_with_five_signals_an_account_and_most_of_them_in_the_morning():
    day = played("quiet", accounts=2000)
    assert set(Counter(account for _, account in day).values()) == {5}
    hours = Counter(int(at // 3600) for at, _ in day)
    assert set(hours) == set(range(24))
    assert hours.most_common(1)[0][0] in {7, 8}
    assert day[-1][0] < DAY


def test_a_rate_says_how_many_events_there_are_whatever_that_makes_for_an_account():
    burst = played("path-return", accounts=1000, rate=400, duration=30)
    assert len(burst) == 12_000
    assert set(Counter(account for _, account in burst).values()) == {12}
    seconds = Counter(int(at) for at, _ in burst)
    assert min(seconds.values()) >= 398


def test_runaways_report_far_more_than_the_others():
    scenario = SCENARIOS["runaway"]
    counts = Counter(account for _, account in played("runaway", accounts=5000))
    most = counts.most_common(scenario.runaways + 1)
    assert most[scenario.runaways - 1][1] >= scenario.duration * scenario.runaway_rate
    assert most[scenario.runaways][1] <= 1


def test_there_are_no_more_runaways_than_accounts():
    assert {account for _, account in played("runaway", accounts=1, duration=1)} == {0}


@given(
    st.sampled_from(list(SCENARIOS)),
    st.integers(1, 300),
    st.floats(1, 100),
    st.integers(0, 5),
)
def test_events_come_in_order_within_the_duration_and_are_the_same_for_the_same_seed(
    name, accounts, duration, seed
):
    one = played(name, seed, accounts=accounts, duration=duration)
    assert one == played(name, seed, accounts=accounts, duration=duration)
    assert [at for at, _ in one] == sorted(at for at, _ in one)
    assert all(0 <= at <= duration and 0 <= account < accounts for at, account in one)


def test_another_seed_is_another_order():
    one, other = (played("storm", seed, accounts=100) for seed in (1, 2))
    assert [account for _, account in one] != [account for _, account in other]


@given(MIXES, st.integers(1, 1000))
def test_every_account_has_a_way_that_was_asked_for(mix, accounts):
    ways = cast(SCENARIOS["storm"], mix, accounts=accounts).ways
    asked = {place for place, way in enumerate(Transport) if mix.get(way)}
    assert len(ways) == accounts
    assert set(ways) <= asked


def test_shares_are_kept_also_among_few_accounts():
    mix = {Transport.TCP: 40, Transport.ANEW: 10, Transport.UDP: 40, Transport.SURGARD: 10}
    whole = Counter(cast(SCENARIOS["storm"], mix, accounts=100_000).ways)
    assert [whole[place] for place in range(4)] == [40_000, 10_000, 40_000, 10_000]
    assert set(cast(SCENARIOS["storm"], mix, accounts=20).ways) == {0, 1, 2, 3}


def test_somebody_has_to_take_part():
    with pytest.raises(MistakeError, match="nobody takes part: give at least one way a share"):
        cast(SCENARIOS["storm"], {Transport.TCP: 0})
