from datetime import UTC, datetime

import pytest

from stationd.db import schema
from stationd.db.kept import Kept, read_kept, record_kept

AT = datetime(2026, 11, 27, 6, 0, tzinfo=UTC)


def one(key: str, n: int = 1, *, locked: bool = True) -> Kept:
    return Kept(
        key=key,
        n=n,
        size=7,
        sha256="ab" * 32,
        version_id="v",
        mode="COMPLIANCE" if locked else None,
        retain_until=AT if locked else None,
        stored_at=AT,
    )


@pytest.mark.both_databases
@pytest.mark.parametrize("table", [schema.anchor_objects, schema.renewal_objects], ids=str)
def test_what_was_noted_is_read_by_key_and_noting_it_again_does_nothing(database, table) -> None:
    with database.writing() as connection:
        for kept in (one("b"), one("a", locked=False), one("c", 2), one("b")):
            record_kept(connection, table, kept)
        assert read_kept(connection, table, 1) == [one("a", locked=False), one("b")]
        assert read_kept(connection, table, 3) == []
