import pytest

from stationd.errors import SettingsError
from stationd.paging import ALARMS, CLEAR_TO_CLOSE
from stationd.settings import Settings, parse

HEAD = """
[station]
station = "s"
node = "n"
[ledger]
origin = "log.example.com/s"
"""
WEBHOOK = '[[hooks]]\nkind = "webhook"\nname = "w"\nsecret = "s"\n'
SMTP = '[[hooks]]\nkind = "smtp"\nname = "m"\nsender = "a@b"\nto = ["c@d"]\n'
COMMAND = '[[hooks]]\nkind = "command"\nname = "c"\n'


def read(text: str) -> Settings:
    return parse(HEAD + text, "stationd.toml")


def test_a_hook_is_told_every_alarm_unless_it_names_kinds() -> None:
    (plain,) = read('[[hooks]]\nkind = "folder"\nname = "f"\npath = "/x"\n').hooks
    assert all(plain.takes(kind) for kind in ALARMS)
    assert not plain.takes(CLEAR_TO_CLOSE)
    (named,) = read(
        f'[[hooks]]\nkind = "folder"\nname = "f"\npath = "/x"\nkinds = ["{CLEAR_TO_CLOSE}"]\n'
    ).hooks
    assert named.takes(CLEAR_TO_CLOSE)
    assert not any(named.takes(kind) for kind in ALARMS)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (COMMAND + 'argv = ["page"]', "whole path"),
        (COMMAND + "argv = []", "argv"),
        (COMMAND + 'argv = ["/p"]\nkinds = ["fire"]', "fire is not known; known are overdue_end"),
        (WEBHOOK + 'url = "http://pager.example.com/"', "must be https"),
        (WEBHOOK + 'url = "https://me:word@pager.example.com/"', "no password"),
        (SMTP + 'host = "mail.example.com"\nsecurity = "none"', "security none"),
        (SMTP + 'host = "h"\nuser = "me"', "go together"),
        ('[paging]\nrepeat = "5s"', "at least 1m"),
        (
            COMMAND + 'argv = ["/p"]\n' + COMMAND + 'argv = ["/q"]',
            "hooks.1.name: another hook is named c",
        ),
    ],
)
def test_what_would_page_nobody_or_tell_the_world_is_refused(text: str, problem: str) -> None:
    with pytest.raises(SettingsError, match=problem):
        read(text)


def test_this_machine_alone_may_be_told_in_clear() -> None:
    (hook,) = read(WEBHOOK + 'url = "http://127.0.0.1:8000/in"').hooks
    assert hook.name == "w"
