"""The daemon's reactor serves as Twisted's does."""

import errno
import os
import socket
from types import SimpleNamespace

import pytest
from twisted.internet.epollreactor import EPollReactor
from twisted.logger import capturedLogs

from stationd.net.poller import Poller


class End:
    """One end of a pair of sockets; may fail when it is read or asked for its number."""

    def __init__(self, other: "End | None" = None, *, fault: str = "") -> None:
        self.socket, self.peer = socket.socketpair()
        self.heard = b""
        self.lost: list[object] = []
        self.fault = fault
        self.closes = other
        self.poller: Poller | None = None

    def fileno(self) -> int:
        return self.socket.fileno()

    def logPrefix(self) -> str:
        return "end"

    def doRead(self) -> None:
        self.heard += self.socket.recv(99)
        if self.fault == "read":
            raise RuntimeError("a fault of ours")
        if self.closes is not None and self.poller is not None:
            self.poller.removeReader(self.closes)  # type: ignore[arg-type]

    def readConnectionLost(self, reason: object) -> None:
        self.lost.append(reason)

    def connectionLost(self, reason: object) -> None:
        self.lost.append(reason)
        if self.fault == "loss":
            raise RuntimeError("a fault of ours")

    def close(self) -> None:
        self.socket.close()
        self.peer.close()


@pytest.fixture
def poller():
    made = Poller()
    yield made
    made._poller.close()
    os.close(made.waker.i)
    os.close(made.waker.o)


def joined(poller, *ends):
    for end in ends:
        end.poller = poller
        poller.addReader(end)
    return ends


def test_it_is_twisteds_reactor_but_for_the_wait():
    assert issubclass(Poller, EPollReactor)
    assert Poller.doIteration is Poller.doPoll


def test_each_that_has_something_is_read(poller):
    ends = joined(poller, End(), End())
    for number, end in enumerate(ends):
        end.peer.send(b"%d" % number)
    poller.doIteration(5)
    assert [end.heard for end in ends] == [b"0", b"1"]
    for end in ends:
        end.close()


def test_nothing_to_read_ends_the_wait_in_time(poller):
    poller.doIteration(0)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_fault_while_reading_ends_that_connection_alone(poller):
    bad, good = joined(poller, End(fault="read"), End())
    for end in (bad, good):
        end.peer.send(b"x")
    with capturedLogs():
        poller.doIteration(5)
    assert (good.heard, len(bad.lost), good.lost) == (b"x", 1, [])
    for end in (bad, good):
        end.close()


def test_a_fault_while_losing_a_connection_is_told_and_others_are_served(poller):
    bad, good = joined(poller, End(fault="loss"), End())
    bad.peer.close()
    good.peer.send(b"x")
    bad.doRead = lambda: 1 / 0  # type: ignore[method-assign,assignment]
    with capturedLogs() as logs:
        poller.doIteration(5)
    assert good.heard == b"x"
    assert "reactor_fault" in [log.get("log_format") for log in logs]
    for end in (bad, good):
        end.close()


def test_who_was_closed_by_an_event_before_its_own_is_not_served(poller):
    second = End()
    first = End(second)
    second.closes = first
    joined(poller, first, second)
    for end in (first, second):
        end.peer.send(b"x")
    poller.doIteration(5)
    assert sorted([first.heard, second.heard]) == [b"", b"x"]
    for end in (first, second):
        end.close()


@pytest.mark.parametrize(("number", "raised"), [(errno.EINTR, False), (errno.EBADF, True)])
def test_an_interrupted_wait_is_begun_anew_and_a_broken_one_told(poller, number, raised):
    def fail(*_: object) -> list[object]:
        raise OSError(number, "told so")

    real, poller._poller = poller._poller, SimpleNamespace(poll=fail, close=lambda: None)
    try:
        if raised:
            with pytest.raises(OSError, match="told so"):
                poller.doPoll(None)
        else:
            poller.doPoll(None)
    finally:
        poller._poller = real
