"""`stationctl doctor`."""

import pytest

SKIP = ("--skip", "keys", "--skip", "log key", "--skip", "journal")


def test_a_station_without_a_journal_is_told_so(staffed, run):
    result = run("doctor", "--skip", "keys")
    assert result.exit_code == 1
    assert "failed  journal" in result.stdout


def test_what_passed_is_told_too(staffed, ok, value):
    text = ok("doctor", *SKIP)
    assert "passed  database" in text
    assert "1 administrator(s) may log in" in text
    found = {one["check"]: one["outcome"] for one in value("doctor", *SKIP)}
    assert found["archive"] == "warned"
    assert "journal" not in found


def test_settings_that_do_not_read_stop_it(config, run):
    config.write_text("[station]\n")
    result = run("doctor")
    assert result.exit_code == 1
    assert result.stdout.startswith("failed  settings")
    assert "database" not in result.stdout


def test_only_known_checks_are_skipped(run):
    assert run("doctor", "--skip", "moon").exit_code == 2


@pytest.mark.parametrize("name", ["archive", "authority"])
def test_what_reaches_a_network_can_be_left_out(staffed, ok, name):
    assert f" {name} " not in ok("doctor", *SKIP, "--skip", name)
