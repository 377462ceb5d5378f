"""Causes of gaps are those the manual names."""

from stationd.gaps.model import NOT_LISTENING, Cause


def test_a_cause_is_written_as_it_is_named() -> None:
    assert [str(cause) for cause in Cause] == [
        "receiver_link",
        "receiver_fault",
        "daemon_down",
        "host_down",
        "disk_refused",
        "clock",
        "clock_step",
        "tap_loss",
        "account_path",
        "import_boundary",
    ]


def test_an_unsynchronised_clock_hears_as_well_as_another() -> None:
    assert Cause.CLOCK not in NOT_LISTENING
    assert Cause.RECEIVER_LINK in NOT_LISTENING
