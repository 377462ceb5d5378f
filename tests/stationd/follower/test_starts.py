"""Whether the daemon alone was down before a start, or the whole machine."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from stationd.follower.starts import before_start, boot_of
from stationd.gaps.model import Cause
from stationd.journal.model import Kind

SECOND = 10**9


@pytest.mark.parametrize(
    ("note", "boot"), [({"boot": "b1"}, "b1"), ({"boot": 7}, ""), ({}, ""), (None, "")]
)
def test_a_start_names_its_boot_or_none(journal: Any, note: Any, boot: str) -> None:
    assert boot_of(journal.write(Kind.STARTED, note=note)) == boot


@pytest.mark.parametrize(
    ("ticks", "cause"),
    [
        # The machine runs for longer than since the last entry.
        (5000 * SECOND, Cause.DAEMON_DOWN),
        # Its ticks began again.
        (10 * SECOND, Cause.HOST_DOWN),
        # They have passed the last entry's since, but the machine is younger than that entry.
        (1500 * SECOND, Cause.HOST_DOWN),
    ],
)
def test_without_boot_ids_the_ticks_tell(journal: Any, ticks: int, cause: Cause) -> None:
    last = replace(journal.write(Kind.FRAME, b"x", "ip"), ticks=1000 * SECOND)
    started = replace(journal.start(after=timedelta(hours=1)), ticks=ticks)
    assert before_start(last, started, "") is cause


def test_ticks_that_began_again_tell_though_the_clock_was_set_back(journal: Any) -> None:
    last = replace(journal.write(Kind.FRAME, b"x", "ip"), ticks=1000 * SECOND)
    back = last.received_at - 3600 * SECOND
    started = replace(journal.start(), received_at=back, ticks=10 * SECOND)
    assert before_start(last, started, "") is Cause.HOST_DOWN


def test_boot_ids_are_believed_before_ticks(journal: Any) -> None:
    last = replace(journal.write(Kind.FRAME, b"x", "ip"), ticks=1000 * SECOND)
    started = journal.write(Kind.STARTED, note={"boot": "b1"})
    assert before_start(last, started, "b1") is Cause.DAEMON_DOWN
    assert before_start(last, started, "b0") is Cause.HOST_DOWN
