"""The thread: calls in order, results handed back to the reactor."""

import threading
from collections.abc import Callable
from typing import Any

import pytest

from stationd.net.thread import CallThread


class Hands:
    """Takes what is handed to the reactor, and runs it here."""

    def __init__(self) -> None:
        self.given: list[tuple[Callable[..., object], tuple[Any, ...]]] = []
        self.threads: set[int] = set()

    def callFromThread(self, call: Callable[..., object], *args: Any) -> None:
        self.threads.add(threading.get_ident())
        self.given.append((call, args))

    def run(self) -> None:
        for call, args in self.given:
            call(*args)


@pytest.fixture
def hands() -> Hands:
    return Hands()


def test_calls_run_in_order_elsewhere_and_are_answered_here(hands: Hands) -> None:
    thread = CallThread(hands, "test")
    thread.start()
    ran: list[int] = []
    results: list[int] = []

    def call(number: int) -> int:
        ran.append(number)
        return number * 10

    for number in range(3):
        thread(lambda number=number: call(number)).addCallback(results.append)
    thread.stop()
    assert (ran, results) == ([0, 1, 2], [])
    hands.run()
    assert results == [0, 10, 20]
    assert threading.get_ident() not in hands.threads


def test_what_a_call_raises_is_handed_back(hands: Hands) -> None:
    thread = CallThread(hands, "test")
    thread.start()
    caught: list[str] = []

    def call() -> None:
        raise ValueError("no")

    thread(call).addErrback(lambda failure: caught.append(failure.getErrorMessage()))
    thread.stop()
    hands.run()
    assert caught == ["no"]
