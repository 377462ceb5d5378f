"""Who is connected, from where, and who makes room."""

from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from stationd.net.callers import STRANGER_NS, Callers

HOUR = 3600 * 10**9
HERE, THERE = "192.0.2.1", "198.51.100.1"


@dataclass(eq=False)
class Panel:
    """A connection that notes how it ended."""

    host: str = HERE
    since: int = 0
    heard: int | None = None
    ended: list[str] = field(default_factory=list)

    def stop_reading(self) -> None:
        """Nothing."""

    def hang_up(self, cause: str) -> None:
        self.ended.append(cause)


def callers(*panels: Panel, most: int = 2, per_network: int = 10) -> Callers:
    made = Callers(most=most, per_network=per_network, idle_ns=HOUR)
    for panel in panels:
        made.add(panel)
    return made


def test_there_is_room_until_there_is_none() -> None:
    made = callers(Panel())
    assert made.room(HERE, 1)
    made.add(Panel())
    assert not made.room(HERE, 1)
    assert len(made) == 2


def test_one_network_cannot_take_all_of_it() -> None:
    made = callers(Panel(HERE), most=5, per_network=1)
    assert not made.room("192.0.2.99", 1)
    assert made.room(THERE, 1)


def test_who_never_said_anything_makes_room_after_half_a_minute() -> None:
    silent, known = Panel(since=5), Panel(since=0, heard=0)
    made = callers(silent, known)
    assert not made.room(THERE, STRANGER_NS)
    made = callers(silent, known)
    assert made.room(THERE, STRANGER_NS + 5)
    assert (silent.ended, known.ended) == (["made room for another connection"], [])


def test_of_those_silent_the_one_silent_for_longest_makes_room() -> None:
    first, second = Panel(since=7), Panel(since=3)
    made = callers(first, second)
    assert made.room(THERE, STRANGER_NS * 2)
    assert (first.ended, second.ended) == ([], ["made room for another connection"])


def test_a_known_panel_makes_room_only_after_the_long_time() -> None:
    made = callers(early := Panel(heard=1), Panel(heard=5))
    assert not made.room(THERE, HOUR)
    assert made.room(THERE, HOUR + 10**9)
    assert early.ended


def test_a_stranger_goes_before_a_known_panel_that_was_silent_for_longer() -> None:
    made = callers(known := Panel(heard=0), stranger := Panel(since=HOUR))
    assert made.room(THERE, 2 * HOUR)
    assert (known.ended, len(stranger.ended)) == ([], 1)


def test_a_full_network_makes_room_for_its_own_only() -> None:
    other, own = Panel(THERE), Panel(HERE)
    made = callers(other, own, most=9, per_network=1)
    assert made.room(HERE, STRANGER_NS * 2)
    assert (other.ended, len(own.ended)) == ([], 1)


def test_a_flood_of_calls_looks_through_all_only_once_a_second() -> None:
    made = callers(Panel(), Panel())
    assert not made.room(THERE, STRANGER_NS - 1)
    assert not made.room(THERE, STRANGER_NS + 10**9 - 2)
    assert made.room(THERE, STRANGER_NS + 10**9)


def test_a_flood_from_two_full_networks_looks_through_each_only_once_a_second() -> None:
    made = callers(Panel(HERE), Panel(THERE), most=9, per_network=1)
    assert not made.room(HERE, STRANGER_NS - 3)
    assert not made.room(THERE, STRANGER_NS - 2)
    assert not made.room(HERE, STRANGER_NS)
    assert not made.room(THERE, STRANGER_NS)
    assert made.room(HERE, STRANGER_NS - 3 + 10**9)


def test_where_nobody_may_go_no_network_is_looked_through() -> None:
    made = callers(Panel(HERE), Panel(HERE, since=1), per_network=2)
    assert not made.room(THERE, STRANGER_NS - 1)
    assert not made.room(HERE, STRANGER_NS)
    assert made.room(HERE, STRANGER_NS - 1 + 10**9)


def test_who_is_counted_out_twice_is_counted_once() -> None:
    panel = Panel()
    made = callers(panel, Panel(), most=2, per_network=2)
    made.discard(panel)
    made.discard(panel)
    assert (len(made), made.room(HERE, 1)) == (1, True)


@given(st.lists(st.tuples(st.integers(0, 3), st.booleans()), max_size=40))
def test_there_are_never_more_than_there_may_be(calls: list[tuple[int, bool]]) -> None:
    made = callers(most=5, per_network=3)
    held: list[Panel] = []
    for now, (network, leaves) in enumerate(calls):
        host = f"192.0.{network}.1"
        if leaves and held:
            made.discard(held.pop())
        elif made.room(host, now):
            made.add(panel := Panel(host, since=now))
            held.append(panel)
        assert len(made) <= 5
        assert max(made._networks.values(), default=0) <= 3
        assert sum(made._networks.values()) == len(made)
