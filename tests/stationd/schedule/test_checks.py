from datetime import UTC, datetime, timedelta

import pytest

from stationd.db.engine import Database
from stationd.schedule.checks import ARCHIVE, Check, read_check, read_checks, record_check

pytestmark = pytest.mark.both_databases

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
GOOD = Check(name=ARCHIVE, outcome="passed", detail="s3 bucket worm", at=NOW)


def test_a_check_that_was_never_made_is_not_known(database: Database) -> None:
    with database.reading() as connection:
        assert read_check(connection, ARCHIVE) is None


def test_the_last_outcome_takes_the_place_of_the_one_before(database: Database) -> None:
    bad = Check(name=ARCHIVE, outcome="failed", detail="no lock", at=NOW + timedelta(hours=1))
    other = Check(name="journal n1", outcome="failed", detail="broken", at=NOW)
    with database.writing() as connection:
        for one in (GOOD, other, bad):
            record_check(connection, one)
        assert read_check(connection, ARCHIVE) == bad
        assert read_checks(connection) == [bad, other]
