"""Asking for gaps."""

from datetime import timedelta
from typing import Any

from stationd.desk import Desk
from stationd.follower.service import follow
from stationd.gaps.service import gaps
from stationd.journal.model import Kind


def test_gaps_of_a_period_are_those_that_reach_into_it(desk: Desk, journal: Any) -> None:
    began = desk.clock.now()
    journal.write(Kind.LINK_DOWN, b"", "ip", {"scope": "listener", "cause": "unplugged"})
    journal.write(Kind.LINK_UP, b"", "ip", {"scope": "listener"}, after=timedelta(minutes=5))
    follow(desk, journal, node="n1", accounts=lambda _: lambda _: None)
    (gap,) = gaps(desk)
    assert (gap.listener, gap.detail) == ("ip", "unplugged")
    assert gaps(desk, since=desk.clock.now() + timedelta(seconds=1)) == []
    assert gaps(desk, until=began) == []
    assert gaps(desk, listeners=["com1"]) == []
    assert gaps(desk, since=began, until=desk.clock.now(), listeners=["ip"]) == [gap]
