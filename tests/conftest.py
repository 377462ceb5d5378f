"""Real parts that tests share: an S3 server, a time-stamp authority, a station's keys."""

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import pytest
from hypothesis import settings

from archive.authorities.http import HttpAuthority
from archive.ceremony import Ceremony, make_keys
from archive.stores.s3 import S3Store
from stationd.clock import SystemClock
from stationd.demo.authority import AuthorityServer
from stationd.demo.s3_server import S3Server
from stationd.ids import SystemIds

_BUCKETS = count(1)

# How long an example takes is the machine's affair: others share it.
settings.register_profile("house", deadline=None)
settings.load_profile("house")


@pytest.fixture(scope="session")
def s3_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    """Start a server for this process of the test run; it has a bucket with Object Lock."""
    folder = tmp_path_factory.mktemp("s3")
    with S3Server(folder, clock=SystemClock(), ids=SystemIds()) as server:
        yield server


@pytest.fixture
def s3_store(s3_server: S3Server) -> S3Store:
    """Return a store on an empty bucket with Object Lock, with the worker's identity."""
    bucket = f"{s3_server.bucket}-{next(_BUCKETS)}"
    s3_server.make_bucket(bucket)
    return s3_server.store(bucket=bucket)


@pytest.fixture(scope="session")
def authority_server() -> Iterator[AuthorityServer]:
    """Start a time-stamp authority on loopback that goes by the machine's clock."""
    with AuthorityServer(SystemClock(), SystemIds()) as server:
        yield server


@pytest.fixture
def authority(authority_server: AuthorityServer) -> HttpAuthority:
    """Return what asks the authority, and trusts it."""
    return HttpAuthority(
        name="trial",
        url=authority_server.url,
        trust_pem=authority_server.trust_pem,
        timeout=5.0,
        policy=None,
        random=SystemIds().bytes,
    )


@pytest.fixture
def keys(tmp_path: Path) -> Ceremony:
    """Return a station's root, seal and log keys, made now."""
    return make_keys(
        tmp_path / "keys", station="station-1", now=datetime.now(UTC), serials=count(1)
    )
