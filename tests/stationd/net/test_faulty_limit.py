"""What one peer may make us keep of its noise."""

from receivers.events import Fault
from stationd.net.faulty_limit import KEPT, MINUTE_NS, MOST_PEERS, Counted, FaultyLimit


def flood(limit: FaultyLimit, count: int, *, fault: Fault = Fault.NOISE, ticks: int = 0) -> int:
    return sum(limit.keeps("peer", fault, at=n, ticks=ticks) for n in range(count))


def test_a_hundred_a_minute_are_kept_whole_and_the_rest_counted() -> None:
    limit = FaultyLimit()
    assert flood(limit, KEPT + 5) == KEPT
    assert list(limit.due(MINUTE_NS - 1)) == []
    assert list(limit.due(MINUTE_NS)) == [Counted("peer", "noise", 5, KEPT, KEPT + 4)]
    assert list(limit.due(MINUTE_NS)) == []


def test_each_fault_is_counted_for_itself() -> None:
    limit = FaultyLimit()
    flood(limit, KEPT + 1)
    flood(limit, 2, fault=Fault.CUT)
    counts = {counted.fault: counted.count for counted in limit.due(MINUTE_NS)}
    assert counts == {"noise": 1, "cut": 2}


def test_the_next_minute_keeps_a_hundred_again() -> None:
    limit = FaultyLimit()
    flood(limit, KEPT + 1)
    assert flood(limit, KEPT + 1, ticks=MINUTE_NS) == KEPT
    assert [counted.count for counted in limit.due(MINUTE_NS)] == [1]


def test_one_peers_noise_costs_another_nothing() -> None:
    limit = FaultyLimit()
    flood(limit, KEPT + 1)
    assert limit.keeps("other", Fault.NOISE, at=0, ticks=0)


def test_a_quiet_minute_is_told_of_with_nothing() -> None:
    limit = FaultyLimit()
    flood(limit, 1)
    assert list(limit.due(MINUTE_NS)) == []


def test_everything_is_told_when_we_stop() -> None:
    limit = FaultyLimit()
    flood(limit, KEPT + 3)
    assert [counted.count for counted in limit.everything()] == [3]


def test_the_peers_watched_are_bounded_and_nothing_counted_is_lost() -> None:
    limit = FaultyLimit()
    flood(limit, KEPT + 1)
    for number in range(MOST_PEERS):
        limit.keeps(str(number), Fault.NOISE, at=0, ticks=0)
    assert len(limit._peers) == MOST_PEERS
    assert [counted.peer for counted in limit.due(0)] == ["peer"]
