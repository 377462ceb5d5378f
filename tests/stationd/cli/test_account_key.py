"""`stationctl account key`."""

import pytest

from stationd.cli.account_key import _WORDS
from stationd.clock import iso
from stationd.keys.model import KeyUse, What
from stationd.keys.store import record_uses

KEY, OTHER = "00" * 16, "11" * 32
ADD = ("account", "key", "add", "main", "01A4", "--notation", "hex", "--stdin")


def test_a_key_comes_by_standard_input_and_is_shown_by_what_it_is_told_by(opened, ok, value):
    text = ok(*ADD, text=KEY)
    assert "66E94B" in text
    assert KEY not in text
    shown = value("account", "key", "show", "main", "01A4")
    assert (shown["state"], shown["of_group"]) == ("one", False)
    (key,) = shown["keys"]
    assert (key["key"], key["bits"], key["counts"], key["until"]) == ("66E94B", 128, True, None)
    assert "with key" in ok("account", "show", "1001")


def test_a_key_is_typed_unseen_or_lies_in_a_file(opened, run, ok, tmp_path):
    typed = run(*ADD[:-1], text=f"{KEY}\n")
    assert typed.exit_code == 0
    assert KEY not in typed.output
    (tmp_path / "panel.key").write_text("0123456789ABCDEF0123456789ABCDEF\r\n")
    words = (*ADD[:5], "--notation", "text", "--file", tmp_path / "panel.key")
    added = run(*words)
    assert "256" in added.stdout
    assert "hexadecimal digits" in added.stderr
    assert "0123456789ABCDEF" not in added.output


@pytest.mark.parametrize(
    ("words", "text", "says"),
    [
        (ADD, "secret-zz", "something else than hexadecimal"),
        (ADD, "0011", "32 digits are 128 bits"),
        ((*ADD[:6], "text", "--stdin"), "short-secret", "16 characters are 128 bits"),
        ((*ADD[:5], "--stdin"), KEY, "--notation"),
        ((*ADD, "--file", "/nowhere"), KEY, "one is enough"),
        ((*ADD[:7], "--file", "/nowhere"), None, "No such file"),
        ((*ADD, "--encrypted-only"), KEY, "leave NUMBER out"),
        (("account", "key", "end", "main", "01A4", "--key", "ABCDEF"), None, "no key ABCDEF"),
        (("account", "key", "show", "main", "none"), None, "no transmitter none"),
    ],
)
def test_what_is_wrong_is_said_and_no_key_is_repeated(opened, run, words, text, says):
    wrong = run(*words, text=text)
    assert wrong.exit_code == 2
    assert says in wrong.output
    if text:
        assert text not in wrong.output


def test_a_file_that_holds_no_text_is_named(opened, run, tmp_path):
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    wrong = run(*ADD[:7], "--file", tmp_path / "binary")
    assert "holds no text" in wrong.output


def test_a_key_is_changed_with_an_overlap_and_its_state_is_seen(opened, ok, value):
    ok(*ADD, text=KEY)
    pending = value(*ADD, "--from", "2099-01-01", "--old-until", "2099-02-01", text=OTHER)
    assert pending["state"] == "pending"
    assert [key["until"] for key in pending["keys"]] == ["2099-02-01T00:00:00.000000Z", None]
    text = ok("account", "key", "show", "main", "01A4")
    for part in ("begins 2099-01-01", "2099-02-01", "no end", "ever", "not yet"):
        assert part in text


def test_a_key_is_ended_and_the_last_one_with_a_warning(opened, run, ok, value):
    ok(*ADD, text=KEY)
    ok(*ADD, text=OTHER)
    first = run("account", "key", "end", "main", "01A4", "--key", "66e94b")
    assert (first.exit_code, "plain_allowed" in first.stderr) == (0, False)
    last = value("account", "key", "show", "main", "01A4")["keys"][-1]["key"]
    second = run("account", "key", "end", "main", "01A4", "--key", last, "--at", "2099-01-01")
    assert (second.exit_code, "plain_allowed" in second.stderr) == (0, True)


def test_a_group_has_a_key_for_those_without_their_own(opened, ok, value):
    ok(
        "account",
        "key",
        "add",
        "main",
        "--notation",
        "hex",
        "--stdin",
        "--encrypted-only",
        text=KEY,
    )
    shown = value("account", "key", "show", "main", "01A4")
    assert (shown["of_group"], shown["keys"][0]["key"]) == (True, "66E94B")
    assert "the group's" in ok("account", "key", "show", "main", "01A4")
    assert "group main: " in ok("account", "key", "show", "main")


def test_nobody_without_a_login_adds_a_key(opened, run, ok):
    ok("logout")
    assert run(*ADD, text=KEY).exit_code == 4
    assert run("account", "key", "show", "main", "01A4").exit_code == 0


def test_panels_that_use_the_wrong_key_are_listed(opened, desk, run, ok, value):
    assert "Every panel" in ok("account", "key", "faults")
    at = iso(desk.clock.now())
    used = [
        KeyUse(group="main", number=n, what=what, key="", count=3, first_at=at, last_at=at)
        for n, what in (("01A4", What.OLD_KEY), ("01A5", What.CLEAR))
    ]
    with desk.database.writing() as connection:
        record_uses(connection, used)
    text = ok("account", "key", "faults")
    assert "under an old key" in text
    assert "in clear, and taken" in text
    assert {one["what"] for one in value("account", "key", "faults")} == {"old_key", "clear"}
    few = run("account", "key", "faults", "--limit", "1")
    assert "more than 1" in few.stderr


def test_every_fault_has_words():
    assert _WORDS.keys() == {one.value for one in What} - {"opened", "changed"}
