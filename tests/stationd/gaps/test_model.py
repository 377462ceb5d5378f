"""Causes of gaps are those the manual names."""

from stationd.gaps.model import Cause


def test_a_cause_is_written_as_it_is_named() -> None:
    assert [str(cause) for cause in Cause] == [
        "receiver_link",
        "daemon_down",
        "host_down",
        "disk_refused",
        "clock",
        "clock_step",
    ]
