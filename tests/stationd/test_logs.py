import io
import json
import logging
from datetime import UTC, datetime

import pytest

from stationd.clock import SetClock
from stationd.logs import log_to, note

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)


@pytest.fixture
def log() -> tuple[logging.Logger, io.StringIO]:
    stream = io.StringIO()
    made = logging.getLogger("stationd.test_logs")
    log_to(stream, made, SetClock(NOW))
    return made, stream


def test_a_line_is_one_object_with_the_calls_own_fields(
    log: tuple[logging.Logger, io.StringIO],
) -> None:
    note(log[0].info, "checkpoint", n=7, why="Ärger")
    (line,) = log[1].getvalue().splitlines()
    assert json.loads(line) == {
        "time": "2026-05-01T12:00:00.000000Z",
        "level": "info",
        "event": "checkpoint",
        "n": 7,
        "why": "Ärger",
    }


def test_what_is_below_info_is_left_out(log: tuple[logging.Logger, io.StringIO]) -> None:
    note(log[0].debug, "nothing")
    assert log[1].getvalue() == ""


def test_an_exception_is_told_in_the_same_line(log: tuple[logging.Logger, io.StringIO]) -> None:
    try:
        int("broken")
    except ValueError:
        log[0].exception("a look failed")
    (line,) = log[1].getvalue().splitlines()
    assert "ValueError: invalid literal" in json.loads(line)["why"]


def test_a_log_is_set_up_anew_without_doubling(log: tuple[logging.Logger, io.StringIO]) -> None:
    again = io.StringIO()
    log_to(again, log[0], SetClock(NOW))
    note(log[0].info, "once")
    assert (log[1].getvalue(), len(again.getvalue().splitlines())) == ("", 1)
