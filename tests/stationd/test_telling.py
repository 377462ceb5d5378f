from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest

from archive.ceremony import Ceremony, make_keys
from stationd.cases import service as cases
from stationd.clearances.service import files
from stationd.clock import SetClock
from stationd.db.engine import Database
from stationd.hooks import service as hooks
from stationd.paging import CLEAR_TO_CLOSE, FolderHook
from stationd.schedule.checks import Check, read_check
from stationd.settings import Settings
from stationd.staff.model import Person, Role
from stationd.telling import CLEARING, tell
from tests.stationd.cases.conftest import Office, furnished

MARIA = Person(login="maria", name="Maria Manager", role=Role.MANAGER)


@pytest.fixture
def office(database: Database, clock: SetClock) -> Office:
    return Office(furnished(database, clock, MARIA), clock, MARIA)


@pytest.fixture
def keys(tmp_path: Path) -> Ceremony:
    """Keys that were made before the tests' clock."""
    made_at = datetime(2026, 1, 1, tzinfo=UTC)
    return make_keys(tmp_path / "keys", station="station-1", now=made_at, serials=count(1))


def settings(keys: Ceremony, folder: Path) -> Settings:
    told = FolderHook(kind="folder", name="drop", path=folder, kinds=(CLEAR_TO_CLOSE,))
    return Settings.model_validate(
        {
            "station": {"station": "station-1", "node": "n"},
            "ledger": {"origin": "log.example.com/s"},
            "keys": {
                "seal_key": str(keys.seal_key),
                "seal_certificate": str(keys.seal),
                "root": str(keys.root),
            },
        }
    ).model_copy(update={"hooks": (told,)})


def check(office: Office) -> Check | None:
    with office.desk.database.reading() as connection:
        return read_check(connection, CLEARING)


def test_a_closed_case_s_receipt_is_made_and_handed_over(
    office: Office, keys: Ceremony, tmp_path: Path
) -> None:
    drop = tmp_path / "drop"
    drop.mkdir()
    case = cases.step(office.desk, office.sealed().id, "close", office.manager)
    tell(settings(keys, drop), office.desk)
    tell(settings(keys, drop), office.desk)
    assert {one.name: one.read_bytes() for one in drop.iterdir()} == dict(
        files(office.desk, case.id)
    )
    assert hooks.pages(office.desk) == []


def test_a_key_that_is_not_there_is_a_check_and_the_receipt_comes_later(
    office: Office, keys: Ceremony, tmp_path: Path
) -> None:
    cases.step(office.desk, office.sealed().id, "close", office.manager)
    tell(settings(replace(keys, seal_key=tmp_path / "none"), tmp_path), office.desk)
    failed = check(office)
    assert failed is not None
    assert failed.outcome == "failed"
    assert "none" in failed.detail
    office.clock.advance(timedelta(minutes=1))
    tell(settings(keys, tmp_path), office.desk)
    passed = check(office)
    assert passed is not None
    assert passed.outcome == "passed"
