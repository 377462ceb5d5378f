from datetime import timedelta
from pathlib import Path
from types import MappingProxyType

import pytest

from stationd import jobs
from stationd.clock import SetClock
from stationd.desk import Desk
from stationd.jobs import ROUNDS, Job, make_round
from stationd.schedule.checks import read_check
from stationd.schedule.rounds import Every, Round
from stationd.schedule.store import read_rounds
from stationd.settings import Settings, parse

SETTINGS = """
[station]
station = "station-1"
node = "node-1"
[ledger]
origin = "log.example.com/station-1"
"""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    worker = f'[worker]\nreports = "{tmp_path}/reports"\n'
    return parse(SETTINGS + worker, "stationd.toml")


def said(desk: Desk, name: str) -> str:
    with desk.database.reading() as connection:
        return {one.name: one.said for one in read_rounds(connection)}[name]


def test_rounds_have_the_names_of_their_rows() -> None:
    assert all(name == job.round.name for name, job in ROUNDS.items())


def test_a_round_of_another_release_is_left_alone(settings: Settings, desk: Desk) -> None:
    make_round(settings, desk, "no.such")
    with desk.database.reading() as connection:
        assert read_rounds(connection) == []


def test_a_fault_of_ours_is_told_like_any_other(
    settings: Settings, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_settings: Settings, _desk: Desk) -> str:
        raise KeyError("forgotten")

    job = Job(round=Round(name="broken", every=Every.DAY), title="Broken.", act=broken)
    monkeypatch.setattr(jobs, "ROUNDS", MappingProxyType({"broken": job}))
    make_round(settings, desk, "broken")
    with desk.database.reading() as connection:
        check = read_check(connection, "round broken")
    assert check is not None
    assert (check.outcome, check.detail) == ("failed", "KeyError: 'forgotten'")


@pytest.mark.both_databases
def test_every_round_goes_well_on_an_empty_station(
    settings: Settings, desk: Desk, clock: SetClock
) -> None:
    for name in ROUNDS:
        make_round(settings, desk, name)
        clock.advance(timedelta(seconds=1))
    with desk.database.reading() as connection:
        kept = {one.name: one for one in read_rounds(connection)}
    assert {name: one.tries for name, one in kept.items()} == dict.fromkeys(ROUNDS, 0)
