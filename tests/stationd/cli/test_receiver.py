"""`stationctl receiver check`: read-only, and says what would fit."""

import json

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from stationd.cli import receiver
from stationd.cli.main import cli
from stationd.ids import SystemIds
from stationd.journal.model import Draft, Entry, Kind, encode_body
from stationd.journal.store import Journal

LISTENER = """
[[listeners]]
kind = "serial"
name = "line"
receiver = "surgard"
device = "/dev/null"
options = { header = "RRLLL" }
"""
BEAT = b"1011           @    \x14"


def body(raw, kind, ticks):
    return encode_body(
        Draft(
            received_at=ticks, ticks=ticks, listener="line", peer="", kind=kind, raw=raw,
            note=b"", salt=bytes(16),
        )
    )  # fmt: skip


@pytest.fixture
def line(config, tmp_path, monkeypatch):
    """A station with a line; `put` is what its journal gets while we listen."""
    config.write_text(config.read_text(encoding="utf-8") + LISTENER, encoding="utf-8")
    journal = Journal.open(tmp_path / "journal.sqlite3", SystemIds())
    journal.append([body(b"old", Kind.FRAME, 1)])
    put = []
    monkeypatch.setattr(receiver.time, "sleep", lambda _: journal.append(put))
    yield put
    journal.close()


def run(config, *words):
    return CliRunner().invoke(cli, ["--config", str(config), "receiver", "check", *words])


def test_what_would_fit_is_said_and_ends_with_one(line, config):
    line += [body(BEAT, Kind.HEARTBEAT, 1), body(b"5011 18", Kind.GARBLED, 2)]
    done = run(config, "line", "--seconds", "5")
    assert done.exit_code == 1, done.output
    assert "1 heartbeat, 1 garbled in 5 s" in done.output
    assert 'options = { header = "RRL" }' in done.output


def test_json_holds_the_same(line, config):
    line += [body(BEAT, Kind.HEARTBEAT, 1)]
    done = run(config, "line", "--json")
    value = json.loads(done.stdout)
    assert value["looks_like"] == "surgard"
    assert [one["name"] for one in value["findings"]] == ["header"]
    assert value["counts"]["frame"] == 0


def test_settings_that_fit_end_with_zero(line, config):
    config.write_text(config.read_text(encoding="utf-8").replace("RRLLL", "RRL"), "utf-8")
    line += [body(BEAT, Kind.HEARTBEAT, 1)]
    done = run(config, "line", "--seconds", "1")
    assert done.exit_code == 0, done.output
    assert "The settings fit what came." in done.output


def test_an_unknown_listener_is_a_mistake(line, config):
    done = run(config, "other")
    assert done.exit_code == 2
    assert "there are: line" in done.output


def test_without_a_journal_it_says_so(config):
    config.write_text(config.read_text(encoding="utf-8") + LISTENER, encoding="utf-8")
    assert run(config, "line").exit_code == 5


class Pages:
    """A journal whose first entries were dropped."""

    def __init__(self, first, last):
        self.positions = range(first, last + 1)

    def read(self, after, count):
        found = [n for n in self.positions if n > after][:count]
        return [
            Entry(
                position=n, link=b"", received_at=0, ticks=0, listener="", peer="",
                kind=Kind.FRAME, raw=b"", note=b"", salt=b"",
            )
            for n in found
        ]  # fmt: skip


@given(st.integers(1, 300), st.integers(0, 300))
def test_the_last_position_is_found(first, count):
    last = first + count - 1
    assert receiver.last_position(Pages(first, last)) == (last if count else 0)
