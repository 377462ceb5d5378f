"""`stationctl case`: what is decided about a case."""

import pytest

PASSWORD = "correct horse battery"
LONG = "the vendor has gone out of business and answers no letter"


@pytest.fixture
def paper(tmp_path):
    """A document to hand in."""
    path = tmp_path / "letter.pdf"
    path.write_bytes(b"letter")
    return path


@pytest.fixture
def case(opened, value, paper):
    """An open case's id; Maria is logged in."""
    words = ("case", "open", "1001", "--reason", "nonpayment", "--document", paper)
    return value(*words)["id"]


def test_a_guard_is_waived_by_two_persons(ok, run, value, case, log_in, paper):
    ok("case", "step", case, "start")
    words = ("case", "ask", case, "facts_ok", "--waive", "G1", "--text", LONG, "--password-stdin")
    refused = run(*words, text=PASSWORD + "\n")
    assert refused.exit_code == 3
    assert "G1 is waived by nobody" in refused.stderr
    assert ok("case", "approvals") == "Nothing waits for a second person.\n"


def test_what_waits_for_a_second_person_is_listed_and_can_be_refused(
    ok, value, case, desk, log_in, monkeypatch
):
    with desk.database.writing() as connection:
        connection.exec_driver_sql("UPDATE cases SET state = 'contacting'")
    words = ("case", "ask", case, "ladder_done", "--waive", "G3", "--code", "safety")
    asked = value(*words, "--text", LONG, "--password-stdin", text=PASSWORD + "\n")
    (waiting,) = value("case", "approvals")
    assert (waiting["id"], waiting["acct"], waiting["waive"]) == (asked["id"], "1001", ["G3"])
    assert "waive G3 in T5" in ok("case", "approvals")
    log_in("carla")
    assert ok("case", "refuse", asked["id"][:8]) == "Refused.\n"
    assert "refused by carla" in ok("case", "show", case)


def test_a_step_that_cannot_be_approved_yet_says_why(run, case):
    result = run("case", "ask", case, "start", "--password-stdin", text=PASSWORD + "\n")
    assert result.exit_code == 2
    assert "needs no approval" in result.stderr


def test_the_password_is_asked_for_again(run, case):
    result = run("case", "ask", case, "start", "--password-stdin", text="wrong\n")
    assert result.exit_code == 4


def test_a_payment_is_decided(ok, run, value, case, paper):
    paid = ("--set", "amount=90", "--set", "received_on=2026-03-09")
    made = value("case", "facts", case, "payment", *paid)["id"]
    assert run("case", "decide", case, made, "reject_and_return").exit_code == 2
    said = ok("case", "decide", case, made[:8], "reject_and_return", "--file", paper)
    assert said == "Decided: reject_and_return.\n"


def test_a_reason_is_changed_with_its_why(ok, run, case):
    words = ("case", "reason", case, "customer_request", "--text", "they wrote to us")
    refused = run(*words)
    assert refused.exit_code == 3
    assert "G2    failed" in refused.stderr


def test_the_end_is_put_off_only_once_there_is_one(run, case):
    result = run("case", "lengthen", case, "--until", "2199-01-01", "--text", "they asked")
    assert result.exit_code == 2
    assert "has no end to put off" in result.stderr


def test_only_a_closed_case_is_reinstated(run, case):
    words = ("case", "reinstate", case, "--account", "1001-2", "--contract", "K-2")
    result = run(*words)
    assert result.exit_code == 2
    assert "has no step reinstated" in result.stderr
    same = run("case", "reinstate", case, "--account", "1001-2", "--contract", "1001")
    assert "is the old contract" in same.stderr
