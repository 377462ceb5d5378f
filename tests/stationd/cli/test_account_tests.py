"""`stationctl account tests`."""

import pytest


def test_an_account_is_tested_from_then_on(opened, ok, value):
    text = ok("account", "tests", "1001", "--every", "24h", "--grace", "2h", "--by", "any")
    assert "test_by, test_grace, test_hours" in text
    details = value("account", "show", "1001")["account"]["details"]
    assert (details["test_hours"], details["test_grace"], details["test_by"]) == (24, 120, "any")
    (row,) = value("supervision", "1001")["accounts"]
    assert (row["way"], row["interval_s"], row["grace_s"], row["counts"]) == (
        "tests",
        86400,
        7200,
        "any",
    )


def test_what_is_not_given_stays_and_none_ends_it(opened, ok, value):
    ok("account", "tests", "1001", "--every", "24h", "--by", "any")
    ok("account", "tests", "1001", "--every", "2d")
    (row,) = value("supervision", "1001")["accounts"]
    assert (row["interval_s"], row["grace_s"], row["counts"]) == (172800, 21600, "any")
    assert value("account", "tests", "1001", "--none")["changed"]
    assert value("supervision", "1001")["accounts"] == []
    assert "Changed for 1001: nothing" in ok("account", "tests", "1001", "--none")


@pytest.mark.parametrize(
    "words",
    [[], ["--every", "90m"], ["--every", "0h"], ["--grace", "90s"], ["--none", "--every", "24h"]],
)
def test_what_cannot_be_meant_is_refused(opened, run, words):
    assert run("account", "tests", "1001", *words).exit_code == 2


def test_it_needs_a_login_and_an_account(opened, ok, run):
    assert run("account", "tests", "9999", "--every", "24h").exit_code == 2
    ok("logout")
    assert run("account", "tests", "1001", "--every", "24h").exit_code == 4
