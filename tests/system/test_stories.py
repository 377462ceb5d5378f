"""Five terminations from beginning to end, each over weeks of a moved clock."""

import pytest

from tests.system.story import Story

pytestmark = pytest.mark.system


_ACCOUNT = {
    "account": "1234",
    "customer": "Acme",
    "address": "12 Main St",
    "zone": "America/Denver",
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
}


def accounts(story, *changes):
    """Import one account for each dictionary of what is special of it."""
    rows = [_ACCOUNT | change for change in changes]
    lines = [",".join(_ACCOUNT), *(",".join(row.values()) for row in rows)]
    story.say("account", "import", story.paper("accounts.csv", "\n".join(lines)), by="morgan")


@pytest.fixture
def story(tmp_path, migrated_file, s3_server, monkeypatch):
    made = Story(tmp_path, migrated_file, s3_server, monkeypatch)
    yield made
    made.close()


def test_a_customer_who_asks_for_it_is_let_go_and_keeps_an_alarm_history(story):
    accounts(story, {})
    form = ("--file", story.paper("form.txt"), "--sign-off", story.paper("counsel.txt"))
    story.say("form", "sign", "confirmation", "F-1", *form, by="morgan")
    story.signal(b"5011 181234E13001001\x14")
    asked = story.paper("request.txt", "Please end it.")
    opened = story.say(
        *("case", "open", "1234", "--reason", "customer_request"),
        *("--kind", "customer_writing", "--document", asked),
        by="robin",
    )
    case = opened["id"]
    story.fact(case, "ending_statement", "--text", "the customer ended it", by="robin")
    story.say("case", "step", case, "start", by="robin")
    story.say("case", "step", case, "facts_ok", by="robin")
    letter = story.paper("letter.txt")
    drafted = {"channel": "post", "address": "12 Main St", "form": "F-1"}
    story.fact(case, "notice_draft", "--file", letter, by="robin", **drafted)
    ask = story.confirmed("case", "ask", case, "notice_sent", by="robin")
    story.confirmed("case", "approve", ask["id"], by="morgan")
    story.say(
        *("case", "notice", case, "--file", letter, "--channel", "post"),
        *("--address", "12 Main St", "--declaration", story.paper("declaration.txt")),
        by="robin",
    )
    story.say("case", "step", case, "notice_sent", by="robin")
    story.archive()
    story.pass_days(40)
    story.is_in(case, "ended")
    story.signal(b"5011 181234E13001001\x14")
    story.until_state(case, "sealed")
    story.fact(case, "vendor", by="robin", vendor="all", outcome="none")
    story.fact(case, "local_operation", "--text", "it goes on working locally", by="robin")
    story.say("case", "step", case, "close", by="morgan")
    story.is_in(case, "closed")
    bundle = story.closing(case)
    story.examined(bundle)
    text = story.report(bundle)
    assert "T14: from noticed to ended" in text
