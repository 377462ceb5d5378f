"""Rows of renewals; `test_service` shows what they are for."""

from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from stationd.renewals import store
from stationd.renewals.model import Renewal, Stamp

NOW = datetime(2026, 11, 27, tzinfo=UTC)


def test_a_renewal_reads_back_as_it_was_noted_and_is_never_changed(database) -> None:
    one = Renewal(n=1, content=b"x", sha256="a" * 64, sha512="b" * 128, objects=0, made_at=NOW)
    stamp = Stamp(place=0, authority="tsa", reply=b"r", stamped_at=NOW)
    with database.writing() as connection:
        assert store.read_newest(connection) is None
        store.record_renewal(connection, one)
        store.record_stamps(connection, 1, [stamp])
        store.record_stamps(connection, 1, [stamp])

    with database.reading() as connection:
        (read,) = store.read_renewals(connection)
        assert store.read_newest(connection) == read
    assert read.stamps == (stamp,)
    assert not read.stored
    with pytest.raises(sa.exc.IntegrityError), database.writing() as connection:
        connection.exec_driver_sql("UPDATE renewals SET objects = 1")
