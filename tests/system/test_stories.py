"""Five terminations from beginning to end, each over weeks of a moved clock.

Letters are made from the forms that are shipped and leave by the print queue.
"""

import os
from datetime import timedelta
from pathlib import Path

import pytest

from tests.system.story import Story

pytestmark = pytest.mark.system

_FORMS = Path(__file__).parents[2] / "config/letters"
_MORE = """
[letters.sender]
name = "South Monitoring"
license = "CO 4711"
address = "400 Station Road, Denver, CO 80202"
phone = "+1 303 555 0100"
signer = "Morgan Manager"
title = "Operations Manager"
[letters.print]
folder = "{folder}/print"
[billing]
mapping = "{folder}/billing.toml"
[worker]
zone = "America/Denver"
reports = "{folder}/reports"
[[hooks]]
kind = "folder"
name = "automation"
kinds = ["clear_to_close"]
path = "{folder}/cleared"
"""
_MAPPING = """
source = "books"
[columns]
number = "number"
kind = "kind"
account = "account"
on = "on"
due_on = "due_on"
amount = "amount"
through = "period_through"
[kinds]
invoice = "invoice"
payment = "payment"
[defaults]
currency = "USD"
"""
_ACCOUNT = {
    "account": "1234",
    "customer": "Acme",
    "address": "12 Main St",
    "zone": "America/Denver",
    "jurisdiction": "US-CO",
    "contract": "C-1234",
    "notice days": "30",
    "group": "main",
    "number": "1234",
    "systems": "burglary",
    "started": "2020-01-01",
    "form": "M-4",
    "form signed off": "2019-04-01",
    "notice methods": "post",
    "payment terms": "monthly",
    "default clause": "9.1: unpaid for 60 days",
    "termination clause": "12.1: by notice in writing",
    "paid through": "2020-12-31",
    "equipment": "customer",
    "dealer": "",
    "party": "station",
}
_WAYS = ("--channel", "post")
# More of them by hand: one takes some seconds.
_ACCOUNTS_OF_THE_DEALER = int(os.environ.get("STORY_ACCOUNTS", "2"))


@pytest.fixture
def story(tmp_path, migrated_file, s3_server, monkeypatch):
    (tmp_path / "billing.toml").write_text(_MAPPING)
    (tmp_path / "cleared").mkdir()
    made = Story(tmp_path, migrated_file, s3_server, monkeypatch, _MORE)
    for kind in ("termination", "confirmation", "second_notice", "ahj_termination", "declaration"):
        sign = ("--file", _FORMS / f"{kind}.txt")
        made.say("form", "sign", kind, "S-1", *sign, by="avery")
    yield made
    made.close()


def accounts(story, *changes):
    """Import one account for each dictionary of what is special of it."""
    rows = [_ACCOUNT | change for change in changes]
    lines = [",".join(f'"{cell}"' for cell in row.values()) for row in rows]
    paper = story.paper("accounts.csv", "\n".join([",".join(_ACCOUNT), *lines]))
    story.say("account", "import", paper, by="morgan")


def alarm(story, number="1234"):
    story.signal(f"5011 18{number}E13001001\x14".encode())


def opened(story, reason, kind, document, *, acct="1234"):
    words = ("case", "open", acct, "--reason", reason, "--kind", kind, "--document", document)
    return story.say(*words, by="robin")["id"]


def posted(story, case, *, by="robin"):
    """Post what lies in the print queue for a case, and declare each."""

    def lying():
        told = story.say("letter", "list", case, by=by)["sendings"]
        return [one["id"] for one in told if one["state"] == "ready"]

    story.work(lying)
    for sending in lying():
        story.confirmed("letter", "declare", sending, by=by)


def noticed(story, case, kind="confirmation", *more, also=()):
    """Draft the notice and the letters of kinds ``also``, have it approved, send it."""
    (letter,) = story.say("letter", "draft", case, kind, *_WAYS, *more, by="robin")
    for other in also:
        story.say("letter", "draft", case, other, *_WAYS, by="robin")
    ask = story.confirmed("case", "ask", case, "notice_sent", by="robin")
    story.confirmed("case", "approve", ask["id"], by="morgan")
    story.say("letter", "send", letter["id"], by="robin")
    posted(story, case)
    return story.say("case", "step", case, "notice_sent", by="robin")


def closed(story, case):
    """Wait for the closing bundle, close the case, and return the words of its report."""
    assert story.state(case) in ("ended", "sealed"), story.told()
    if not story.fact_kinds(case)["second_notice"]:
        posted(story, case)
    assert story.fact_kinds(case)["second_notice"] == 1
    story.fact(case, "vendor", by="robin", vendor="all", outcome="none")
    story.fact(case, "local_operation", "--text", "it goes on working locally", by="robin")
    if story.state(case) == "ended":
        story.pass_days(1.2)
    story.until_state(case, "sealed")
    story.until_read_back(case)
    story.say("case", "step", case, "close", by="morgan")
    story.is_in(case, "closed")
    bundle = story.closing(case)
    story.examined(bundle)
    text = story.report(bundle)
    assert "Second notice" in text
    return text


def test_a_customer_who_asks_for_it_is_let_go_and_keeps_an_alarm_history(story):
    accounts(story, {})
    alarm(story)
    asked = story.paper("request.txt", "Please end it.")
    case = opened(story, "customer_request", "customer_writing", asked)
    story.fact(case, "ending_statement", "--text", "the customer ended it", by="robin")
    story.say("case", "step", case, "start", by="robin")
    story.say("case", "step", case, "facts_ok", by="robin")
    noticed(story, case)
    story.archive()
    story.to_the_end(case)
    alarm(story)
    text = closed(story, case)
    assert "Customer writing" in text
    assert "T14: from noticed to ended" in text
    assert "post_end" in text or "after monitoring had ended" in text
    cleared = story.folder / "cleared"
    story.work(lambda: len(list(cleared.glob(f"clear-to-close-{case}.json*"))) == 2)


def owing(story):
    """Import three invoices that are not paid."""
    lines = ["number,kind,account,on,due_on,amount,through"]
    lines += [f"I{n},invoice,1234,2026-0{n}-01,2026-0{n}-15,45.00,2026-0{n}-28" for n in (5, 6, 7)]
    story.say("billing", "import", story.paper("books.csv", "\n".join(lines)), by="robin")


def in_default(story):
    """Open a case of who does not pay, and review the default."""
    case = opened(story, "nonpayment", "billing_statement", story.paper("statement.txt"))
    story.say("case", "step", case, "start", by="robin")
    review = {"default_on": "2026-06-15", "amount": "135.00", "clause": "9.1"}
    story.fact(case, "breach_review", by="morgan", contract="C-1234", **review)
    story.say("case", "step", case, "facts_ok", by="robin")
    return case


def failed(refusal):
    return [row["id"] for row in refusal["results"] if row["status"] == "failed"]


def test_who_does_not_pay_and_disputes_it_is_heard_before_the_end(story):
    accounts(story, {"paid through": "2026-04-30"})
    owing(story)
    (row,) = story.say("standing", "--over", "60", by="robin")["rows"]
    assert (row["acct"], row["balance"]) == ("1234", 135_00)
    case = in_default(story)
    call = ("case", "call", case, "--outcome", "reached", "--person", "Ann")
    story.say(*call, "--problem", "the keypad was dead in May", by="robin")
    story.is_in(case, "dispute_hold")
    story.pass_days(3)
    assert story.fact_kinds(case)["functioning_report"] == 1
    decision = ("--text", "tests came every day; nothing was dead")
    story.fact(case, "dispute_decision", *decision, by="morgan")
    story.say("case", "step", case, "resolved", by="morgan")
    climbed(story, case)
    story.say("case", "step", case, "ladder_done", by="robin")
    noticed(story, case, "termination")
    story.archive()
    paid = "number,kind,account,on,due_on,amount,through\nP1,payment,1234,2026-12-01,,20.00,"
    story.say("billing", "import", story.paper("paid.csv", paid), by="robin")
    story.pass_days(45)
    story.is_in(case, "noticed")
    refusal = story.say("case", "step", case, "time_over", by="morgan", code=3)
    assert "G8" in failed(refusal)
    (payment,) = [
        one for one in story.say("case", "facts", case, by="morgan") if one["kind"] == "payment"
    ]
    why = ("--text", "twenty is no cure", "--file", story.paper("counsel.txt"))
    story.say("case", "decide", case, payment["id"], "partial_not_cure", *why, by="morgan")
    story.until_state(case, "ended")
    text = closed(story, case)
    for words in ("Dispute decision", "G8", "Payment", "T7: from dispute hold to contacting"):
        assert words in text


def climbed(story, case):
    """Go through the ladder: a contact for each of its steps, the reason before the letters."""
    story.fact(case, "nonpayment_reason", by="robin", why="says it is a mistake")
    for step in ("call", "call-back", "email", "letter", "next-person"):
        story.fact(case, "contact", by="robin", step=step, outcome="no answer")


def test_the_attorney_who_wants_monitoring_kept_is_asked_first(story):
    accounts(story, {"paid through": "2026-04-30"})
    owing(story)
    case = in_default(story)
    story.fact(case, "referral", by="robin", to="Avery", matter="M-9")
    story.say("case", "step", case, "referred", by="robin")
    story.pass_days(35)
    story.is_in(case, "collection_hold")
    refusal = story.say("case", "step", case, "returned", by="robin", code=3)
    assert "G5" in failed(refusal)
    today = story.clock.now().date()
    dates = {"valid_from": f"{today}", "valid_until": f"{today + timedelta(days=90)}"}
    story.fact(case, "proceedings", by="robin", on=f"{today + timedelta(days=20)}")
    story.fact(case, "clearance", by="avery", contract="C-1234", **dates)
    story.say("case", "step", case, "returned", by="robin")
    noticed(story, case, "termination")
    story.archive()
    story.to_the_end(case)
    text = closed(story, case)
    assert "Clearance: recorded; what it says is privileged" in text
    assert "T9: from collection hold to ready for notice" in text
    assert "M-9" not in text


def test_no_fire_account_ends_before_the_authority_was_told(story):
    accounts(story, {"systems": "fire"})
    marshal = ("--name", "Fire Marshal", "--address", "15151 E Alameda, Aurora")
    story.say("account", "told", "1234", "authority", *marshal, by="morgan")
    asked = story.paper("request.txt", "Please end it.")
    case = opened(story, "customer_request", "customer_writing", asked)
    story.fact(case, "ending_statement", "--text", "the customer ended it", by="robin")
    story.say("case", "step", case, "start", by="robin")
    story.say("case", "step", case, "facts_ok", by="robin")
    noticed(story, case, also=["ahj_termination"])
    story.archive()
    story.pass_days(40)
    story.is_in(case, "noticed")
    refusal = story.say("case", "step", case, "time_over", by="morgan", code=3)
    assert failed(refusal) == ["G9"]
    posted(story, case)
    story.until_state(case, "ended")
    text = closed(story, case)
    assert "Authority letter" in text
    assert "G9 passed" in text


def test_a_dealer_who_leaves_takes_each_account_by_a_case_of_its_own(story):
    numbers = [f"{2001 + place}" for place in range(_ACCOUNTS_OF_THE_DEALER)]
    accounts(
        story,
        *(
            {
                "account": number,
                "number": number,
                "contract": f"C-{number}",
                "customer": f"Customer of {number}",
                "dealer": "Dealer & Sons",
                "party": "dealer",
            }
            for number in numbers
        ),
    )
    many = story.paper("accounts.txt", "\n".join(numbers))
    instruction = ("--kind", "dealer_instruction", "--document", story.paper("instruction.txt"))
    words = ("case", "open-many", many, "--reason", "dealer_transfer", *instruction)
    cases = [one["case"] for one in story.say(*words, by="robin")]
    dealer = ("--to", "Dealer & Sons", "--address", "9 High St, Denver")
    for case in cases:
        story.fact(case, "receiving_station", by="robin", name="North Monitoring")
        story.say("case", "step", case, "start", by="robin")
        story.say("case", "step", case, "facts_ok", by="robin")
        noticed(story, case, "confirmation", *dealer)
    story.archive()
    story.to_the_end(cases[-1])
    for case in cases:
        posted(story, case)
    for number, case in zip(numbers, cases, strict=True):
        text = closed(story, case)
        assert f"Account {number}" in text
        assert f"Customer of {number}" in text
        assert not [one for one in numbers if one != number and f"Customer of {one}" in text]
