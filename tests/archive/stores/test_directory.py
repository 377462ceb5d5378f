import stat
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest

from archive.errors import ObjectDiffersError, StoreRefusedError, StoreUnavailableError
from archive.stores.directory import DirectoryStore

UNTIL = datetime(2036, 1, 1, tzinfo=UTC)
KEY = "bundles/a.asice"


@pytest.fixture
def store(tmp_path):
    return DirectoryStore(tmp_path / "store")


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"a bundle")
    return path


def put(store, file):
    digest = sha256(file.read_bytes()).hexdigest()
    return store.put(KEY, file, sha256=digest, retain_until=UNTIL, legal_hold=False)


def test_a_folder_is_no_archive(store):
    assert store.locked is False


def test_the_self_check_leaves_nothing_behind(store, tmp_path):
    store.check(now=UNTIL, salt="5f00")

    assert list((tmp_path / "store").iterdir()) == []


def test_a_folder_that_cannot_be_written_fails_the_self_check(tmp_path):
    (tmp_path / "file").touch()

    with pytest.raises(StoreRefusedError, match="must be able to write there"):
        DirectoryStore(tmp_path / "file").check(now=UNTIL, salt="5f00")


def test_file_and_note_are_read_only_and_nothing_else_is_left(store, file, tmp_path):
    put(store, file)

    there = {path.name: path for path in (tmp_path / "store" / "bundles").iterdir()}
    assert set(there) == {"a.asice", "a.asice.held.json"}
    assert {stat.S_IMODE(path.stat().st_mode) for path in there.values()} == {0o440}


def test_the_version_is_the_hash_of_the_bytes(store, file):
    assert put(store, file) == sha256(b"a bundle").hexdigest()


def test_bytes_that_were_changed_on_disk_are_noticed(store, file, tmp_path):
    version = put(store, file)
    stored = tmp_path / "store" / KEY
    stored.chmod(0o600)
    stored.write_bytes(b"another!")

    with pytest.raises(ObjectDiffersError, match="not there with the bytes"):
        store.head(KEY, version)
    with pytest.raises(ObjectDiffersError, match="not there with the bytes"):
        store.fetch(KEY, version, tmp_path / "back")
    with pytest.raises(ObjectDiffersError, match="with other bytes"):
        put(store, file)


@pytest.mark.parametrize("note", [None, b"", b"{}", b"[]", b'{"retain_until":"soon"}'])
def test_a_damaged_note_is_noticed(store, file, tmp_path, note):
    version = put(store, file)
    beside = tmp_path / "store" / f"{KEY}.held.json"
    beside.unlink()
    if note is not None:
        beside.write_bytes(note)

    with pytest.raises(ObjectDiffersError, match="note of what was asked for cannot be read"):
        store.head(KEY, version)


def test_a_put_that_broke_off_before_its_note_is_made_whole_by_the_next(store, file, tmp_path):
    version = put(store, file)
    (tmp_path / "store" / f"{KEY}.held.json").unlink()

    assert put(store, file) == version
    assert store.head(KEY, version).retain_until == UNTIL


def test_a_disk_that_fails_is_unavailable(store, file, tmp_path):
    (tmp_path / "store").touch()

    with pytest.raises(StoreUnavailableError, match="Not a directory"):
        put(store, file)


def test_a_source_that_is_gone_is_said(store, file, tmp_path):
    file.unlink()

    with pytest.raises(StoreUnavailableError, match="No such file"):
        store.put(KEY, file, sha256="00" * 32, retain_until=UNTIL, legal_hold=False)

    assert list((tmp_path / "store" / "bundles").iterdir()) == []


def test_a_place_that_cannot_be_written_leaves_nothing_of_a_fetch(store, file, tmp_path):
    version = put(store, file)

    with pytest.raises(StoreUnavailableError, match="No such file"):
        store.fetch(KEY, version, tmp_path / "none" / "back")
    (tmp_path / "back").mkdir()
    with pytest.raises(StoreUnavailableError, match="directory"):
        store.fetch(KEY, version, tmp_path / "back")

    assert not list(tmp_path.glob("*.part"))


def test_times_are_kept_in_utc_whatever_zone_they_came_in(store, file):
    version = put(store, file)
    local = (UNTIL + timedelta(days=1)).astimezone()

    store.extend(KEY, version, local)

    assert store.head(KEY, version).retain_until == UNTIL + timedelta(days=1)


def test_a_folder_gives_no_links(tmp_path):
    with pytest.raises(StoreRefusedError, match="--copy"):
        DirectoryStore(tmp_path).link("k", "v", valid=timedelta(days=1), name="k")


def test_removing_takes_the_note_beside_the_file_too(store, file, tmp_path):
    version = put(store, file)
    assert store.remove(KEY, version, now=UNTIL).was_there
    assert list((tmp_path / "store").rglob("*.json")) == []


def test_a_removal_that_was_cut_short_between_file_and_note_is_finished(store, file, tmp_path):
    version = put(store, file)
    (tmp_path / "store" / KEY).unlink()
    assert not store.remove(KEY, version, now=UNTIL).was_there
    assert list((tmp_path / "store").rglob("*.json")) == []


def test_other_bytes_than_those_named_are_not_removed(store, file):
    put(store, file)
    with pytest.raises(ObjectDiffersError):
        store.remove(KEY, "00" * 32, now=UNTIL)


def test_a_folder_that_cannot_be_written_removes_nothing(store, file, tmp_path, monkeypatch):
    version = put(store, file)

    def refuse(*_args, **_more):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("pathlib.Path.unlink", refuse)
    with pytest.raises(StoreUnavailableError, match="Permission denied"):
        store.remove(KEY, version, now=UNTIL)
