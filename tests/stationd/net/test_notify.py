"""Telling systemd how we are."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from stationd.net.notify import Notifier


@pytest.fixture
def systemd(tmp_path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(tmp_path / "notify"))
        listening.settimeout(5)
        yield listening


def test_each_word_is_what_systemd_knows(systemd: socket.socket) -> None:
    notifier = Notifier({"NOTIFY_SOCKET": systemd.getsockname()})
    notifier.ready()
    notifier.alive()
    notifier.status("receiving")
    notifier.more_time(60)
    notifier.stopping()
    assert [systemd.recv(100) for _ in range(5)] == [
        b"READY=1",
        b"WATCHDOG=1",
        b"STATUS=receiving",
        b"EXTEND_TIMEOUT_USEC=60000000",
        b"STOPPING=1",
    ]


def test_an_abstract_name_begins_with_an_at_sign() -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind("")
        listening.settimeout(5)
        name = listening.getsockname()
        Notifier({"NOTIFY_SOCKET": "@" + name[1:].decode()}).ready()
        assert listening.recv(100) == b"READY=1"


def test_children_inherit_nothing_of_it() -> None:
    environment = {"NOTIFY_SOCKET": "/none", "WATCHDOG_USEC": "9", "WATCHDOG_PID": "1", "A": "b"}
    Notifier(environment)
    assert environment == {"A": "b"}


@pytest.mark.parametrize("environment", [{}, {"NOTIFY_SOCKET": "/nobody/listens/here"}])
def test_nobody_who_listens_is_no_fault(environment: dict[str, str]) -> None:
    Notifier(environment).ready()
