"""What is written of a plan; how it looks in chains is in `test_service`."""

from typing import Any

from stationd.redecoding.writing import write
from stationd.signals.service import history
from tests.stationd.redecoding.conftest import Kept


def test_nothing_to_write_writes_nothing(kept: Kept) -> None:
    kept.take()
    before = kept.records("node:n1")
    with kept.desk.database.writing() as connection:
        write(connection, kept.desk, [], tools=kept.tools, by="anna")
    assert kept.records("node:n1") == before
    assert kept.records("station") == []


def test_other_marks_of_a_signal_stay(kept: Kept, frames: Any) -> None:
    kept.journal.frame(frames.dc09("1234", "NBA005"), note={"repeat": True})
    kept.take()
    kept.own()
    kept.apply()
    assert history(kept.desk, "4821")[0].marks == "repeat,corrected"
