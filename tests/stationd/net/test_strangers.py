"""What networks that nobody knows may make us keep: little, counted, in bounded memory."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stationd.net import strangers as module
from stationd.net.faulty_limit import MINUTE_NS, Counted
from stationd.net.strangers import ELSEWHERE, KEPT_LINKS, Reason, Strangers


def limits(*, per_network: int = 3, in_all: int = 5, policy: str = "take") -> Strangers:
    return Strangers(None, policy=policy, per_network=per_network, in_all=in_all)


def flood(strangers: Strangers, host: str, count: int, *, ticks: int = 0) -> int:
    return sum(strangers.takes(host, at=n, ticks=ticks) for n in range(count))


def test_a_network_has_its_allowance_and_the_rest_is_one_entry() -> None:
    strangers = limits()
    assert flood(strangers, "192.0.2.1", 2) + flood(strangers, "192.0.2.200", 8) == 3
    assert list(strangers.due(MINUTE_NS - 1)) == []
    assert list(strangers.due(MINUTE_NS)) == [Counted("192.0.2.0/24", "unknown_number", 7, 1, 7)]
    assert list(strangers.due(MINUTE_NS)) == []


def test_one_networks_flood_costs_another_nothing_until_all_have_theirs() -> None:
    strangers = limits()
    flood(strangers, "192.0.2.1", 100)
    assert flood(strangers, "198.51.100.1", 100) == 2
    assert flood(strangers, "203.0.113.1", 100) == 0


def test_the_next_minute_has_its_own_allowance() -> None:
    strangers = limits()
    flood(strangers, "192.0.2.1", 10)
    assert flood(strangers, "192.0.2.1", 10, ticks=MINUTE_NS) == 3
    assert [counted.count for counted in strangers.due(MINUTE_NS)] == [7]


@pytest.mark.parametrize("policy", ["take", "store", "count"])
def test_without_a_roster_what_comes_is_taken_within_the_limits(policy: str) -> None:
    there = False
    strangers = Strangers(None, policy=policy, per_network=3, in_all=5, judges=lambda: there)
    assert strangers.answers
    assert flood(strangers, "192.0.2.1", 10) == 3
    there = True
    assert strangers.answers is (policy == "take")


def test_where_they_are_only_counted_nothing_is_kept() -> None:
    strangers = limits(policy="count")
    assert flood(strangers, "192.0.2.1", 4) == 0
    assert strangers.keeps("192.0.2.1", "noise", at=0, ticks=0)
    assert [counted.count for counted in strangers.everything()] == [4]


@pytest.mark.parametrize(("policy", "answers"), [("take", True), ("store", False)])
def test_an_unknown_number_is_answered_where_it_is_taken(policy: str, answers: bool) -> None:
    strangers = limits(policy=policy)
    assert strangers.answers is answers
    assert flood(strangers, "192.0.2.1", 1) == 1


def test_each_reason_is_counted_for_itself() -> None:
    strangers = limits()
    strangers.count("192.0.2.1", Reason.NOT_ADMITTED, at=5, ticks=0)
    strangers.count("192.0.2.2", Reason.NOT_ADMITTED, at=9, ticks=0)
    strangers.count("192.0.2.2", Reason.TLS_HANDSHAKE, at=9, ticks=0)
    assert list(strangers.everything()) == [
        Counted("192.0.2.0/24", "not_admitted", 2, 5, 9),
        Counted("192.0.2.0/24", "tls_handshake", 1, 9, 9),
    ]


def test_a_scanner_on_a_receivers_port_has_few_entries() -> None:
    strangers = limits()
    told = sum(strangers.keeps_link("192.0.2.1", at=0, ticks=0) for _ in range(KEPT_LINKS + 40))
    assert told == KEPT_LINKS
    assert [(c.fault, c.count) for c in strangers.everything()] == [("connections", 40)]


def test_so_have_all_scanners_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_LINKS", 10)
    strangers = limits()
    hosts = [f"192.0.{n}.1" for n in range(15)]
    assert sum(strangers.keeps_link(host, at=0, ticks=0) for host in hosts) == 10


HOSTS = st.ip_addresses(v=4).map(str)
DOINGS = st.lists(st.tuples(HOSTS, st.integers(0, 3 * MINUTE_NS)), max_size=60)


@given(DOINGS, st.integers(1, 5), st.integers(1, 12))
def test_memory_is_bounded_and_nothing_goes_uncounted(
    doings: list[tuple[str, int]], per_network: int, in_all: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "MOST_TOLD", 4)
        strangers = limits(per_network=per_network, in_all=in_all)
        kept, told = 0, 0
        for host, ticks in sorted(doings, key=lambda doing: doing[1]):
            told += sum(counted.count for counted in strangers.due(ticks))
            kept += strangers.takes(host, at=ticks, ticks=ticks)
            assert len(strangers._told) <= 5
            assert len(strangers._kept) <= in_all
            assert max(Counter(strangers._kept).values(), default=0) <= per_network
        told += sum(counted.count for counted in strangers.everything())
        assert kept + told == len(doings)


def test_beyond_some_networks_the_rest_are_counted_together(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "MOST_TOLD", 2)
    strangers = limits(policy="count")
    for number in range(5):
        flood(strangers, f"192.0.{number}.1", 3)
    peers = {counted.peer: counted.count for counted in strangers.everything()}
    assert peers == {"192.0.0.0/24": 3, "192.0.1.0/24": 3, ELSEWHERE: 9}
