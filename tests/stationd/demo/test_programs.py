import sys
from datetime import UTC, datetime

import pytest

from stationd.clock import SetClock, SystemClock
from stationd.demo.programs import Program, Stationctl, wait_until
from stationd.errors import CheckFailedError, UnavailableError

_ECHO = "import sys; print(sys.stdin.readline().strip().upper(), flush=True); sys.stdin.read()"


def test_a_program_hears_what_it_is_told_and_is_stopped_by_its_own_id(tmp_path):
    with Program("echo", ["-c", _ECHO], logs=tmp_path) as program:
        program.tell("go")
        assert program.line() == "GO\n"
        assert not program.ended
    assert program.ended


def test_what_a_program_complains_of_stands_in_its_log(tmp_path):
    arguments = ["-c", "import sys; sys.exit('no key')"]
    with Program("worker", arguments, logs=tmp_path) as program:
        assert program.finish() == 1
    assert (tmp_path / "worker.log").read_text() == "no key\n"


def test_waiting_ends_at_once_where_a_program_ended_by_itself(tmp_path):
    with Program("worker", ["-c", ""], logs=tmp_path) as program:
        program.finish()
        with pytest.raises(UnavailableError, match=r"worker ended by itself; its log is .*worker"):
            wait_until(
                "ready",
                lambda: False,
                clock=SystemClock(),
                seconds=60,
                programs={"worker": program},
            )


def test_waiting_ends_when_its_time_is_over():
    class Passing(SetClock):
        def ticks(self) -> int:
            self._ticks += 10**9
            return self._ticks

    clock = Passing(datetime(2026, 1, 1, tzinfo=UTC))
    with pytest.raises(UnavailableError, match="case closed: not within 2 s"):
        wait_until("case closed", lambda: False, clock=clock, seconds=2, programs={})


def test_a_command_that_ends_otherwise_than_expected_says_which_and_why(tmp_path):
    told = []
    ctl = Stationctl(tmp_path / "missing.toml", state=tmp_path, tell=told.append)

    with pytest.raises(CheckFailedError, match=r"stationctl status ended with 2, not 0"):
        ctl("status")
    assert told == ["$ stationctl status"]


def test_a_command_that_was_to_fail_gives_its_answer(tmp_path):
    ctl = Stationctl(tmp_path / "missing.toml", state=tmp_path, tell=lambda _: None)

    answer = ctl("status", expect=2)

    assert answer["exit_code"] == 2
    assert "missing.toml" in answer["error"]


def test_words_with_blanks_are_shown_as_they_would_be_typed(tmp_path):
    told = []
    ctl = Stationctl(tmp_path / "missing.toml", state=tmp_path, tell=told.append)

    ctl("staff", "add", "ada", "--name", "Ada Admin", "--role", "AD", expect=2)

    assert told == ['$ stationctl staff add ada --name "Ada Admin" --role AD']
    assert sys.executable not in told[0]
