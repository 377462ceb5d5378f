"""Renewing: read, begun, stamped, stored; killed anywhere it goes on."""

import dataclasses
from datetime import timedelta
from pathlib import Path

import pytest

from archive.authorities.http import HttpAuthority
from archive.errors import AuthorityUnavailableError, ObjectDiffersError
from archive.renewal_check import file_faults, list_faults, read_renewal, stamp_faults
from archive.stores.directory import DirectoryStore
from stationd.bundles import service as bundles
from stationd.clock import SetClock
from stationd.db import schema
from stationd.db.kept import read_kept
from stationd.errors import UnavailableError
from stationd.renewals import store
from stationd.renewals.service import is_due, key_of, renew, renewals, work


@pytest.fixture
def folder_store(tmp_path) -> DirectoryStore:
    return DirectoryStore(tmp_path / "store")


def objects(desk, order):
    return bundles.objects(desk, order)


def test_everything_that_is_stored_is_listed_and_the_list_locked_in_a_real_bucket(
    bundle, renewing_of, s3_store, authority, desk, tmp_path
) -> None:
    order = bundle(s3_store)

    done = work(renewing_of(s3_store))

    one = read_renewal(done.content)
    found = objects(desk, order)
    assert {key for key, _ in one.rows} == {it.key for it in found}
    assert list(file_faults(one, [Path(it.path) for it in found])) == []
    at, faults = stamp_faults(one, {"1.tsr": done.stamps[0].reply}, authority.trust_pem)
    assert (bool(at), faults) == (True, [])
    with desk.database.reading() as connection:
        kept = read_kept(connection, schema.renewal_objects, 1)
    assert [it.key for it in kept] == [
        "renewals/station-1/000001.jsonl",
        "renewals/station-1/000001.tsr",
    ]
    assert {it.mode for it in kept} == {"COMPLIANCE"}
    assert min(it.retain_until for it in kept) - done.made_at >= timedelta(days=3650)
    s3_store.fetch(kept[0].key, kept[0].version_id, tmp_path / "list")
    assert (tmp_path / "list").read_bytes() == done.content


def test_there_is_nothing_to_renew_before_anything_is_stored_and_before_a_year_is_over(
    bundle, renewing_of, folder_store, desk
) -> None:
    renewing = renewing_of(folder_store)
    assert work(renewing) is None
    bundle(folder_store)
    first = work(renewing)

    assert work(renewing) is None
    later = dataclasses.replace(desk, clock=SetClock(first.made_at + timedelta(days=365)))
    second = work(renewing_of(folder_store, desk=later))

    assert second.n == 2
    both = [read_renewal(one.content) for one in (first, second)]
    assert list(list_faults(both)) == []
    assert [(one.n, one.stored) for one in renewals(desk)] == [(1, True), (2, True)]


def test_a_renewal_is_due_when_one_was_begun_or_a_year_is_over(
    bundle, renewing_of, folder_store
) -> None:
    bundle(folder_store)
    done = renew(renewing_of(folder_store))
    every = timedelta(days=365)

    assert is_due(None, now=done.made_at, every=every)
    assert is_due(dataclasses.replace(done, stored=False), now=done.made_at, every=every)
    assert not is_due(done, now=done.made_at + timedelta(days=364), every=every)


class Killed(BaseException):
    """The process ends here."""


@pytest.mark.parametrize("point", ["read", "begun", "stamped", "sent tsr", "sent jsonl", "stored"])
def test_killed_anywhere_the_next_pass_ends_what_was_begun(
    point, bundle, renewing_of, folder_store, desk
) -> None:
    bundle(folder_store)

    def passed(name):
        if name == point:
            raise Killed

    with pytest.raises(Killed):
        renew(renewing_of(folder_store, passed=passed))
    with desk.database.reading() as connection:
        begun = store.read_newest(connection)
    done = work(renewing_of(folder_store))

    if point != "stored":
        assert done.n == 1
        assert begun is None or begun.content == done.content
    (one,) = renewals(desk)
    assert one.stored
    with desk.database.reading() as connection:
        custody = [
            it
            for it in connection.exec_driver_sql("SELECT body FROM records WHERE acct='station'")
            if b'"renewed"' in it[0]
        ]
    assert len(custody) == 1


def test_an_object_that_is_not_what_was_stored_stops_the_list_and_is_named(
    bundle, renewing_of, folder_store, desk, monkeypatch
) -> None:
    bundle(folder_store)
    monkeypatch.setattr(
        DirectoryStore, "fetch", lambda _self, _key, _version, into: into.write_bytes(b"else")
    )

    with pytest.raises(ObjectDiffersError, match="it is named in no list"):
        renew(renewing_of(folder_store))

    assert renewals(desk) == []


def test_two_authorities_both_stamp_and_one_that_is_away_holds_up_nothing(
    bundle, renewing_of, folder_store, authority, desk
) -> None:
    bundle(folder_store)
    away = HttpAuthority(
        name="away",
        url="http://127.0.0.1:9/",
        trust_pem=authority.trust_pem,
        timeout=1.0,
        policy=None,
        random=desk.ids.bytes,
    )
    with pytest.raises(AuthorityUnavailableError):
        renew(renewing_of(folder_store, authorities=[away]))
    second = HttpAuthority("second", authority._url, authority.trust_pem, 5.0, None, desk.ids.bytes)

    done = renew(renewing_of(folder_store, authorities=[away, authority, second]))

    assert [it.authority for it in done.stamps] == ["trial", "second"]
    with desk.database.reading() as connection:
        assert key_of("station-1", 1, "second.tsr") in {
            it.key for it in read_kept(connection, schema.renewal_objects, 1)
        }


def test_a_store_that_keeps_something_else_is_told(
    bundle, renewing_of, folder_store, monkeypatch
) -> None:
    bundle(folder_store)
    head = DirectoryStore.head
    monkeypatch.setattr(
        DirectoryStore,
        "head",
        lambda self, key, version: dataclasses.replace(head(self, key, version), size=1),
    )

    with pytest.raises(ObjectDiffersError, match="other bytes than were sent"):
        renew(renewing_of(folder_store))


def test_a_store_that_locks_too_little_is_told(
    bundle, renewing_of, folder_store, monkeypatch
) -> None:
    bundle(folder_store)
    monkeypatch.setattr(DirectoryStore, "locked", True)

    with pytest.raises(ObjectDiffersError, match="lock mode None instead of COMPLIANCE"):
        renew(renewing_of(folder_store))


def test_only_one_makes_a_list_at_a_time(bundle, renewing_of, folder_store) -> None:
    bundle(folder_store)

    def passed(_name):
        with pytest.raises(UnavailableError, match="Somebody else"):
            renew(renewing_of(folder_store, holder="another"))

    renew(renewing_of(folder_store, passed=passed))
