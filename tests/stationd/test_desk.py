"""What services are given."""

import dataclasses
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from stationd import settings
from stationd.clock import SetClock
from stationd.desk import open_desk
from stationd.ids import CountedIds


@pytest.fixture
def desk(tmp_path):
    given = settings.parse(
        f"""
        [station]
        station = "s-1"
        node = "n-1"
        [ledger]
        origin = "log.example.com/s-1"
        [database]
        url = "sqlite:///{tmp_path}/station.sqlite3"
        [policies]
        late_buffer = "3s"
        """,
        "stationd.toml",
    )
    made = open_desk(given, clock=SetClock(datetime(2026, 3, 1, tzinfo=UTC)), ids=CountedIds())
    yield made
    made.database.close()


def test_a_desk_is_made_of_the_settings(desk):
    assert desk.station == "s-1"
    assert desk.policies.late_buffer.total_seconds() == 3
    with desk.database.reading() as connection:
        assert connection.execute(sa.text("SELECT 1")).scalar() == 1


def test_nothing_on_a_desk_is_exchanged(desk):
    with pytest.raises(dataclasses.FrozenInstanceError):
        desk.station = "other"
