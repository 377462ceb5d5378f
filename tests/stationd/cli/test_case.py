"""`stationctl case`."""

import pytest

from stationd.cases.guards import GUARDS
from stationd.cases.kinds import CHANNELS
from stationd.staff import service
from stationd.staff.model import Role

PASSWORD = "correct horse battery"
TERMS = {
    "form": "A-7",
    "form_signed_off": "2025-01-01",
    "started": "2020-01-01",
    "notice_methods": "post email",
    "termination_clause": "12.1",
    "default_clause": "9.1",
    "payment_terms": "monthly",
    "paid_through": "2026-01-31",
}


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


def given(**said):
    return [word for name, value in said.items() for word in ("--set", f"{name}={value}")]


@pytest.fixture
def ready(ok, case, paper):
    """A case that is ready for its notice."""
    ok("account", "terms", "1001", *given(**TERMS))
    ok("form", "sign", "confirmation", "F-1", "--file", paper, "--sign-off", paper)
    ok("case", "facts", case, "ending_statement", "--text", "balance is not released")
    ok("case", "step", case, "start")
    ok("case", "step", case, "facts_ok")
    return case


@pytest.fixture
def approved(ok, ready, paper, value, staffed, log_in):
    """A case whose letter, drafted by Maria, was approved by Mona."""
    draft = given(channel="email", address="a@example.com", form="F-1")
    ok("case", "facts", ready, "notice_draft", *draft, "--file", paper)
    anna = next(one.person for one in service.staff_list(staffed) if one.login == "anna")
    service.add(staffed, login="mona", name="Mona", role=Role.MANAGER, password=PASSWORD, by=anna)
    asked = ("case", "ask", ready, "notice_sent", "--password-stdin")
    approval = value(*asked, text=PASSWORD + "\n")["id"]
    log_in("mona")
    said = ok("case", "approve", approval[:8], "--password-stdin", text=PASSWORD + "\n")
    assert "Approved" in said
    log_in("maria")
    return ready


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


def test_many_cases_are_opened_each_for_itself(opened, run, value, paper, tmp_path):
    path = tmp_path / "accounts.txt"
    path.write_text("1001\n\n1009\n1002\n1001\n")
    words = ("case", "open-many", path, "--reason", "customer_request", "--document", paper)
    result = run(*words)
    assert result.exit_code == 3
    assert "2 case(s) opened, 1 account(s) refused." in result.stdout
    assert "1009: There is no account 1009" in result.stdout
    assert len(value("case", "list")) == 2
    path.write_text("\n")
    assert "names no account" in run(*words).stderr


def test_a_document_of_the_wrong_kind_is_refused_with_the_row(opened, run, paper):
    words = ("--reason", "nonpayment", "--document", paper, "--kind", "note")
    result = run("case", "open", "1001", *words)
    assert result.exit_code == 3
    assert "G2    failed" in result.stderr


def test_a_case_is_shown_with_what_is_missing_and_the_steps_from_here(ok, value, case):
    said = ok("case", "show", case[:6])
    assert "Missing, and who can supply it:" in said
    assert "Nothing is missing: the step start can be taken." in said
    assert "G11    not yet  No primary bundle is ordered yet" in said
    told = value("case", "show", case)
    events = [one["event"] for one in told["possible"]]
    assert events == told["events"] == ["start", "dispute", "referred", "cure", "withdraw"]
    assert [one["id"] for one in told["guards"]] == list(GUARDS)
    assert told["steps"][0]["row"] == "T1"


def test_what_is_missing_is_said_with_who_can_supply_it(ok, case):
    ok("case", "step", case, "start")
    said = ok("case", "show", case)
    assert "A clerk or manager records: statement that the customer ended it" in said
    assert "Of contract 1001 is not known: form, started" in said


def test_a_case_that_is_not_there_ends_with_2(opened, run):
    result = run("case", "show", "zz")
    assert result.exit_code == 2
    assert "There is no case zz" in result.stderr


def test_closing_too_early_ends_with_3_and_every_row(run, value, case):
    result = run("case", "step", case, "close")
    assert result.exit_code == 3
    assert [f"G{n}" in result.stderr for n in (4, 6, 10, 11, 12, 17)] == [True] * 6
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
    assert "bill of May" in ok("case", "facts", case)
    dispute = value("case", "facts", case)[-1]
    assert dispute["fact"]["text"] == "bill of May"
    assert (dispute["by"], dispute["compartment"]) == ("maria", "producible")
    assert len(dispute["fact"]["sha256"]) == len(dispute["doc"]) == 64


def test_a_privileged_fact_is_shown_as_that_and_its_file_to_managers_only(
    ok, run, value, case, paper, log_in
):
    tmp_path = paper.parent
    ok("case", "facts", case, "counsel_note", "--text", "settle it", "--file", paper)
    assert "settle it" not in ok("case", "show", case) + ok("--json", "case", "show", case)
    assert "(privileged)" in ok("case", "show", case)
    note = value("case", "facts", case)[-1]["id"]
    out = tmp_path / "note.pdf"
    ok("case", "document", case, note[:8], "--out", out)
    assert (out.read_bytes(), out.stat().st_mode & 0o777) == (b"letter", 0o600)
    assert run("case", "document", case, note[:8], "--out", out).exit_code == 5
    log_in("carla")
    assert run("case", "document", case, note, "--out", tmp_path / "other").exit_code == 4


def test_a_field_is_name_and_value(run, case):
    result = run("case", "facts", case, "contact", "--set", "step")
    assert result.exit_code == 2
    assert "is not NAME=VALUE" in result.stderr


def test_a_notice_moves_the_case_and_names_the_instant(ok, value, approved, paper):
    words = notice(paper, "--declaration", paper, "--ends-on", "2199-06-03")
    assert "The notice is recorded" in ok("case", "notice", approved, *words)
    said = ok("case", "step", approved, "notice_sent")
    assert "Monitoring ends at 2199-06-03 18:00:00 UTC at the earliest." in said
    told = value("case", "show", approved)
    assert told["effective_at"] == "2199-06-03T18:00:00.000000Z"
    assert told["orders"][0]["kind"] == "primary"
    assert told["approvals"][0]["decided_by"] == "mona"
    shown = ok("case", "show", approved)
    assert "look whether service can end" in shown
    assert ", declared" in shown
    assert "G7     FAILED" in shown
    assert "primary  ordered  0 %" in shown
    assert "approved by mona" in shown
    assert "The time in the notice runs until 2199-06-03" in shown


def test_a_declaration_may_come_later(ok, run, value, approved, paper):
    made = value("case", "notice", approved, *notice(paper))["id"]
    assert run("case", "step", approved, "notice_sent").exit_code == 3
    ok("case", "declaration", approved, made[:8], "--file", paper)
    ok("case", "step", approved, "notice_sent")


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
