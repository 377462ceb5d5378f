"""Logs are one JSON object a line, and never hold payloads."""

import io
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from twisted.logger import Logger, LogPublisher

from stationd.clock import SetClock
from stationd.net.logs import JsonLog


class Book:
    """A log in memory."""

    def __init__(self) -> None:
        self._stream = io.StringIO()
        clock = SetClock(datetime(2026, 1, 2, tzinfo=UTC))
        observer: Any = JsonLog(self._stream, clock)
        self._publisher = LogPublisher(observer)

    def logger(self, namespace: str) -> Logger:
        return Logger(namespace=namespace, observer=self._publisher)

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self._stream.getvalue().splitlines()]


@pytest.fixture
def book() -> Book:
    return Book()


@pytest.mark.parametrize("namespace", ["stationd.net.line.Link", "__main__.Daemon"])
def test_an_event_is_its_name_and_its_fields(book: Book, namespace: str) -> None:
    book.logger(namespace).info("link_up", listener="a", count=3, up=True, raw=b"payload")
    assert book.lines == [
        {
            "time": "2026-01-02T00:00:00.000000Z",
            "level": "info",
            "event": "link_up",
            "listener": "a",
            "count": 3,
            "up": True,
        }
    ]


def test_what_nobody_asks_about_is_left_out(book: Book) -> None:
    book.logger("stationd.x").debug("detail")
    book.logger("twisted.internet").info("Starting factory")
    assert book.lines == []


def test_what_twisted_warns_of_is_kept(book: Book) -> None:
    book.logger("twisted.internet.tcp").warn("Too many files")
    assert book.lines[0]["event"] == "twisted.internet.tcp: Too many files"


def test_a_failure_says_what_and_where(book: Book) -> None:
    def fault() -> None:
        raise RuntimeError("ours")

    try:
        fault()
    except RuntimeError:
        book.logger("stationd.x").failure("answer_fault")
    (line,) = book.lines
    assert (line["level"], line["why"]) == ("critical", "RuntimeError: ours")
    assert "test_logs.py" in line["where"]
