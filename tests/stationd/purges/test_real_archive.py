"""A purge against a real S3 server: versions go by id, once their locks are over."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import sleep

import pytest
import sqlalchemy as sa

from stationd.bundles import service as bundles
from stationd.clock import iso
from stationd.db import schema
from stationd.purges import service
from stationd.purges.work import work

pytestmark = pytest.mark.system


@pytest.fixture
def stored(station, s3_store):
    """The station's bundles in the bucket, under locks that end in some seconds."""
    until = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=12)
    objects, orders = schema.objects, schema.orders
    for one in station.rows(sa.select(objects)):
        version = s3_store.put(
            one.key, Path(one.path), sha256=one.sha256, retain_until=until, legal_hold=False
        )
        with station.desk.database.writing() as connection:
            row = sa.update(objects).where(objects.c.key == one.key)
            connection.execute(row.values(version_id=version, retain_until=iso(until)))
            connection.execute(sa.update(orders).values(retain_until=iso(until)))
    return until


def test_versions_go_by_id_with_the_markers_in_front_of_them(station, s3_store, stored, approved):
    while datetime.now(UTC) <= stored + timedelta(seconds=1):
        sleep(0.05)
    purge = approved(12)
    listed = json.loads(purge.listed)["items"][-1]["bundles"]
    first, held = listed[0]["objects"][0], listed[-1]["objects"][-1]
    s3_store._client.delete_object(Bucket=s3_store._bucket, Key=first["key"])
    s3_store.set_legal_hold(held["key"], held["version_id"], on=True)

    work(replace(station.shop, store=s3_store))

    *others, last = service.items(station.desk, purge.id)
    assert [one.state.value for one in others] == ["done", "done"]
    assert last.state.value == "refused"
    assert "carries a legal hold; it stays" in last.why
    objects = len(station.rows(sa.select(schema.objects)))
    assert (last.counts["objects"], last.counts["delete_markers"]) == (objects - 1, 1)
    left = s3_store._client.list_object_versions(Bucket=s3_store._bucket)
    assert [one["Key"] for one in left["Versions"]] == [held["key"]]
    assert "DeleteMarkers" not in left
    there = [
        one.key
        for order in bundles.orders(station.desk, acct="1234")
        for one in bundles.objects(station.desk, order.id)
        if one.gone_at is None
    ]
    assert there == [held["key"]]

    # Once the hold is off, a second purge takes the rest.
    s3_store.set_legal_hold(held["key"], held["version_id"], on=False)
    second = approved(0)
    work(replace(station.shop, store=s3_store))
    assert [one.state.value for one in service.items(station.desk, second.id)] == ["done"]
    assert "Versions" not in s3_store._client.list_object_versions(Bucket=s3_store._bucket)
