"""What is particular to S3; the contract suite has the rest."""

import os
import signal
import socket
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from threading import Thread
from time import monotonic, sleep
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from botocore.exceptions import ClientError

from archive.errors import ObjectDiffersError, StoreRefusedError, StoreUnavailableError
from archive.stores.base import COMPLIANCE, Held, Removed
from archive.stores.s3 import S3Store
from stationd.demo.s3_server import Identity

NOW = datetime.now(UTC)
UNTIL = NOW + timedelta(days=730)
KEY = "bundles/station-1/4821/e1/c7/bundle.asice"
BYTES = b"a bundle\n" * 100


@pytest.fixture
def file(tmp_path) -> Path:
    path = tmp_path / "bundle.asice"
    path.write_bytes(BYTES)
    return path


def put(store, file, *, key=KEY, until=UNTIL, hold=False):
    digest = sha256(file.read_bytes()).hexdigest()
    return store.put(key, file, sha256=digest, retain_until=until, legal_hold=hold)


def client_of(server, identity=None, bucket=None):
    return server.store(identity or server.admin, bucket=bucket)._client


def store_at(endpoint, identity, bucket="worm", **changes):
    settings = {
        "bucket": bucket,
        "endpoint": endpoint,
        "addressing": "path",
        "access_key": identity.access_key,
        "secret_key": identity.secret_key,
        "connect_timeout": 0.5,
        "read_timeout": 0.5,
        "attempts": 2,
    }
    return S3Store(**settings | changes)


class Unlocking:
    """Stands before a real client and gets some requests wrong, as some servers do."""

    def __init__(self, client, **wrong):
        self._client = client
        self._wrong = wrong

    def __getattr__(self, name):
        honest = getattr(self._client, name)
        wrong = self._wrong.get(name)
        return honest if wrong is None else lambda **asked: wrong(honest, **asked)


class Cutting:
    """A line to the server that is cut after so many bytes, a number of times."""

    def __init__(self, server, *, after, times):
        self._port = int(server.endpoint.rpartition(":")[2])
        self._after = after
        self._times = times
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.endpoint = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.cut = 0
        Thread(target=self._accept, daemon=True).start()

    def close(self):
        self._listener.close()

    def _accept(self):
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            far = socket.create_connection(("127.0.0.1", self._port))
            budget = None
            if self.cut < self._times:
                self.cut += 1
                budget = self._after
            Thread(target=self._pump, args=(near, far, None), daemon=True).start()
            Thread(target=self._pump, args=(far, near, budget), daemon=True).start()

    def _pump(self, source, sink, budget):
        with source, sink:
            while True:
                try:
                    data = source.recv(4096 if budget is None else min(4096, budget))
                    sink.sendall(data)
                except OSError:
                    return
                if budget is not None:
                    budget -= len(data)
                if not data or budget == 0:
                    for end in (source, sink):
                        with_shutdown(end)
                    return


def with_shutdown(end):
    try:
        end.shutdown(socket.SHUT_RDWR)
    except OSError:
        return


@contextmanager
def stopped(server):
    """Let the server's process stand still."""
    os.kill(server.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(server.pid, signal.SIGCONT)


def test_s3_is_an_archive(s3_store):
    assert s3_store.locked is True


def test_making_a_store_reaches_no_network():
    assert store_at("http://127.0.0.1:1", Identity("AK", "secret")).name.startswith(
        "s3 bucket worm"
    )


def test_a_locked_version_is_kept_from_deletion_and_shortening_by_the_server(s3_store, file):
    version = put(s3_store, file)
    place = {"Bucket": s3_store._bucket, "Key": KEY, "VersionId": version}

    with pytest.raises(ClientError, match="AccessDenied"):
        s3_store._client.delete_object(**place)
    with pytest.raises(ClientError, match="AccessDenied"):
        s3_store._retain(KEY, version, UNTIL - timedelta(days=1))

    assert s3_store.head(KEY, version).mode == COMPLIANCE


def test_a_version_stays_readable_under_a_delete_marker(s3_store, file, tmp_path):
    version = put(s3_store, file)

    s3_store._client.delete_object(Bucket=s3_store._bucket, Key=KEY)
    s3_store.fetch(KEY, version, tmp_path / "back")

    assert (tmp_path / "back").read_bytes() == BYTES


def test_a_version_that_was_put_without_a_lock_is_locked_when_it_is_adopted(s3_store, file):
    s3_store._client.put_object(Bucket=s3_store._bucket, Key=KEY, Body=BYTES)

    version = put(s3_store, file, hold=True)

    held = s3_store.head(KEY, version)
    assert (held.mode, held.legal_hold) == (COMPLIANCE, True)
    assert held.retain_until >= UNTIL
    # No hash was announced when it was put, so none is kept: it was read back instead.
    assert held.sha256 in (None, sha256(BYTES).hexdigest())


def test_other_bytes_that_were_put_without_a_hash_are_an_incident(s3_store, file):
    s3_store._client.put_object(Bucket=s3_store._bucket, Key=KEY, Body=BYTES[::-1])

    with pytest.raises(ObjectDiffersError, match="find out who wrote it"):
        put(s3_store, file)


def test_a_retention_time_that_has_passed_is_refused(s3_store, file):
    with pytest.raises(StoreRefusedError, match="retention time that lies ahead"):
        put(s3_store, file, until=NOW - timedelta(days=1))


def test_a_bucket_without_object_lock_is_refused(s3_server, file):
    client_of(s3_server).create_bucket(Bucket="worm-unlocked")
    store = s3_server.store(bucket="worm-unlocked")

    with pytest.raises(StoreRefusedError, match=r"worm-unlocked .*no Object Lock"):
        store.check(now=datetime.now(UTC), salt="01")
    with pytest.raises(StoreRefusedError, match="needs Object Lock"):
        put(store, file)


def test_a_bucket_that_is_not_there_is_refused(s3_server, file):
    store = s3_server.store(bucket="worm-none")

    with pytest.raises(StoreRefusedError, match="no such bucket"):
        store.check(now=datetime.now(UTC), salt="01")
    with pytest.raises(StoreRefusedError, match="no such bucket"):
        put(store, file)


def test_an_identity_that_may_only_read_is_refused_with_the_rights_it_needs(s3_server, file):
    store = s3_server.store(s3_server.reader)

    with pytest.raises(StoreRefusedError, match="needs s3:GetBucketObjectLockConfiguration"):
        store.check(now=datetime.now(UTC), salt="01")
    with pytest.raises(StoreRefusedError, match=r"needs s3:PutObject, s3:PutObjectRetention"):
        put(store, file)


def test_a_wrong_secret_is_said(s3_server, file):
    store = s3_server.store(Identity(s3_server.writer.access_key, "wrong"))

    with pytest.raises(StoreRefusedError, match="secret does not belong"):
        store.check(now=datetime.now(UTC), salt="01")
    with pytest.raises(StoreRefusedError, match="secret does not belong"):
        put(store, file)


def test_an_unknown_access_key_is_said(s3_server):
    store = s3_server.store(Identity("AKUNKNOWN", "secret"))

    with pytest.raises(StoreRefusedError, match="does not know the access key id"):
        store.check(now=datetime.now(UTC), salt="01")


def test_no_credentials_at_all_is_said(monkeypatch, tmp_path):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")

    with pytest.raises(StoreRefusedError, match="no credentials"):
        S3Store(bucket="worm", endpoint="http://127.0.0.1:1").head("a", "b")


def test_credentials_may_come_from_the_environment(s3_server, monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", s3_server.writer.access_key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", s3_server.writer.secret_key)

    store = S3Store(bucket=s3_server.bucket, endpoint=s3_server.endpoint, addressing="path")

    with pytest.raises(ObjectDiffersError, match="not there"):
        store.head("never", "00" * 16)


def test_a_server_that_is_down_is_unavailable(file):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    store = store_at(f"http://127.0.0.1:{port}", Identity("AK", "secret"))

    with pytest.raises(StoreUnavailableError, match="not reachable after 2 tries"):
        put(store, file)


def test_a_server_that_speaks_no_tls_where_tls_is_asked_is_refused(s3_server):
    store = store_at(s3_server.endpoint.replace("http:", "https:"), s3_server.writer)

    with pytest.raises(StoreRefusedError, match="certificate is not trusted"):
        store.head("a", "b")


def test_an_address_that_is_none_is_refused():
    with pytest.raises(StoreRefusedError, match="not an address"):
        store_at("not an address", Identity("AK", "secret"))


def test_a_bucket_name_that_cannot_be_is_refused(s3_server, file):
    with pytest.raises(StoreRefusedError, match="Invalid bucket name"):
        put(store_at(s3_server.endpoint, s3_server.writer, bucket="no spaces"), file)


def test_a_server_that_stops_in_the_middle_of_an_upload_is_unavailable(s3_server, file):
    file.write_bytes(os.urandom(8_000_000))
    store = store_at(s3_server.endpoint, s3_server.writer, attempts=1)

    with stopped(s3_server), pytest.raises(StoreUnavailableError, match="not reachable"):
        put(store, file, key="bundles/stopped")

    version = put(s3_server.store(), file, key="bundles/stopped")
    assert s3_server.store().head("bundles/stopped", version).size == 8_000_000


def test_a_line_that_is_cut_in_an_upload_is_tried_again(s3_server, file):
    file.write_bytes(os.urandom(300_000))
    line = Cutting(s3_server, after=1, times=1)

    store = store_at(line.endpoint, s3_server.writer, attempts=3, read_timeout=10)
    version = put(store, file, key="bundles/cut")
    line.close()

    assert line.cut == 1
    assert s3_server.store().head("bundles/cut", version).size == 300_000


def test_a_line_that_is_cut_in_a_download_is_tried_again(s3_server, file, tmp_path):
    file.write_bytes(os.urandom(3_000_000))
    version = put(s3_server.store(), file, key="bundles/long")
    line = Cutting(s3_server, after=1_000_000, times=2)
    pauses = []

    store = store_at(
        line.endpoint, s3_server.writer, attempts=4, read_timeout=10, pause=pauses.append
    )
    store.fetch("bundles/long", version, tmp_path / "back")
    line.close()

    assert (tmp_path / "back").read_bytes() == file.read_bytes()
    assert line.cut == 2
    assert pauses == [0.2, 0.4]


def test_a_line_that_keeps_being_cut_is_unavailable_and_leaves_nothing(s3_server, file, tmp_path):
    file.write_bytes(os.urandom(3_000_000))
    version = put(s3_server.store(), file, key="bundles/longer")
    line = Cutting(s3_server, after=1_000_000, times=99)

    store = store_at(line.endpoint, s3_server.writer, read_timeout=10, pause=lambda _: None)
    with pytest.raises(StoreUnavailableError, match="cut off after"):
        store.fetch("bundles/longer", version, tmp_path / "back")
    line.close()

    assert [path.name for path in tmp_path.iterdir()] == ["bundle.asice"]


def collides(times):
    """A server on which another writer is in the way so many times."""
    left = [times]

    def put_object(honest, **asked):
        if left[0]:
            left[0] -= 1
            raise ClientError(
                {
                    "Error": {"Code": "ConditionalRequestConflict", "Message": "busy"},
                    "ResponseMetadata": {"HTTPStatusCode": 409},
                },
                "PutObject",
            )
        return honest(**asked)

    return put_object


def test_a_collision_with_another_writer_is_tried_again(s3_store, file):
    s3_store._pause = lambda _: None
    s3_store._client = Unlocking(s3_store._client, put_object=collides(2))

    assert put(s3_store, file)


def test_collisions_without_an_end_are_unavailable(s3_store, file):
    s3_store._pause = lambda _: None
    s3_store._client = Unlocking(s3_store._client, put_object=collides(99))

    with pytest.raises(StoreUnavailableError, match="somebody else writes the same key"):
        put(s3_store, file)


def without(*names):
    def ask(honest, **asked):
        return honest(**{name: value for name, value in asked.items() if name not in names})

    return ask


def answering(**answers):
    def ask(honest, **asked):
        return honest(**asked) | answers

    return ask


UNLOCKED = without("ObjectLockMode", "ObjectLockRetainUntilDate")


@pytest.mark.parametrize(
    ("wrong", "problem"),
    [
        ({"put_object": UNLOCKED}, "does not come back.*can be deleted"),
        ({"put_object": without("IfNoneMatch")}, "is written again"),
        (
            {"put_object": without("ChecksumSHA256", "ChecksumAlgorithm")},
            "wrong SHA-256 is taken",
        ),
        ({"head_object": answering(ObjectLockMode="GOVERNANCE")}, "does not come back"),
        ({"head_object": answering(ChecksumSHA256="AAAA")}, "bytes do not come back"),
        ({"put_object_retention": lambda _honest, **_asked: {}}, "can be shortened"),
    ],
    ids=["no lock", "overwrites", "no hash", "governance", "other hash", "shortens"],
)
def test_a_server_that_quietly_leaves_something_out_is_no_archive(s3_store, wrong, problem):
    s3_store._client = Unlocking(s3_store._client, **wrong)

    with pytest.raises(StoreRefusedError, match=f"(?s)is no archive: .*{problem}"):
        s3_store.check(now=datetime.now(UTC), salt="5f00")


def test_a_server_that_says_its_lock_is_off_is_no_archive(s3_store):
    off = lambda _honest, **_asked: {}  # noqa: E731
    s3_store._client = Unlocking(s3_store._client, get_object_lock_configuration=off)

    with pytest.raises(StoreRefusedError, match="no Object Lock"):
        s3_store.check(now=datetime.now(UTC), salt="5f00")


def test_a_server_that_gives_no_version_id_is_refused(s3_store, file):
    s3_store._client = Unlocking(s3_store._client, put_object=answering(VersionId=None))

    with pytest.raises(StoreRefusedError, match="no version id"):
        put(s3_store, file)


@pytest.mark.parametrize("version", [None, "null"])
def test_what_is_adopted_needs_a_version_id(version, s3_store, file):
    put(s3_store, file)
    s3_store._client = Unlocking(s3_store._client, head_object=answering(VersionId=version))

    with pytest.raises(StoreRefusedError, match="no version id"):
        put(s3_store, file)


@pytest.mark.parametrize("call", ["head_object", "get_object"])
def test_an_answer_about_another_version_is_an_incident(call, s3_store, file, tmp_path):
    version = put(s3_store, file)
    s3_store._client = Unlocking(s3_store._client, **{call: answering(VersionId="another")})

    with pytest.raises(ObjectDiffersError, match=f"asked for version {version}.*another"):
        s3_store.head(KEY, version) if call == "head_object" else s3_store.fetch(
            KEY, version, tmp_path / "back"
        )

    assert not (tmp_path / "back").exists()


def test_a_self_check_needs_a_fresh_salt(s3_store):
    s3_store.check(now=datetime.now(UTC), salt="5f00")

    with pytest.raises(StoreRefusedError, match="draw another salt"):
        s3_store.check(now=datetime.now(UTC), salt="5f00")


@pytest.mark.parametrize(
    "answers",
    [{"ChecksumSHA256": None}, {"ChecksumSHA256": "AAAA-2"}, {"ChecksumType": "COMPOSITE"}],
    ids=["none", "of parts", "composite"],
)
def test_a_hash_that_is_not_of_the_whole_object_counts_as_none(s3_store, file, answers):
    version = put(s3_store, file)
    s3_store._client = Unlocking(s3_store._client, head_object=answering(**answers))

    held = s3_store.head(KEY, version)

    assert isinstance(held, Held)
    assert held.sha256 is None
    assert put(s3_store, file) == version


def test_a_file_too_large_for_one_put_is_refused_before_it_is_sent(s3_store, tmp_path):
    large = tmp_path / "large"
    with large.open("wb") as file:
        file.truncate(5 * 1024**3 + 1)

    with pytest.raises(StoreRefusedError, match="one PUT takes 5368709120"):
        s3_store.put(KEY, large, sha256="00" * 32, retain_until=UNTIL, legal_hold=False)


def test_an_end_within_a_second_is_rounded_up(s3_store, file):
    until = UNTIL.replace(microsecond=1)

    held = s3_store.head(KEY, put(s3_store, file, until=until))

    assert held.retain_until == until.replace(microsecond=0) + timedelta(seconds=1)


# --- Links ---


def fetched(address):
    """Return status and bytes that anybody gets from an address."""
    try:
        with urlopen(address) as answer:
            return answer.status, answer.read()
    except HTTPError as error:
        return error.code, b""


def test_a_link_gives_exactly_its_version(s3_server, s3_store, file):
    version = put(s3_store, file)
    link = s3_store.link(KEY, version, valid=timedelta(minutes=5), name="bundle.asice")
    bucket = s3_store.name.split()[2]
    client_of(s3_server, bucket=bucket).put_object(Bucket=bucket, Key=KEY, Body=b"another")
    assert fetched(link) == (200, BYTES)


def test_a_link_that_was_changed_gives_nothing(s3_store, file):
    version = put(s3_store, file)
    link = s3_store.link(KEY, version, valid=timedelta(minutes=5), name="bundle.asice")
    assert fetched(link.replace("X-Amz-Expires=300", "X-Amz-Expires=3000"))[0] == 403
    other = s3_store.link(KEY, "0" * len(version), valid=timedelta(minutes=5), name="b")
    assert fetched(other)[0] != 200


def test_a_link_ends(s3_store, file):
    version = put(s3_store, file)
    link = s3_store.link(KEY, version, valid=timedelta(seconds=1), name="bundle.asice")
    deadline = monotonic() + 20
    while (status := fetched(link)[0]) == 200:
        assert monotonic() < deadline
    assert status == 403


@pytest.mark.parametrize("valid", [timedelta(0), timedelta(days=7, seconds=1)])
def test_no_link_is_good_for_more_than_seven_days(s3_store, valid):
    with pytest.raises(StoreRefusedError, match="7 days"):
        s3_store.link(KEY, "v", valid=valid, name="bundle.asice")


def test_the_server_itself_refuses_to_remove_what_is_locked_whatever_we_take_the_time_for(
    s3_store, file
):
    version = put(s3_store, file)
    with pytest.raises(StoreRefusedError, match=r"remove .*version"):
        s3_store.remove(KEY, version, now=UNTIL + timedelta(days=1))
    assert s3_store.head(KEY, version).size == len(BYTES)


def test_delete_markers_go_with_a_version_and_what_is_not_ours_stays(s3_store, file):
    until = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=1)
    version = put(s3_store, file, until=until)
    for _ in range(2):
        s3_store._client.delete_object(Bucket=s3_store._bucket, Key=KEY)
    other = s3_store._client.put_object(Bucket=s3_store._bucket, Key=KEY, Body=b"not ours")
    s3_store._client.put_object(Bucket=s3_store._bucket, Key=f"{KEY}.tsr", Body=b"a neighbour")
    assert s3_store.head(KEY, version).size == len(BYTES)
    while datetime.now(UTC) <= until + timedelta(seconds=1):
        sleep(0.05)

    removed = s3_store.remove(KEY, version, now=datetime.now(UTC))

    assert removed == Removed(was_there=True, markers=2, others=(other["VersionId"],))
    listed = s3_store._client.list_object_versions(Bucket=s3_store._bucket, Prefix=KEY)
    assert "DeleteMarkers" not in listed
    assert [one["Key"] for one in listed["Versions"]] == [KEY, f"{KEY}.tsr"]
