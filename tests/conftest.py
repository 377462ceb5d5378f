"""Real parts that tests share: an S3 server, a time-stamp authority, a station's keys."""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from hypothesis import settings

from archive.authorities.http import HttpAuthority
from archive.ceremony import Ceremony, make_keys
from archive.stores.s3 import S3Store
from stationd.clock import SystemClock
from stationd.db.engine import Database
from stationd.db.revision import migrate
from stationd.db.rights import give_rights
from stationd.demo.authority import AuthorityServer
from stationd.demo.s3_server import S3Server
from stationd.ids import SystemIds
from tests import haste
from tests.postgresql import PROGRAMS, PostgresServer

_BUCKETS = count(1)
_DATABASES = ("sqlite", "postgresql")

# How long an example takes is the machine's affair: others share it.
settings.register_profile("house", deadline=None)
settings.load_profile("house")

haste.hurry()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let a run keep every station database elsewhere; what names its own stays with that."""
    parser.addoption(
        "--database",
        choices=_DATABASES,
        default="sqlite",
        help="where tests keep the station database that are not made for both",
    )


def pytest_collection_finish() -> None:
    """Do not look through tests and modules for garbage."""
    haste.keep()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run what is marked `both_databases` on both."""
    marked = metafunc.definition.get_closest_marker("both_databases")
    if marked and "database_kind" in metafunc.fixturenames:
        metafunc.parametrize("database_kind", _DATABASES, indirect=True)


@pytest.fixture
def database_kind(request: pytest.FixtureRequest) -> str:
    """Say which database the test gets."""
    return str(getattr(request, "param", request.config.getoption("--database")))


@pytest.fixture
def database_url(database_kind: str, request: pytest.FixtureRequest) -> str:
    """Give the address of a station database of the newest revision, with nothing in it.

    PostgreSQL's is one for all tests of a process, who cannot change its tables.
    """
    if database_kind == "sqlite":
        return f"sqlite:///{request.getfixturevalue('station_file')}"
    server: PostgresServer = request.getfixturevalue("postgres")
    name = request.getfixturevalue("programs_database")
    server.empty(name)
    return server.url(name, PROGRAMS)


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a SQLite station database that tests copy."""
    file = tmp_path_factory.mktemp("migrated") / "station.sqlite3"
    made = Database(f"sqlite:///{file}")
    migrate(made, copy_to=None)
    made.close()
    return file


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """Start a PostgreSQL for this process of the test run."""
    with PostgresServer() as server:
        server.execute(f"CREATE ROLE {PROGRAMS} LOGIN")
        server.execute("CREATE ROLE asked LOGIN PASSWORD 'the-right-one'")
        server.execute("CREATE ROLE keeper LOGIN")
        yield server


@pytest.fixture(scope="session")
def migrated_database(postgres: PostgresServer) -> str:
    """Make a PostgreSQL station database that tests take as template."""
    name = postgres.make()
    made = Database(postgres.url(name))
    migrate(made, copy_to=None)
    with made.writing() as connection:
        give_rights(connection, PROGRAMS)
    made.close()
    return name


@pytest.fixture(scope="session")
def programs_database(postgres: PostgresServer, migrated_database: str) -> str:
    """Make the database that tests use as the programs do."""
    return postgres.make(migrated_database)


@pytest.fixture
def syncing() -> Iterator[None]:
    """Let SQLite wait for the disk, as it does in service."""
    haste.wait()
    yield
    haste.wait_not()


@pytest.fixture
def station_file(migrated_file: Path, tmp_path: Path) -> Path:
    """Return the file of a new station database, where the configurations of tests look for it."""
    return Path(shutil.copyfile(migrated_file, tmp_path / "station.sqlite3"))


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


class TlsAuthority:
    """Who certifies a listener and its panels; each call of `issue` writes a pair of files."""

    def __init__(self, folder: Path, name: str) -> None:
        folder.mkdir()
        self._folder = folder
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self._key = ec.generate_private_key(ec.SECP256R1())
        self.root = folder / "ca.pem"
        signed = self._sign(self._name, self._key.public_key(), None)
        self.root.write_bytes(signed.public_bytes(serialization.Encoding.PEM))

    def issue(self, name: str, *, client: bool = False, days: int = 30) -> tuple[Path, Path]:
        """Write a certificate for ``name`` and its key; return their files."""
        key = ec.generate_private_key(ec.SECP256R1())
        use = ExtendedKeyUsageOID.CLIENT_AUTH if client else ExtendedKeyUsageOID.SERVER_AUTH
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        signed = self._sign(subject, key.public_key(), use, days=days)
        paths = self._folder / f"{name}.pem", self._folder / f"{name}-key.pem"
        paths[0].write_bytes(signed.public_bytes(serialization.Encoding.PEM))
        paths[1].write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        return paths

    def _sign(
        self,
        subject: x509.Name,
        key: ec.EllipticCurvePublicKey,
        use: x509.ObjectIdentifier | None,
        *,
        days: int = 30,
    ) -> x509.Certificate:
        now = datetime.now(UTC)
        built = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=60))
            .not_valid_after(now + timedelta(days=days))
            .add_extension(x509.BasicConstraints(ca=use is None, path_length=None), critical=True)
        )
        if use is not None:
            built = built.add_extension(x509.ExtendedKeyUsage([use]), critical=False)
        return built.sign(self._key, hashes.SHA256())


@pytest.fixture
def tls_authority(tmp_path: Path) -> TlsAuthority:
    """Return who certifies a listener and its panels."""
    return TlsAuthority(tmp_path / "tls", "an authority")


@pytest.fixture
def other_tls_authority(tmp_path: Path) -> TlsAuthority:
    """Return one that nobody was told to trust."""
    return TlsAuthority(tmp_path / "other-tls", "another authority")
