"""`stationctl case call`."""

import pytest


@pytest.fixture
def case(opened, ok, value, tmp_path, log_in):
    """A case of non-payment that is being contacted; Maria is logged in."""
    paper = tmp_path / "statement.pdf"
    paper.write_bytes(b"statement")
    words = ("--reason", "nonpayment", "--document", paper)
    opened_case = value("case", "open", "1001", *words)["id"]
    ok("case", "step", opened_case, "start")
    log_in("carla")
    told = {"contract": "1001", "default_on": "2025-02-01", "amount": "90", "clause": "9.1"}
    told["paid_through"] = "2025-01-31"
    given = [word for name, said in told.items() for word in ("--set", f"{name}={said}")]
    ok("case", "facts", opened_case, "breach_review", *given)
    ok("case", "step", opened_case, "facts_ok")
    return opened_case


def test_the_card_is_shown_and_a_call_recorded(case, ok, value):
    assert value("case", "call", case)["task"]["step"] == "call"
    text = ok("case", "call", case)
    assert "Adler" in text
    assert "Ask why it was not paid" in text
    words = ("--outcome", "reached", "--reason", "no work", "--promise-on", "2099-01-02")
    done = ok("case", "call", case, *words)
    assert "Look whether the promise for 2099-01-02 was kept" in done
    assert "no work" in ok("case", "call", case)
    assert "Next, from" in ok("case", "show", case)
    assert value("case", "show", case)["task"]["step"] == "promise"


def test_a_problem_opens_the_dispute(case, ok, value):
    told = ok("case", "call", case, "--outcome", "reached", "--problem", "keypad dead")
    assert "The dispute is open" in told
    assert value("case", "show", case)["state"] == "dispute_hold"


def test_without_an_outcome_nothing_is_recorded(case, run):
    result = run("case", "call", case, "--reason", "no work")
    assert (result.exit_code, "Say --outcome" in result.stderr) == (2, True)
    assert run("case", "call", case, "--outcome", "reached", "--promise-on", "soon").exit_code == 2
