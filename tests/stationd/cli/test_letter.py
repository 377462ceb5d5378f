"""`stationctl letter`."""

from pathlib import Path

import pytest

from stationd import parts, settings
from stationd.desk import open_desk
from stationd.outbox.sending import Post, work
from tests.stationd.cli.conftest import PASSWORD

FORMS = Path(__file__).parents[3] / "config" / "letters"
LETTERS = """
[letters.sender]
name = "Maple"
license = "CO 1"
address = "1 Road"
phone = "555"
signer = "Maria"
[letters.print]
folder = "{folder}/queue"
"""
HOLD = (
    *("--set", "hold.scope=all", "--set", "hold.classes=all", "--set", "hold.since=2026-03-01"),
    *("--set", "hold.asked_by=Olga", "--to", "Adler", "--address", "5 Court St"),
)


@pytest.fixture
def case(opened, config, ok, value, tmp_path):
    with config.open("a") as file:
        file.write(LETTERS.format(folder=tmp_path))
    paper = tmp_path / "paper.pdf"
    paper.write_bytes(b"%PDF")
    for kind in ("hold_notice", "declaration"):
        form = FORMS / f"{kind}.txt"
        ok("form", "sign", kind, "L-1", "--file", form, "--sign-off", paper)
    words = ("--reason", "customer_request", "--document", paper)
    return value("case", "open", "1001", *words)["id"]


@pytest.fixture
def drafted(case, value):
    (one,) = value("letter", "draft", case, "hold_notice", "--channel", "post", *HOLD)
    return one


def post(config, desk):
    given = settings.load(config)
    own = open_desk(given, clock=desk.clock, ids=desk.ids)
    work(Post(desk=own, channel=lambda name: parts.channel(given, name), holder="n-1"))
    own.database.close()


def test_a_letter_is_drafted_read_sent_declared_and_tracked(  # noqa: PLR0917  (fixtures)
    case, drafted, ok, value, config, desk, tmp_path
):
    shown = ok("letter", "show", drafted["id"][:8], "--pdf", tmp_path / "letter.pdf")
    assert "HOLD ON RECORDS" in shown
    assert "Not sent." in shown
    assert (tmp_path / "letter.pdf").read_bytes().startswith(b"%PDF")
    assert "drafted" in ok("letter", "list", case)
    (one,) = value("letter", "send", drafted["id"])
    assert one["state"] == "waiting"
    post(config, desk)
    assert "ready" in ok("letter", "list")
    words = ("letter", "declare", one["id"], "--tracking", "9407", "--password-stdin")
    (done,) = value(*words, text=PASSWORD + "\n")
    assert (done["state"], done["tracking"]) == ("sent", "9407")
    (done,) = value("letter", "tracking", one["id"], "9408", "--file", tmp_path / "paper.pdf")
    assert done["tracking"] == "9408"
    assert value("letter", "show", drafted["id"])["sendings"][0]["declared_at"]
    assert "yes" in ok("letter", "list", case)
    assert ok("letter", "list") == "No letters.\n"


def test_what_waits_is_cancelled(drafted, ok, value):
    (one,) = value("letter", "send", drafted["id"])
    assert "cancelled" in ok("letter", "cancel", one["id"], "--reason", "wrong address on file")


def test_what_cannot_be_done_says_why(case, drafted, run, value, tmp_path):
    (one,) = value("letter", "send", drafted["id"])
    words = ("letter", "resolve", one["id"], "sent", "--reason", "its log has it")
    for asked, code, says in (
        (words, 2, "only what is uncertain"),
        (("letter", "bounce", tmp_path / "paper.pdf"), 2, "no report of delivery"),
        (("letter", "send", drafted["id"], "--channel", "email"), 2, "give the --address"),
        (("letter", "draft", case, "hold_notice", "--channel", "post"), 3, "--to, --address"),
        (
            (
                "letter",
                "draft",
                case,
                "hold_notice",
                "--channel",
                "post",
                "--channel",
                "hand",
                *HOLD,
            ),
            2,
            "of one channel",
        ),
        (("letter", "draft", case, "termination", "--channel", "post"), 3, "is drafted when it is"),
    ):
        result = run(*asked)
        assert result.exit_code == code, result.output
        assert says in " ".join(result.stderr.split())


def test_the_fields_of_a_kind_are_listed_with_who_supplies_them(opened, ok, value):
    assert "billing import" in ok("letter", "fields", "termination")
    (found,) = (
        one for one in value("letter", "fields", "termination") if one["field"] == "notice.ends_at"
    )
    assert found["must"] == "always"
