"""The types of a reactor are met by Twisted's own parts."""

from twisted.internet.task import Clock
from twisted.internet.testing import MemoryReactorClock

from stationd.net.reactor import Delays, Reactor


def test_a_clock_calls_later() -> None:
    called: list[int] = []
    delays: Delays = Clock()
    call = delays.callLater(1, called.append, 5)
    assert call.active()
    delays.advance(1)  # type: ignore[attr-defined]
    assert called == [5]


def test_a_reactor_in_memory_is_a_reactor() -> None:
    reactor: Reactor = MemoryReactorClock()
    assert callable(reactor.listenTCP)
    assert callable(reactor.connectTCP)
