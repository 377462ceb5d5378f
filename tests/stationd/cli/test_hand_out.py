"""`stationctl export hand-out`, `links` and `handed`."""

import hashlib
import json
from dataclasses import replace
from datetime import timedelta

import pytest

from archive.stores.s3 import S3Store
from stationd import parts, settings
from stationd.bundles import service as bundles
from stationd.bundles import store
from stationd.bundles.model import Kind, OrderState, StoredObject
from stationd.cli import hand_out
from stationd.errors import CheckFailedError
from stationd.handouts import service
from stationd.ledger.store import read_head, read_records
from stationd.staff.model import Person, Role
from tests.stationd.recipients.certificates import make_certificate
from tests.stationd.recipients.certificates import opened as opened_by

WORDS = ("--for", "J. Adler", "--purpose", "claim 17-4")


@pytest.fixture
def order(opened, desk, tmp_path):
    """A verified bundle of 1001 with one file, in rows and on disk."""
    by = Person(login="maria", name="Maria", role=Role.MANAGER)
    order_id = bundles.order(desk, "1001", Kind.ON_REQUEST, by)
    path = tmp_path / "a.asice"
    path.write_bytes(b"bundle")
    one = StoredObject(
        order_id=order_id,
        file=path.name,
        key="bundles/a.asice",
        size=6,
        sha256=hashlib.sha256(b"bundle").hexdigest(),
        path=str(path),
    )
    with desk.database.writing() as connection:
        store.record_objects(connection, [one])
        store.record_version(connection, order_id, one.file, "v1")
        now = desk.clock.now()
        state = OrderState.VERIFIED.value
        store.update_order(connection, order_id, state=state, name="b-1", verified_at=now)
    return bundles.read(desk, order_id)


@pytest.fixture
def worker(order, desk, config, monkeypatch):
    """Do the worker's part each time the command waits, as ``acts`` says."""
    sealer = parts.sealer(settings.load(config))
    archive = S3Store(
        bucket="worm", endpoint="http://127.0.0.1:9", access_key="k", secret_key="s" * 8
    )

    def trouble():
        with desk.database.writing() as connection:
            store.release(connection, order.id, retry_at=desk.clock.now(), why="S3 is away")

    does = {
        "make": lambda: service.make(desk, order, archive, sealer),
        "refuse": lambda: service.refuse(desk, order, "other bytes"),
        "trouble": trouble,
    }
    acts = ["make"]
    monkeypatch.setattr(hand_out, "sleep", lambda _seconds: does[acts.pop(0)]())
    return acts


def test_links_are_shown_when_the_bundle_was_verified(worker, value, ok):
    made = value("export", "hand-out", "1001", *WORDS, "--days", "2")
    assert (made["state"], made["count"], made["recipient"]) == ("ready", 1, "J. Adler")
    assert "versionId=v1" in made["links"]["a.asice"]
    said = ok("export", "links", made["id"])
    assert "for J. Adler, claim 17-4." in said
    assert "versionId=v1" in said
    (listed,) = value("export", "handed", "1001")
    assert listed["count"] == 2
    assert "links" not in listed
    assert "J. Adler" in ok("export", "handed")


def test_a_copy_is_hashed_and_noted(worker, value, order, tmp_path, desk):
    (tmp_path / "stick").mkdir()
    done = value("export", "hand-out", "b-1", *WORDS, "--copy", tmp_path / "stick")
    assert (done["state"], done["way"]) == ("done", "copy")
    assert (tmp_path / "stick" / "a.asice").read_bytes() == b"bundle"
    assert service.handouts(desk)[0].count == 1


def test_a_changed_local_copy_is_not_handed_out(worker, run, order, tmp_path, desk):
    (tmp_path / "stick").mkdir()
    (tmp_path / "a.asice").write_bytes(b"others")
    result = run("export", "hand-out", order.id, *WORDS, "--copy", tmp_path / "stick")
    assert result.exit_code == 1
    assert list((tmp_path / "stick").iterdir()) == []
    assert service.handouts(desk)[0].state == "ready"


@pytest.mark.parametrize("fault", ["changed", "gone"])
def test_no_file_of_a_bundle_stays_on_the_medium_where_one_is_wrong(order, tmp_path, desk, fault):
    (good,) = bundles.objects(desk, order.id)
    other = tmp_path / "b.zip"
    bad = replace(good, file=other.name, path=str(other))
    if fault == "changed":
        other.write_bytes(b"others")
    stick = tmp_path / "stick"
    stick.mkdir()
    with pytest.raises((CheckFailedError, FileNotFoundError)):
        hand_out.copy_files([good, bad], stick)
    assert list(stick.iterdir()) == []
    assert (tmp_path / "a.asice").exists()


def test_what_does_not_verify_is_not_handed_out(worker, run):
    worker[:] = ["trouble", "refuse"]
    result = run("export", "hand-out", "1001", *WORDS)
    assert result.exit_code == 1
    assert "S3 is away (tried again)" in result.stderr
    assert "Nothing was handed out. other bytes" in result.stderr


def test_who_does_not_wait_any_longer_is_told_what_to_do(worker, run, monkeypatch, order, desk):
    worker[:] = ["trouble"] * 1000
    clock = iter(range(0, 10**15, 10**9))
    monkeypatch.setattr("stationd.clock.SystemClock.ticks", lambda _self: next(clock))
    result = run("export", "hand-out", "1001", *WORDS, "--wait", "2")
    assert result.exit_code == 5
    assert "export links" in result.stderr
    asked = service.handouts(desk)[0]
    assert run("export", "links", asked.id).exit_code == 3
    assert asked.valid == timedelta(days=7)


def test_a_bundle_that_is_not_there_ends_with_2(opened, run, ok):
    assert run("export", "hand-out", "1001", *WORDS).exit_code == 2
    assert "Nothing." in ok("export", "handed")


def test_a_link_for_more_than_a_week_is_wrong_use(order, run):
    assert run("export", "hand-out", "1001", *WORDS, "--days", "8").exit_code == 2


# --- Enveloped copies ---


@pytest.fixture
def adler(opened, ok, tmp_path):
    """The fingerprint of J. Adler's certificate, which was taken up; the key lies beside it."""
    _, fingerprint = make_certificate(tmp_path)
    words = ("export", "recipient", "add", tmp_path / "adler.pem", "--name", "J. Adler")
    ok(*words, "--fingerprint", fingerprint)
    return fingerprint


@pytest.fixture
def stick(tmp_path):
    folder = tmp_path / "stick"
    folder.mkdir()
    return folder


def test_an_enveloped_copy_is_opened_by_its_recipient_alone(
    worker, adler, value, stick, tmp_path, desk
):
    done = value("export", "hand-out", "b-1", *WORDS, "--copy", stick, "--encrypt", "J. Adler")
    assert done["certificate"] == adler
    envelope = stick / "a.asice.p7m"
    assert sorted(path.name for path in stick.iterdir()) == [
        "a.asice.p7m",
        f"opening-{adler[:16]}.txt",
    ]
    assert b"bundle" not in envelope.read_bytes()
    assert opened_by(envelope, tmp_path / "adler.key") == b"bundle"
    assert adler in (stick / f"opening-{adler[:16]}.txt").read_text()
    with desk.database.reading() as connection:
        size = read_head(connection, "station", 1).size
        last = json.loads(read_records(connection, "station", 1, size, 1)[0])
    assert (last["kind"], last["certificate"]) == ("copied", adler)
    hashed = hashlib.sha256(envelope.read_bytes()).hexdigest()
    assert last["enveloped"]["a.asice.p7m"] == hashed
    assert value("export", "handed")[0]["certificate"] == adler


def test_nothing_is_enveloped_to_somebody_whose_certificate_is_not_known(worker, run, tmp_path):
    result = run("export", "hand-out", "b-1", *WORDS, "--copy", tmp_path, "--encrypt", "B. Oe")
    assert result.exit_code == 2
    assert "There is no certificate of B. Oe in use" in result.stderr


def test_links_are_not_enveloped(worker, adler, run):
    result = run("export", "hand-out", "b-1", *WORDS, "--encrypt", "J. Adler")
    assert result.exit_code == 2
    assert "envelop a copy" in result.stderr


@pytest.mark.usefixtures("worker", "adler")
@pytest.mark.parametrize("trouble", ["changed", "there", "large"])
def test_where_one_file_cannot_be_enveloped_none_is_left(trouble, run, stick, desk, monkeypatch):
    if trouble == "changed":
        (stick.parent / "a.asice").write_bytes(b"bundlE")
    if trouble == "there":
        (stick / "a.asice.p7m").write_bytes(b"mine")
    if trouble == "large":
        monkeypatch.setattr("archive.envelope.LARGEST", 3)
    result = run("export", "hand-out", "b-1", *WORDS, "--copy", stick, "--encrypt", "J. Adler")
    assert result.exit_code in {1, 2}
    assert [path.read_bytes() for path in stick.iterdir()] == [b"mine"] * (trouble == "there")
    assert service.handouts(desk)[0].state == "ready"
