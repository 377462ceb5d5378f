"""`stationctl hold`."""

import pytest


def test_a_hold_is_set_listed_and_lifted(opened, ok, value, run):
    assert "No holds" in ok("hold", "list")
    made = value("hold", "set", "1001", "--ground", "claim", "--review", "2199-01-01")
    assert (made["kind"], made["author"]) == ("records", "maria")
    assert "claim" in ok("hold", "list", "1001")
    assert value("hold", "lift", made["id"])["lifted_by"] == "maria"
    assert value("hold", "list") == []
    assert value("hold", "list", "--all")[0]["lifted_by"] == "maria"
    assert "maria" in ok("hold", "list", "--all")


def test_a_clerk_sets_but_does_not_lift(opened, log_in, value, run):
    log_in("carla")
    made = value("hold", "set", "1001", "--kind", "service", "--ground", "claim")
    result = run("hold", "lift", made["id"])
    assert result.exit_code == 4
    assert "Who may: manager" in result.stderr


@pytest.mark.parametrize("words", [["set", "none", "--ground", "x"], ["lift", "none"]])
def test_what_is_not_there_ends_with_2(opened, run, words):
    assert run("hold", *words).exit_code == 2
