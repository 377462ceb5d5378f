"""What every store must do; run on the folder and on a real S3 server."""

from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from threading import Thread
from time import sleep

import pytest

from archive.errors import MalformedError, ObjectDiffersError, StoreRefusedError
from archive.stores.base import COMPLIANCE, BundleStore, Removed
from archive.stores.directory import DirectoryStore

KEY = "bundles/station-1/4821/e1/c7/station-1-4821-e1-c7-closing.asice"
NOW = datetime.now(UTC)
UNTIL = NOW + timedelta(days=730)


@pytest.fixture(params=["directory", "s3"])
def store(request, tmp_path) -> BundleStore:
    if request.param == "s3":
        return request.getfixturevalue("s3_store")
    return DirectoryStore(tmp_path / "store")


@pytest.fixture
def file(tmp_path) -> Path:
    path = tmp_path / "bundle.asice"
    path.write_bytes(b"a bundle\n" * 1000)
    return path


def digest(path):
    return sha256(path.read_bytes()).hexdigest()


def put(store, file, *, key=KEY, until=UNTIL, hold=False):
    return store.put(key, file, sha256=digest(file), retain_until=until, legal_hold=hold)


def test_the_self_check_passes(store):
    store.check(now=datetime.now(UTC), salt="5f00")


def test_the_self_check_passes_again_with_another_salt(store):
    store.check(now=datetime.now(UTC), salt="5f00")
    store.check(now=datetime.now(UTC), salt="5f01")


def test_what_is_put_is_held_as_asked(store, file):
    version = put(store, file)

    held = store.head(KEY, version)

    assert version
    assert held.version_id == version
    assert held.size == file.stat().st_size
    assert held.sha256 == digest(file)
    assert timedelta(0) <= held.retain_until - UNTIL < timedelta(seconds=1)
    assert held.legal_hold is False
    assert held.mode == (COMPLIANCE if store.locked else None)


def test_what_is_put_is_fetched_whole(store, file, tmp_path):
    version = put(store, file)

    store.fetch(KEY, version, tmp_path / "back")

    assert (tmp_path / "back").read_bytes() == file.read_bytes()
    assert not list(tmp_path.glob("*.part"))


def test_an_empty_file_is_kept_too(store, tmp_path):
    file = tmp_path / "empty"
    file.touch()

    version = put(store, file)
    store.fetch(KEY, version, tmp_path / "back")

    assert store.head(KEY, version).size == 0
    assert (tmp_path / "back").read_bytes() == b""


def test_putting_the_same_again_gives_the_same_version(store, file):
    assert put(store, file) == put(store, file)


def test_putting_the_same_again_extends_the_lock_to_what_is_asked(store, file):
    version = put(store, file)
    later = UNTIL + timedelta(days=365)

    put(store, file, until=later, hold=True)

    held = store.head(KEY, version)
    assert held.retain_until >= later
    assert held.legal_hold is True


def test_putting_the_same_again_never_shortens_the_lock_nor_lifts_a_hold(store, file):
    version = put(store, file, hold=True)

    put(store, file, until=UNTIL - timedelta(days=365), hold=False)

    held = store.head(KEY, version)
    assert held.retain_until >= UNTIL
    assert held.legal_hold is True


def test_other_bytes_under_the_same_key_are_an_incident(store, file, tmp_path):
    version = put(store, file)
    first = digest(file)
    other = tmp_path / "other"
    other.write_bytes(b"another bundle\n")

    with pytest.raises(ObjectDiffersError, match=r"is there.* with other bytes"):
        put(store, other)

    assert store.head(KEY, version).sha256 == first


def test_a_file_that_has_not_the_hash_announced_is_not_taken(store, file):
    wrong = sha256(b"something else").hexdigest()

    with pytest.raises(ObjectDiffersError, match=r"SHA-256.* announced"):
        store.put(KEY, file, sha256=wrong, retain_until=UNTIL, legal_hold=False)

    assert put(store, file)


def test_a_version_that_was_never_put_is_not_there(store, file, tmp_path):
    put(store, file)
    unknown = "00" * 16

    with pytest.raises(ObjectDiffersError, match="not there"):
        store.head("bundles/never", unknown)
    with pytest.raises(ObjectDiffersError, match="not there"):
        store.fetch("bundles/never", unknown, tmp_path / "back")

    assert not (tmp_path / "back").exists()
    assert not list(tmp_path.glob("*.part"))


def test_a_lock_is_extended(store, file):
    version = put(store, file)
    later = UNTIL + timedelta(days=3650)

    store.extend(KEY, version, later)

    assert store.head(KEY, version).retain_until >= later


def test_extending_to_the_same_end_changes_nothing(store, file):
    version = put(store, file)
    held = store.head(KEY, version)

    store.extend(KEY, version, held.retain_until)

    assert store.head(KEY, version) == held


def test_a_lock_is_never_shortened(store, file):
    version = put(store, file)
    held = store.head(KEY, version)

    with pytest.raises(StoreRefusedError, match="never shortened"):
        store.extend(KEY, version, UNTIL - timedelta(days=1))

    assert store.head(KEY, version) == held


def test_a_legal_hold_is_set_and_lifted(store, file):
    version = put(store, file)

    store.set_legal_hold(KEY, version, on=True)
    on = store.head(KEY, version)
    store.set_legal_hold(KEY, version, on=False)
    off = store.head(KEY, version)

    assert (on.legal_hold, off.legal_hold) == (True, False)
    assert on.retain_until == off.retain_until


def test_writers_of_the_same_bundle_at_the_same_time_get_one_version(store, file):
    versions = []
    writers = [Thread(target=lambda: versions.append(put(store, file))) for _ in range(6)]

    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()

    assert len(versions) == 6
    assert len(set(versions)) == 1


@pytest.mark.parametrize(
    "key", ["", "/a", "a/", "a//b", "../a", "a/./b", "a b", "a/é", "a\n", "x" * 1025]
)
def test_a_key_that_is_no_path_of_safe_names_is_refused(store, file, key):
    with pytest.raises(MalformedError, match="cannot be a key"):
        put(store, file, key=key)


def test_the_name_says_where_the_store_is(store, tmp_path):
    assert str(tmp_path) in store.name or "127.0.0.1" in store.name


def soon(store):
    """Return when the lock of what is put now is over, and the moment to put it until."""
    # The server must take two objects before: others share the machine.
    until = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=4)
    return until if store.locked else NOW - timedelta(days=1)


def after(until):
    """Return a moment at which a lock until ``until`` is over, once it is for the server too."""
    while datetime.now(UTC) <= until + timedelta(seconds=1):
        sleep(0.05)
    return datetime.now(UTC)


def test_what_is_locked_or_under_a_hold_is_not_removed(store, file):
    version = put(store, file)
    with pytest.raises(StoreRefusedError, match="is locked until"):
        store.remove(KEY, version, now=datetime.now(UTC))
    store.set_legal_hold(KEY, version, on=True)
    with pytest.raises(StoreRefusedError, match="carries a legal hold"):
        store.remove(KEY, version, now=UNTIL + timedelta(days=1))
    assert store.head(KEY, version).legal_hold


def test_what_is_not_locked_any_more_is_removed_by_version_and_for_good(store, file, tmp_path):
    until = soon(store)
    version = put(store, file, until=until)
    longer = put(store, file, key=f"{KEY}.tsr", until=until)

    now = after(until)
    assert store.remove(KEY, version, now=now) == Removed(was_there=True)
    assert store.remove(KEY, version, now=now) == Removed(was_there=False)

    with pytest.raises(ObjectDiffersError, match="not there"):
        store.head(KEY, version)
    with pytest.raises(ObjectDiffersError, match="not there"):
        store.fetch(KEY, version, tmp_path / "back")
    assert store.head(f"{KEY}.tsr", longer).size == file.stat().st_size
