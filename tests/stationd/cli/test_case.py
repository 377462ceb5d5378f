"""`stationctl case`."""

import pytest

from stationd.cases.kinds import CHANNELS


@pytest.fixture
def paper(tmp_path):
    """A document to hand in."""
    path = tmp_path / "letter.pdf"
    path.write_bytes(b"letter")
    return path


@pytest.fixture
def case(opened, value, paper):
    """An open case's id; Maria is logged in."""
    words = ("case", "open", "1001", "--reason", "customer_request", "--document", paper)
    return value(*words)["id"]


@pytest.fixture
def ready(ok, case):
    """A case that is ready for its notice."""
    ok("case", "step", case, "start")
    ok("case", "step", case, "facts_ok")
    return case


def notice(paper, *more):
    return ("--file", paper, "--channel", "email", "--address", "a@example.com", *more)


def test_a_case_is_opened_and_listed(opened, ok, value, paper):
    assert ok("case", "list") == "No cases.\n"
    said = ok("case", "open", "1001", "--reason", "nonpayment", "--document", paper)
    assert "is open on account 1001: opened." in said
    (one,) = value("case", "list", "1001")
    assert (one["state"], one["opened_by"]) == ("opened", "maria")
    assert one["id"] in ok("case", "list", "--all")
    assert value("case", "list", "1002") == []


def test_a_document_of_the_wrong_kind_is_refused_with_the_row(opened, run, paper):
    words = ("--reason", "nonpayment", "--document", paper, "--kind", "note")
    result = run("case", "open", "1001", *words)
    assert result.exit_code == 3
    assert "G2    failed" in result.stderr


def test_a_case_is_shown_with_its_guards_and_the_steps_from_here(ok, value, case):
    said = ok("case", "show", case[:6])
    assert "G11    not yet  No closing bundle is ordered yet" in said
    assert "start" in said
    assert "can be taken" in said
    told = value("case", "show", case)
    events = [one["event"] for one in told["possible"]]
    assert events == told["events"] == ["start", "dispute", "referred", "cure", "withdraw"]
    assert [one["id"] for one in told["guards"]] == ["G2", "G6", "G7", "G10", "G11", "G12"]
    assert told["steps"][0]["row"] == "T1"


def test_a_case_that_is_not_there_ends_with_2(opened, run):
    result = run("case", "show", "zz")
    assert result.exit_code == 2
    assert "There is no case zz" in result.stderr


def test_closing_too_early_ends_with_3_and_every_row(run, value, case):
    result = run("case", "step", case, "close")
    assert result.exit_code == 3
    assert [f"G{n}" in result.stderr for n in (6, 10, 11, 12)] == [True] * 4
    assert value("case", "show", case)["state"] == "opened"


def test_a_step_that_is_not_there_names_those_that_are(run, case):
    result = run("case", "step", case, "covered")
    assert result.exit_code == 2
    assert "From here: start" in result.stderr


def test_a_clerk_may_not_withdraw(log_in, run, case):
    log_in("carla")
    assert run("case", "step", case, "withdraw").exit_code == 4


def test_nobody_moves_a_case_without_a_login(ok, run, case):
    ok("logout")
    assert run("case", "step", case, "start").exit_code == 4


def test_facts_are_recorded_and_listed(ok, value, case, paper):
    said = ok("case", "facts", case, "dispute", "--text", "bill of May", "--file", paper)
    assert "Recorded: dispute by the customer" in said
    assert "dispute by the customer" in ok("case", "facts", case)
    dispute = value("case", "facts", case)[-1]
    assert (dispute["fact"], dispute["by"]) == ({"text": "bill of May"}, "maria")
    assert len(dispute["doc"]) == 64


def test_a_notice_moves_the_case_and_names_the_instant(ok, value, ready, paper):
    words = notice(paper, "--declaration", paper, "--ends-on", "2199-06-03")
    assert "The notice is recorded" in ok("case", "notice", ready, *words)
    said = ok("case", "step", ready, "notice_sent")
    assert "Monitoring ends at 2199-06-03 18:00:00 UTC at the earliest." in said
    told = value("case", "show", ready)
    assert told["effective_at"] == "2199-06-03T18:00:00.000000Z"
    assert told["orders"][0]["kind"] == "primary"
    shown = ok("case", "show", ready)
    assert "look whether service can end" in shown
    assert ", declared" in shown
    assert "G7     FAILED" in shown
    assert "primary  ordered  0 %" in shown


def test_a_declaration_may_come_later(ok, run, value, ready, paper):
    made = value("case", "notice", ready, *notice(paper))["id"]
    assert run("case", "step", ready, "notice_sent").exit_code == 3
    ok("case", "declaration", ready, made[:8], "--file", paper)
    ok("case", "step", ready, "notice_sent")


def test_a_date_that_is_none_ends_with_2(run, ready, paper):
    result = run("case", "notice", ready, *notice(paper, "--ends-on", "tomorrow"))
    assert result.exit_code == 2
    assert "write 2026-07-31" in result.stderr


def test_every_channel_is_offered(ok):
    said = ok("case", "notice", "--help")
    assert all(channel in said for channel in CHANNELS)


def test_a_case_that_is_over_says_so(ok, case):
    assert "is withdrawn" in ok("case", "step", case, "withdraw")
    assert "none; the case is over" in ok("case", "show", case)
