"""Polls of supervised accounts on a real daemon: no row each, and what a kill leaves open."""

import json
import socket
from pathlib import Path
from typing import Any

import fastcrc
import pytest
from cryptography.fernet import Fernet

from receivers.session import Account
from stationd.journal.model import Kind
from stationd.roster.file import write
from stationd.roster.model import Roster
from stationd.sealing import Sealer

pytestmark = pytest.mark.system

ACCOUNTS = 50
ROUNDS = 20


def framed(body: bytes) -> bytes:
    return b"\n%04X%04X%s\r" % (fastcrc.crc16.arc(body), len(body), body)


def poll(account: int) -> bytes:
    return framed(b'"NULL"0000L0#%04X[]' % account)


def supervise(station: Any) -> None:
    key = Fernet.generate_key()
    (station.folder / "roster.key").write_bytes(key)
    station.listeners = f'key = "{station.folder}/roster.key"\n'
    numbers = [f"{number:04X}" for number in range(ACCOUNTS)]
    accounts = {("main", number): Account(number, poll_interval=60) for number in numbers}
    write(station.folder / "roster.json", Roster(accounts), Sealer(key))


@pytest.fixture
def port(station: Any) -> int:
    supervise(station)
    taken: int = station.listen("tcp", "dc09", group="main")
    station.start()
    return taken


def polled(port: int) -> int:
    """Poll for all accounts, round after round; return how many were acknowledged."""
    acknowledged = 0
    with socket.create_connection(("127.0.0.1", port)) as panel:
        panel.settimeout(20)
        answers = panel.makefile("rb")
        for _ in range(ROUNDS):
            panel.sendall(b"".join(poll(account) for account in range(ACCOUNTS)))
            for account in range(ACCOUNTS):
                answer = answers.read(len(framed(b'"ACK"0000L0#0000[]')))
                assert b'"ACK"0000L0#%04X[]' % account in answer
                acknowledged += 1
    return acknowledged


def notes(station: Any) -> list[dict[str, Any]]:
    return [json.loads(entry.note) for entry in station.entries(Kind.POLLS)]


def test_a_thousand_polls_are_a_few_rows_and_every_one_is_counted(station: Any, port: int) -> None:
    count = polled(port)
    station.stop()
    spans = [note for note in notes(station) if "number" in note]
    sums = [note for note in notes(station) if "heard" in note]
    assert sum(span["count"] for span in spans) == count
    assert {span["cause"] for span in spans} == {"stopped"}
    assert sum(total["heard"] for total in sums) == count
    assert len(sums) < ROUNDS
    assert station.frames() == []


def test_a_kill_leaves_the_last_minute_open_and_nothing_else(station: Any, port: int) -> None:
    polled(port)
    alarm = framed(b'"SIA-DCS"0001L0#0001[#0001|NBA1]')
    with socket.create_connection(("127.0.0.1", port)) as panel:
        panel.settimeout(20)
        panel.sendall(alarm)
        assert b'"ACK"0001L0#0001[]' in panel.recv(4096)
    station.kill()
    # What was acknowledged on a receipt of its own is there; the polls since the last sum are open.
    assert station.frames() == [alarm]
    assert not [note for note in notes(station) if "number" in note]
    station.start()
    again = polled(port)
    station.stop()
    spans = [note for note in notes(station) if "number" in note]
    assert sum(span["count"] for span in spans) == again
    started = [entry.position for entry in station.entries(Kind.STARTED)]
    stopped = [entry.position for entry in station.entries(Kind.STOPPED)]
    assert len(started) == 2
    assert len(stopped) == 1


def test_polls_are_not_answered_while_the_journal_is_away(station: Any, port: int) -> None:
    polled(port)
    folder: Path = station.journal
    away = folder.with_name("away.sqlite3")
    folder.rename(away)
    try:
        with socket.create_connection(("127.0.0.1", port)) as panel:
            panel.settimeout(20)
            # The frame's commit fails, and with it ends the standing receipt.
            panel.sendall(framed(b'"SIA-DCS"0001L0#0001[#0001|NBA1]'))
            assert panel.recv(4096) == b""
        with socket.create_connection(("127.0.0.1", port)) as panel:
            panel.settimeout(20)
            panel.sendall(poll(1))
            assert panel.recv(4096) == b""
    finally:
        away.rename(folder)
    assert polled(port) == ACCOUNTS * ROUNDS
