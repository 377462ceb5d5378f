"""`stationctl account`."""

import pytest


def test_accounts_are_listed_and_found(opened, ok, value, run):
    assert [one["account"] for one in value("account", "list")] == ["1001", "1002"]
    assert [one["customer"] for one in value("account", "list", "13 main")] == ["Berg"]
    assert "No account fits" in ok("account", "list", "nobody")
    assert value("account", "list", "--service", "ended", "--record", "open") == []
    few = run("account", "list", "--limit", "1")
    assert "1001" in few.stdout
    assert "more than 1" in few.stderr


def test_an_account_is_shown_whole(opened, ok, value):
    text = ok("account", "show", "1001")
    for part in ("customer", "Adler", "America/Denver", "main 01A4", "without key"):
        assert part in text
    assert value("account", "show", "1001")["transmitters"][0]["number"] == "01A4"


@pytest.mark.parametrize("words", [["show"], ["history"]])
def test_an_account_that_is_not_there_ends_with_2(opened, run, words):
    assert run("account", *words, "9999").exit_code == 2


def test_a_history_without_signals_says_so(opened, ok):
    assert "No signals" in ok("account", "history", "1001", "--last", "7d")


def test_a_number_is_given_and_taken(opened, ok, value, run):
    made = value("account", "link", "1002", "main", "0B", "--from", "2026-01-01", "--area", "1")
    (link,) = [
        link
        for panel in value("account", "show", "1002")["transmitters"]
        for link in panel["links"]
        if link["id"] == made["link"]
    ]
    assert link["scope"] == {"areas": ["1"]}
    assert "only" in ok("account", "show", "1002")
    taken = run("account", "link", "1002", "main", "01A4")
    assert (taken.exit_code, "belongs to account 1001" in taken.stderr) == (3, True)
    assert "ends" in ok("account", "unlink", made["link"])


def test_service_is_a_managers(opened, ok, run, log_in):
    assert "suspended" in ok("account", "service", "1001", "suspended")
    log_in("carla")
    assert run("account", "service", "1001", "active").exit_code == 4


def test_nothing_parked_is_claimed_as_nothing(opened, value, run):
    assert value("account", "claim", "1001", "main", "0C")["claimed"] == 0
    assert run("account", "claim", "9999", "main", "0C").exit_code == 2


def test_without_a_login_nothing_is_changed(opened, ok, run):
    ok("logout")
    assert run("account", "link", "1002", "main", "0B").exit_code == 4
    assert run("account", "list").exit_code == 0


def test_a_long_history_says_how_to_go_on(received, run, ok):
    ok("account", "link", "1001", "main", "0C")
    ok("account", "claim", "1001", "main", "0C")
    result = run("account", "history", "1001", "--limit", "1", "--class", "alarm")
    assert result.stdout.count("burglary alarm") == 1
    assert "go on with --since" in result.stderr
    assert ok("account", "history", "1001", "--since", "2026-01-01").count("-0") >= 2
