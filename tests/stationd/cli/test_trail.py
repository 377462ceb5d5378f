"""Who read what."""

import json
import os
import pwd
import socket

import pytest

from stationd.cli.trail import Trail, caller, login_user
from stationd.clock import SystemClock

ME = pwd.getpwuid(os.getuid()).pw_name


@pytest.mark.parametrize(
    ("environment", "name"),
    [({}, ME), ({"SUDO_USER": "ben"}, f"{ME} for ben"), ({"SUDO_USER": ME}, ME)],
)
def test_who_called_sudo_is_named(environment, name):
    assert login_user(environment) == name


def test_a_user_without_a_name_has_a_number(monkeypatch):
    monkeypatch.setattr(os, "getuid", lambda: 4_000_000)
    assert login_user({}) == "4000000"


def test_a_line_goes_to_the_system_log(tmp_path):
    path = tmp_path / "log"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as log:
        log.bind(str(path))
        Trail({}, SystemClock(), system_log=path).reading("history", acct="1001", case=None)
        text = log.recv(4096).decode().rstrip("\0")
    assert json.loads(text.partition("stationctl: ")[2]) == {
        "event": "read",
        "what": "history",
        "user": ME,
        "acct": "1001",
    }


@pytest.mark.parametrize("there", [True, False], ids=["nobody listens", "no log"])
def test_without_a_system_log_the_user_remembers(tmp_path, there):
    path = tmp_path / "log"
    if there:
        path.touch()
    Trail({"XDG_STATE_HOME": str(tmp_path)}, SystemClock(), system_log=path).reading("status")
    text = (tmp_path / "stationd" / "reads.log").read_text()
    assert '"what": "status"' in text


def test_where_somebody_calls_from_is_the_address_of_the_ssh_login_or_here():
    assert caller({"SSH_CLIENT": "192.0.2.9 50122 22"}) == "192.0.2.9"
    assert caller({}) == "local"
