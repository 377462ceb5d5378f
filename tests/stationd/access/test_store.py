"""The SQL of custody."""

import sqlalchemy as sa

from stationd.access import store
from stationd.access.service import note_reading
from stationd.db import schema


def test_acts_are_in_the_order_of_their_records(station, olga):
    for what in ("account", "history", "case"):
        note_reading(station, "1001", what, reader=olga)
    with station.database.reading() as connection:
        acts = store.read_acts(connection, "1001")
        assert not store.has_case(connection, "1001")
    assert [one.on for one in acts] == ["account", "history", "case"]
    assert [one.seq for one in acts] == sorted(one.seq for one in acts)


def test_what_was_purged_of_the_chain_is_left_out(station, olga):
    note_reading(station, "1001", "account", reader=olga)
    with station.database.writing() as connection:
        connection.exec_driver_sql("DROP TRIGGER records_no_update")
        connection.execute(sa.update(schema.records).values(body=None))
        assert store.read_acts(connection, "1001") == []
