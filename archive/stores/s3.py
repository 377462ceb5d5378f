"""Object-locked S3: the archive.

One PUT a file, so that the server checks and keeps a SHA-256 of the whole object.  Each carries
`If-None-Match: *` (a retry cannot add a second version), the hash, a COMPLIANCE lock and a legal
hold if one applies.  What is there afterwards is asked for by version id.

Servers differ in what they quietly leave out, so `check` tries on a throw-away key what matters:
the lock comes back, holds against deleting and shortening, a wrong hash and an existing key are
refused.  A server that fails it is no archive.
"""

import base64
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from hashlib import sha256 as new_sha256
from pathlib import Path
from typing import Any, Literal, TypeVar

import boto3
import botocore.config
import botocore.exceptions
import botocore.loaders
import botocore.session
import urllib3.exceptions

from archive.errors import (
    ArchiveError,
    ObjectDiffersError,
    StoreRefusedError,
    StoreUnavailableError,
)
from archive.stores.base import COMPLIANCE, LONGEST_LINK, Held, Removed, check_key, held_fast
from archive.stores.refusals import refusal

__all__ = ["S3Store"]

# The most that S3 takes in one PUT; bundles are cut into volumes far below it.
_LARGEST = 5 * 1024**3
_BLOCK = 1 << 20
# Long enough for every probe to be over while the lock holds, on a slow line too.
_PROBE_LOCK = timedelta(seconds=60)
_SHORTER = timedelta(seconds=30)
_PROBE = b"stationd self-check\n"
_FIRST_PAUSE = 0.2
_LONGEST_PAUSE = 10.0

_PUT_NEEDS = (
    "s3:PutObject, s3:PutObjectRetention and, for holds, s3:PutObjectLegalHold on the bucket"
)
_REMOVE_NEEDS = "s3:DeleteObjectVersion and s3:ListBucketVersions on the bucket"
_HEAD_NEEDS = "s3:GetObjectVersion, s3:GetObjectRetention and s3:GetObjectLegalHold on the bucket"

_KEY_EXISTS = ("PreconditionFailed", "412")
_COLLISION = ("ConditionalRequestConflict", "OperationAborted", "409")
_NO_CREDENTIALS = (
    botocore.exceptions.NoCredentialsError,
    botocore.exceptions.PartialCredentialsError,
    botocore.exceptions.CredentialRetrievalError,
)
_NO_CONNECTION = (botocore.exceptions.HTTPClientError, botocore.exceptions.ConnectionError)

_Answer = TypeVar("_Answer")


class S3Store:
    """A bucket with Object Lock on any S3 server.

    Without ``access_key`` the default chain of credentials is used (environment, profile, the
    machine's role).  Timeouts are in seconds; a request is tried ``attempts`` times with growing
    pauses.  Constructing it reaches no network.
    """

    locked = True

    def __init__(  # noqa: PLR0913 (each is one setting of the operator's file)
        self,
        *,
        bucket: str,
        endpoint: str | None = None,
        region: str = "us-east-1",
        addressing: Literal["path", "virtual", "auto"] = "auto",
        access_key: str | None = None,
        secret_key: str | None = None,
        ca_bundle: Path | None = None,
        connect_timeout: float = 5.0,
        read_timeout: float = 60.0,
        attempts: int = 5,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self.name = f"s3 bucket {bucket} at {endpoint or 'AWS ' + region}"
        self._bucket = bucket
        self._attempts = attempts
        self._pause = pause
        config = botocore.config.Config(
            signature_version="s3v4",
            connect_timeout=connect_timeout,
            read_timeout=read_timeout,
            retries={"total_max_attempts": attempts, "mode": "standard"},
            s3={"addressing_style": addressing},
            # We send SHA-256 ourselves and hash what comes back; nothing else is wanted.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        )
        try:
            self._client: Any = _session().client(
                "s3",
                endpoint_url=endpoint,
                region_name=region,
                aws_access_key_id=access_key,
                aws_secret_access_key=secret_key,
                verify=str(ca_bundle) if ca_bundle is not None else None,
                config=config,
            )
        except ValueError:
            raise StoreRefusedError(f"{endpoint} is not an address; correct the endpoint") from None

    def create_bucket(self) -> None:
        """Make the bucket with Object Lock, for a first set-up or a trial."""
        with self._asking("make the bucket", "s3:CreateBucket"):
            self._client.create_bucket(Bucket=self._bucket, ObjectLockEnabledForBucket=True)

    def check(self, *, now: datetime, salt: str) -> None:
        """Try everything that makes this bucket an archive; refuse with all that failed."""
        self._check_bucket()
        key = check_key(f"selfcheck/{salt}")
        until = (now + _PROBE_LOCK).astimezone(UTC).replace(microsecond=0)
        with tempfile.NamedTemporaryFile() as file:
            file.write(_PROBE)
            file.flush()
            path, digest = Path(file.name), new_sha256(_PROBE).hexdigest()
            version = self._put(key, path, digest, until, legal_hold=False)
            if version is None:
                raise StoreRefusedError(f"{self.name}: {key} is there already; draw another salt")
            problems = [
                *self._lock_problems(key, version, until),
                *self._put_problems(key, path, digest, until),
            ]
        if problems:
            raise StoreRefusedError(
                f"{self.name} is no archive: {'; '.join(problems)}; use a server and bucket that "
                "keep Object Lock as AWS documents it"
            )

    def put(
        self, key: str, path: Path, *, sha256: str, retain_until: datetime, legal_hold: bool
    ) -> str:
        """Store the file at ``path`` under ``key`` with its lock; return the version id."""
        check_key(key)
        size = path.stat().st_size
        if size > _LARGEST:
            raise StoreRefusedError(
                f"{self.name}: {path.name} has {size} bytes; one PUT takes {_LARGEST}"
            )
        version = self._put(key, path, sha256, retain_until, legal_hold=legal_hold)
        if version is not None:
            return version
        return self._adopt(key, size, sha256, retain_until, legal_hold=legal_hold)

    def head(self, key: str, version_id: str) -> Held:
        """Return what the server says of this version."""
        return self._head(key, VersionId=version_id)

    def fetch(self, key: str, version_id: str, into: Path) -> None:
        """Write the stored bytes to ``into``, whole or not at all."""
        part = into.with_name(into.name + ".part")
        try:
            self._repeat(lambda: self._fetch(key, version_id, part))
            part.replace(into)
        finally:
            part.unlink(missing_ok=True)

    def extend(self, key: str, version_id: str, retain_until: datetime) -> None:
        """Lock until ``retain_until``; a lock is never shortened."""
        held = self.head(key, version_id)
        until = retain_until.astimezone(UTC)
        if held.mode == COMPLIANCE and held.retain_until is not None:
            if until < held.retain_until:
                raise StoreRefusedError(
                    f"{self.name}: {key} is locked until {held.retain_until:%Y-%m-%d %H:%M} UTC; "
                    "a lock is never shortened"
                )
            if until == held.retain_until:
                return
        with self._asking(f"extend the lock of {key}", "s3:PutObjectRetention on the bucket"):
            self._retain(key, version_id, until)

    def set_legal_hold(self, key: str, version_id: str, on: bool) -> None:  # noqa: FBT001
        """Put a hold without a date on the version, or lift it."""
        with self._asking(f"set the hold of {key}", "s3:PutObjectLegalHold on the bucket"):
            self._client.put_object_legal_hold(
                Bucket=self._bucket,
                Key=key,
                VersionId=version_id,
                LegalHold={"Status": "ON" if on else "OFF"},
                ChecksumAlgorithm="SHA256",
            )

    def remove(self, key: str, version_id: str, *, now: datetime) -> Removed:
        """Remove this version, and delete markers under its key, which hold nothing.

        The server is asked for lock and hold first, and refuses by itself whatever is locked.
        """
        was_there = True
        try:
            held = self.head(key, version_id)
        except ObjectDiffersError:
            was_there = False
        else:
            if (why := held_fast(self.name, key, held, now)) is not None:
                raise StoreRefusedError(why)
            self._delete(key, version_id)
        markers, others = self._under(key)
        for marker in markers:
            self._delete(key, marker)
        return Removed(was_there=was_there, markers=len(markers), others=tuple(others))

    def link(self, key: str, version_id: str, *, valid: timedelta, name: str) -> str:
        """Return a presigned GET of this version; it reaches no network and can be made again."""
        if not timedelta(seconds=1) <= valid <= LONGEST_LINK:
            raise StoreRefusedError(f"{self.name}: a link is good for 1 second to 7 days")
        with self._asking(f"make a link to {key}", "s3:GetObjectVersion on the bucket"):
            address: str = self._client.generate_presigned_url(
                "get_object",
                Params={
                    "Bucket": self._bucket,
                    "Key": check_key(key),
                    "VersionId": version_id,
                    "ResponseContentDisposition": f'attachment; filename="{name}"',
                },
                ExpiresIn=int(valid.total_seconds()),
            )
        return address

    def _put(
        self, key: str, path: Path, digest: str, until: datetime, *, legal_hold: bool
    ) -> str | None:
        """Put once; return the version id, or None when the key is there already."""
        hold = {"ObjectLockLegalHoldStatus": "ON"} if legal_hold else {}

        def once() -> str | None:
            with self._asking(f"put {key}", _PUT_NEEDS), path.open("rb") as body:
                try:
                    answer = self._client.put_object(
                        Bucket=self._bucket,
                        Key=key,
                        Body=body,
                        IfNoneMatch="*",
                        # Some servers want the first header as well.
                        ChecksumAlgorithm="SHA256",
                        ChecksumSHA256=base64.b64encode(bytes.fromhex(digest)).decode(),
                        ObjectLockMode=COMPLIANCE,
                        ObjectLockRetainUntilDate=_whole(until),
                        **hold,
                    )
                except botocore.exceptions.ClientError as error:
                    if _code(error) in _KEY_EXISTS:
                        return None
                    raise
            version: str | None = answer.get("VersionId")
            if not version:
                raise StoreRefusedError(
                    f"{self.name}: no version id for {key}; the bucket needs Object Lock"
                )
            return version

        return self._repeat(once)

    def _adopt(
        self, key: str, size: int, sha256: str, retain_until: datetime, *, legal_hold: bool
    ) -> str:
        """Return the version that lies under ``key`` once it is exactly what was asked for."""
        held = self._head(key)
        there = held.sha256 or self._read_hash(key, held.version_id)
        if (held.size, there) != (size, sha256):
            raise ObjectDiffersError(
                f"{self.name}: {key} is there already with other bytes: version "
                f"{held.version_id} has {held.size} bytes and SHA-256 {there}, not {size} and "
                f"{sha256}; find out who wrote it"
            )
        if held.mode != COMPLIANCE or held.retain_until is None or held.retain_until < retain_until:
            self.extend(key, held.version_id, retain_until)
        if legal_hold and not held.legal_hold:
            self.set_legal_hold(key, held.version_id, on=True)
        return held.version_id

    def _head(self, key: str, **version: str) -> Held:
        with self._asking(f"ask for {key}", _HEAD_NEEDS):
            answer = self._client.head_object(
                Bucket=self._bucket, Key=key, ChecksumMode="ENABLED", **version
            )
        return Held(
            version_id=self._answered_for(key, answer, version.get("VersionId")),
            size=answer["ContentLength"],
            sha256=_stored_hash(answer),
            mode=answer.get("ObjectLockMode"),
            retain_until=answer.get("ObjectLockRetainUntilDate"),
            legal_hold=answer.get("ObjectLockLegalHoldStatus") == "ON",
        )

    def _answered_for(self, key: str, answer: Mapping[str, Any], asked: str | None) -> str:
        """Return the version an answer is about, which is the one asked for, if one was."""
        version: str | None = answer.get("VersionId")
        if not version or version == "null":
            raise StoreRefusedError(
                f"{self.name}: no version id for {key}; the bucket needs Object Lock"
            )
        if asked is not None and version != asked:
            raise ObjectDiffersError(
                f"{self.name}: {key}: asked for version {asked}, the server answers with {version}"
            )
        return version

    def _fetch(self, key: str, version_id: str, into: Path) -> None:
        with self._asking(f"read {key}", "s3:GetObjectVersion on the bucket"):
            answer = self._client.get_object(Bucket=self._bucket, Key=key, VersionId=version_id)
            with closing(answer["Body"]) as body, into.open("wb") as file:
                self._answered_for(key, answer, version_id)
                try:
                    for block in body.iter_chunks(_BLOCK):
                        file.write(block)
                except (
                    botocore.exceptions.HTTPClientError,
                    botocore.exceptions.IncompleteReadError,
                    urllib3.exceptions.HTTPError,
                ) as error:
                    raise _AgainError(
                        f"{self.name}: read {key}: cut off after {file.tell()} bytes: {error}"
                    ) from None

    def _read_hash(self, key: str, version_id: str) -> str:
        """Return the SHA-256 of the bytes as they lie there, for servers that keep none."""
        digest = new_sha256()
        with tempfile.TemporaryDirectory() as folder:
            into = Path(folder) / "object"
            self.fetch(key, version_id, into)
            with into.open("rb") as file:
                while block := file.read(_BLOCK):
                    digest.update(block)
        return digest.hexdigest()

    def _retain(self, key: str, version_id: str, until: datetime) -> None:
        self._client.put_object_retention(
            Bucket=self._bucket,
            Key=key,
            VersionId=version_id,
            Retention={"Mode": COMPLIANCE, "RetainUntilDate": _whole(until)},
            ChecksumAlgorithm="SHA256",
        )

    def _delete(self, key: str, version_id: str) -> None:
        with self._asking(f"remove {key} version {version_id}", _REMOVE_NEEDS):
            self._client.delete_object(Bucket=self._bucket, Key=key, VersionId=version_id)

    def _under(self, key: str) -> tuple[list[str], list[str]]:
        """Return the delete markers and the versions that lie under ``key``, by id."""
        found: dict[str, list[str]] = {"DeleteMarkers": [], "Versions": []}
        with self._asking(f"list what lies under {key}", _REMOVE_NEEDS):
            pages = self._client.get_paginator("list_object_versions")
            for page in pages.paginate(Bucket=self._bucket, Prefix=key):
                for kind, listed in found.items():
                    # A prefix finds longer keys too.
                    listed += [one["VersionId"] for one in page.get(kind, ()) if one["Key"] == key]
        return found["DeleteMarkers"], found["Versions"]

    def _check_bucket(self) -> None:
        with self._asking(
            "ask whether the bucket has Object Lock",
            "s3:GetBucketObjectLockConfiguration on the bucket",
        ):
            answer = self._client.get_object_lock_configuration(Bucket=self._bucket)
        if answer.get("ObjectLockConfiguration", {}).get("ObjectLockEnabled") != "Enabled":
            raise refusal(
                store=self.name,
                action="ask whether the bucket has Object Lock",
                needs="",
                code="ObjectLockConfigurationNotFoundError",
                status=200,
                message="",
            )

    def _lock_problems(self, key: str, version: str, until: datetime) -> Iterator[str]:
        """Try what must not be possible with a locked version."""
        held = self.head(key, version)
        if (held.mode, held.retain_until) != (COMPLIANCE, until):
            yield "the lock that was asked for does not come back"
        digest = new_sha256(_PROBE).hexdigest()
        if held.sha256 not in (None, digest) or self._read_hash(key, version) != digest:
            yield "the bytes do not come back"
        if not self._refuses(
            lambda: self._client.delete_object(Bucket=self._bucket, Key=key, VersionId=version)
        ):
            yield "a locked version can be deleted"
        elif not self._refuses(lambda: self._retain(key, version, until - _SHORTER)):
            yield "a lock can be shortened"

    def _put_problems(self, key: str, path: Path, digest: str, until: datetime) -> Iterator[str]:
        """Try what a PUT must refuse."""
        if self._put(key, path, digest, until, legal_hold=False) is not None:
            yield "a key that is there is written again (If-None-Match is ignored)"
        wrong = new_sha256(b"not " + _PROBE).hexdigest()
        try:
            self._put(f"{key}-wrong", path, wrong, until, legal_hold=False)
        except (ObjectDiffersError, StoreRefusedError):
            return
        yield "a file with a wrong SHA-256 is taken"

    def _refuses(self, call: Callable[[], object]) -> bool:
        """Tell whether the server says no to ``call``; when it cannot be asked, raise."""
        try:
            with self._asking("try the lock", "nothing more"):
                call()
        except (StoreRefusedError, ObjectDiffersError):
            return True
        return False

    def _repeat(self, call: Callable[[], _Answer]) -> _Answer:
        """Make ``call`` again while it asks for that, with growing pauses."""
        pause = _FIRST_PAUSE
        for _ in range(self._attempts - 1):
            try:
                return call()
            except _AgainError:
                self._pause(pause)
                pause = min(2 * pause, _LONGEST_PAUSE)
        return call()

    @contextmanager
    def _asking(self, action: str, needs: str) -> Iterator[None]:
        """Turn the library's exceptions into ours."""
        try:
            yield
        except botocore.exceptions.ClientError as error:
            raise self._answered(error, action, needs) from None
        except botocore.exceptions.BotoCoreError as error:
            raise self._unanswered(error, action) from None

    def _answered(
        self, error: botocore.exceptions.ClientError, action: str, needs: str
    ) -> ArchiveError:
        """Say what the server's refusal means."""
        code = _code(error)
        message = error.response.get("Error", {}).get("Message", "")
        if code in _COLLISION:
            return _AgainError(f"{self.name}: {action}: somebody else writes the same key")
        return refusal(
            store=self.name,
            action=action,
            needs=needs,
            code=code,
            status=error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0),
            message=message,
        )

    def _unanswered(self, error: botocore.exceptions.BotoCoreError, action: str) -> ArchiveError:
        """Say why there is no answer from the server at all."""
        said = f"{self.name}: {action}: "
        if isinstance(error, _NO_CREDENTIALS):
            return StoreRefusedError(
                f"{said}no credentials; name a file with access key id and secret in the settings, "
                "or give the machine a role"
            )
        if isinstance(error, botocore.exceptions.SSLError):
            return StoreRefusedError(
                f"{said}the server's certificate is not trusted; name its authority as ca_bundle"
            )
        if isinstance(error, _NO_CONNECTION):
            return StoreUnavailableError(
                f"{said}not reachable after {self._attempts} tries ({type(error).__name__}); "
                "check the endpoint in the settings, and that the server runs"
            )
        return StoreRefusedError(f"{said}{error}")


class _AgainError(StoreUnavailableError):
    """The same call is made again by us before anybody hears of it."""


def _session() -> Any:  # noqa: ANN401  (boto3 has no types)
    """Return a session of one store's own, which takes no part in any other's."""
    core = botocore.session.Session()
    core.register_component("data_loader", _descriptions())
    return boto3.session.Session(botocore_session=core)


@lru_cache(maxsize=1)
def _descriptions() -> Any:  # noqa: ANN401  (botocore has no types)
    """Return botocore's descriptions of S3: read once, which takes a tenth of a second."""
    return botocore.loaders.create_loader()


def _code(error: botocore.exceptions.ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


def _whole(moment: datetime) -> datetime:
    """Return ``moment`` in UTC, rounded up to a second: servers keep no fractions."""
    whole = moment.astimezone(UTC).replace(microsecond=0)
    return whole if whole == moment else whole + timedelta(seconds=1)


def _stored_hash(answer: Mapping[str, Any]) -> str | None:
    """Return the SHA-256 of the whole object, if the server keeps one."""
    checksum = answer.get("ChecksumSHA256")
    if not checksum or answer.get("ChecksumType") == "COMPOSITE" or "-" in checksum:
        return None
    return base64.b64decode(checksum).hex()
