"""A thread of our own: blocking calls, one at a time, in order."""

from collections.abc import Callable
from queue import SimpleQueue
from threading import Thread
from typing import Any, Protocol, TypeVar

from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from stationd.net.reactor import Threads

__all__ = ["CallThread", "InThread"]

T = TypeVar("T")


class InThread(Protocol):
    """What runs a blocking call elsewhere and fires its Deferred here."""

    def __call__(self, call: Callable[[], T], /) -> Deferred[T]:
        """Run ``call``; the Deferred fires in the reactor's thread."""


class CallThread:
    """One thread that is asked and answers; it never touches the reactor but to hand results in."""

    def __init__(self, reactor: Threads, name: str) -> None:
        self._reactor = reactor
        self._calls: SimpleQueue[tuple[Callable[[], Any], Deferred[Any]] | None] = SimpleQueue()
        self._thread = Thread(target=self._work, name=name, daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def __call__(self, call: Callable[[], T], /) -> Deferred[T]:
        """Run ``call`` after those before it; called from the reactor's thread."""
        done: Deferred[T] = Deferred()
        self._calls.put((call, done))
        return done

    def stop(self) -> None:
        """End the thread once what was asked before is done, and wait for it."""
        self._calls.put(None)
        self._thread.join()

    def _work(self) -> None:
        while (asked := self._calls.get()) is not None:
            call, done = asked
            try:
                result = call()
            except BaseException:  # noqa: BLE001  (whoever asked gets it, as a failure)
                self._reactor.callFromThread(done.errback, Failure())
            else:
                self._reactor.callFromThread(done.callback, result)
