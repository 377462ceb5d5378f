"""Settings: the checked object the programs read from the file an operator writes.

Unknown keys are refused, every fault of the file is reported at once with its place, and secrets
are paths of files or names of systemd credentials, never values.
"""

import os
import re
import tomllib
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import unquote
from zoneinfo import ZoneInfo

from pydantic import Field, ValidationError, field_validator, model_validator

from stationd.automation import AutomationSettings
from stationd.errors import SettingsError
from stationd.listeners import (
    CalledListener,
    Listener,
    RelayListener,
    SerialListener,
    SerialPair,
    TcpClientListener,
    TcpListener,
    TcpPair,
    TlsSettings,
    UdpListener,
)
from stationd.paging import Hook, PagingSettings
from stationd.places import DEFAULT_PATH
from stationd.policies import (
    ApprovalSettings,
    BillingSettings,
    LadderSettings,
    LadderStep,
    LadderVersion,
    PolicySettings,
)
from stationd.posting import LetterSettings
from stationd.tables import NAME, Period, Table

__all__ = [
    "DEFAULT_PATH",
    "ApprovalSettings",
    "ArchiveSettings",
    "AuthoritySettings",
    "BillingSettings",
    "CalledListener",
    "CodeSettings",
    "DirectoryStore",
    "LadderSettings",
    "LadderStep",
    "LadderVersion",
    "LetterSettings",
    "Listener",
    "PolicySettings",
    "RelayListener",
    "S3Store",
    "SerialListener",
    "SerialPair",
    "Settings",
    "TcpClientListener",
    "TcpListener",
    "TcpPair",
    "TlsSettings",
    "UdpListener",
    "load",
    "load_relay",
    "parse",
    "secret",
]

_DATABASE = re.compile(
    r"sqlite:///[^?\x00-\x1f]+(\?\S*)?"
    r"|postgresql\+psycopg://([^@/\s]*@)?([^:/@\s]*|\[[0-9A-Fa-f:]+\])(:\d+)?/[^/?\s]+(\?\S*)?"
)


class StationSettings(Table):
    """Who we are; both names are in every record, so neither has a default."""

    station: str = Field(pattern=NAME, description="The station's name in every record.")
    node: str = Field(pattern=NAME, description="This machine's name in every record.")


class JournalSettings(Table):
    """The journal: what stands between a receiver and a lost signal."""

    path: Path = Field(
        default=Path("/var/lib/stationd/journal.sqlite3"),
        description="The journal's file, on a local disk.",
    )
    keep: Period = Field(
        default=timedelta(days=30), description="How long entries stay after they are anchored."
    )
    largest_batch: int = Field(
        default=1000, ge=1, le=10000, description="Most submissions in one transaction."
    )
    most_waiting: int = Field(
        default=100_000,
        ge=100,
        description="Most submissions that wait; beyond, listeners stop reading.",
    )
    patience: Period = Field(
        default=timedelta(seconds=30),
        description="Age of the oldest waiting submission at which the watchdog is told no more.",
    )


class RosterSettings(Table):
    """The roster: what answering needs per account, as a local file the worker publishes."""

    path: Path = Field(
        default=Path("/var/lib/stationd/roster.json"), description="The roster's file."
    )
    key: str = Field(
        default="roster.key", description="Fernet key that seals panel keys: path or credential."
    )


_USER = re.compile(r"[^:]+://([^:/@]+)(:[^@]*)?@")


def _user(address: str) -> str:
    """Return the user that an address names; empty: it names none."""
    found = _USER.match(address)
    return unquote(found[1]) if found else ""


class DatabaseSettings(Table):
    """The station database."""

    url: str = Field(
        default="sqlite:////var/lib/stationd-worker/station.sqlite3",
        description="An SQLAlchemy address; SQLite on a local disk, or PostgreSQL.",
    )
    owner: str = Field(
        default="",
        description="Address with which `stationctl migrate` owns the tables on PostgreSQL; "
        "empty: url.",
    )
    role: str = Field(
        default="",
        description="The programs' role on PostgreSQL, which `stationctl migrate` gives its "
        "rights; empty: the user of url, where owner is set.",
    )

    @field_validator("url")
    @classmethod
    def _address(cls, url: str) -> str:
        if not _DATABASE.fullmatch(url):
            msg = (
                "must be sqlite:/// and the path of a file, or "
                "postgresql+psycopg://user@host:port/name"
            )
            raise ValueError(msg)
        return url

    @field_validator("owner")
    @classmethod
    def _owner(cls, owner: str) -> str:
        if owner and (owner.startswith("sqlite") or not _DATABASE.fullmatch(owner)):
            msg = "must be postgresql+psycopg://owner@host:port/name"
            raise ValueError(msg)
        return owner

    @model_validator(mode="after")
    def _roles(self) -> "DatabaseSettings":
        if not (self.owner or self.role):
            return self
        if self.url.startswith("sqlite"):
            msg = "owner and role are for PostgreSQL; SQLite has no roles"
            raise ValueError(msg)
        if not self.programs_role:
            msg = "url names no user, so role must say who gets the programs' rights"
            raise ValueError(msg)
        if self.programs_role == _user(self.owner or self.url):
            msg = "the programs' role must be another than the owner's, who may change everything"
            raise ValueError(msg)
        return self

    @property
    def programs_role(self) -> str:
        """Who gets the programs' rights on PostgreSQL; empty: the owner runs everything."""
        return self.role or (_user(self.url) if self.owner else "")


class LedgerSettings(Table):
    """The ledger and its checkpoints."""

    origin: str = Field(
        min_length=1,
        pattern=r"^[^\s+]+$",
        description="The log's name in every checkpoint note, such as log.example.com/station-1.",
    )
    checkpoint_every: Period = Field(
        default=timedelta(seconds=60), description="Longest time without a checkpoint."
    )
    anchor_every: Period = Field(
        default=timedelta(hours=1),
        description="Time between two stamps over the newest checkpoint; what waits for one is "
        "stamped at once.",
    )
    anchor_late: Period = Field(
        default=timedelta(hours=2),
        description="Time without a stamp, or with a stamp that waits for the archive, after "
        "which there is an alarm.",
    )
    audit_rate: int = Field(
        default=200,
        ge=0,
        le=100_000,
        description="Records a second that the running audit hashes again; 0: none.",
    )


class TokenSettings(Table):
    """A token (PKCS#11) that holds the seal's key; ``seal_key`` is not asked for then."""

    module: Path = Field(description="The PKCS#11 module of the token's maker.")
    token: str = Field(min_length=1, description="The token's label.")
    key: str = Field(min_length=1, description="The label of the private key on it.")
    pin: str = Field(description="File with the user's PIN: path or credential.")


class KeySettings(Table):
    """Keys and certificates of `stationctl keys init`; each a path or a credential's name."""

    seal_key: str = Field(default="seal.key.pem", description="The seal's private key.")
    seal_certificate: str = Field(default="seal.pem", description="The seal's certificate.")
    root: str = Field(default="root.pem", description="The station root's certificate.")
    log_key: str = Field(default="log.key.pem", description="The log's private key (Ed25519).")
    crls: tuple[str, ...] = Field(
        default=(),
        description="Lists of revoked certificates (CRL) of the seal certificate's issuers: the "
        "root's own, or those of whoever issued it. They go into each bundle.",
    )
    responder_key: str | None = Field(
        default=None,
        description="Key that answers from the root's list when a bundle is sealed (OCSP); none: "
        "no answers in bundles.",
    )
    responder_certificate: str = Field(
        default="ocsp.pem", description="The responder's certificate."
    )
    token: TokenSettings | None = Field(
        default=None, description="A token with the seal's key, in place of `seal_key`."
    )


class S3Store(Table):
    """A bucket with Object Lock."""

    kind: Literal["s3"]
    bucket: str = Field(min_length=3, description="The bucket; it must have Object Lock.")
    endpoint: str | None = Field(default=None, description="Address of the server; none: AWS.")
    region: str = Field(default="us-east-1", description="The bucket's region.")
    addressing: Literal["path", "virtual", "auto"] = Field(
        default="auto", description="How the bucket stands in addresses."
    )
    credentials: str | None = Field(
        default=None,
        description="File or credential with access key id and secret, a line each; none: the "
        "machine's own role.",
    )
    ca_bundle: Path | None = Field(default=None, description="Certificates for the endpoint.")
    connect_timeout: Period = Field(default=timedelta(seconds=5), description="To connect.")
    read_timeout: Period = Field(default=timedelta(seconds=60), description="To be answered.")
    attempts: int = Field(default=5, ge=1, le=20, description="Tries of one request.")


class DirectoryStore(Table):
    """A sealed local copy; it never lets an account close."""

    kind: Literal["directory"]
    path: Path = Field(description="The folder.")


class ArchiveSettings(Table):
    """Where bundles lie."""

    store: Annotated[S3Store | DirectoryStore, Field(discriminator="kind")]
    sealed: Path = Field(
        default=Path("/var/lib/stationd-worker/sealed"),
        description="Finished bundles stay here as the sealed local copy.",
    )
    retention: Period = Field(
        default=timedelta(days=3650), description="Lock of closing bundles and anchors."
    )
    retention_other: Period = Field(
        default=timedelta(days=730), description="Lock of every other kind."
    )
    renew_every: Period = Field(
        default=timedelta(days=365),
        description="Time between two lists of everything that is stored, each stamped anew.",
    )
    paper: Literal["letter", "a4"] = Field(
        default="letter", description="Paper of the printed report in a bundle."
    )
    internal_to: tuple[Path, ...] = Field(
        default=(),
        description="Certificates (PEM) of those who may read the compartment internal; without "
        "any it is not archived.",
    )
    privileged_to: tuple[Path, ...] = Field(
        default=(),
        description="Certificates (PEM) of counsel, who may read the compartment privileged; "
        "without any it is not archived.",
    )


class AuthoritySettings(Table):
    """A time-stamp authority (RFC 3161)."""

    name: str = Field(pattern=NAME, description="Its name in records and reports.")
    url: str = Field(pattern=r"^https?://", description="Where requests are sent.")
    trust: str = Field(description="Certificates it is checked against: path or credential.")
    crls: tuple[str, ...] = Field(
        default=(),
        description="Lists of revoked certificates (CRL) of its certificates' issuers: path or "
        "credential. They go into each bundle.",
    )
    timeout: Period = Field(default=timedelta(seconds=20), description="To be answered.")
    policy: str | None = Field(default=None, description="Policy OID asked for and expected.")
    ask: bool = Field(
        default=True,
        description="false: no longer asked; its stamps of before are still checked against it.",
    )


class CodeSettings(Table):
    """Codes of panels that no table of the program explains."""

    file: Path | None = Field(
        default=None,
        description="A TOML file of own codes (docs/howto/add-codes.md); none: there are none.",
    )


class WorkerSettings(Table):
    """The worker's rhythm."""

    follow_every: Period = Field(
        default=timedelta(seconds=1), description="Longest wait before the journal is read again."
    )
    wake_every: Period = Field(
        default=timedelta(seconds=60), description="Longest wait before due steps are looked at."
    )
    zone: str = Field(
        default="UTC", description="Time zone (IANA) in which daily rounds and reports have a day."
    )

    reports: Path = Field(
        default=Path("/var/lib/stationd-worker/reports"),
        description="Folder of the lists that are made by the week and the month.",
    )

    @field_validator("zone")
    @classmethod
    def _known(cls, zone: str) -> str:
        try:
            ZoneInfo(zone)
        except (KeyError, ValueError, OSError):
            msg = "must be a name of the IANA time zones, such as America/Los_Angeles"
            raise ValueError(msg) from None
        return zone


class Settings(Table):
    """The whole file."""

    station: StationSettings
    ledger: LedgerSettings
    journal: JournalSettings = JournalSettings()
    roster: RosterSettings = RosterSettings()
    database: DatabaseSettings = DatabaseSettings()
    keys: KeySettings = KeySettings()
    archive: ArchiveSettings | None = None
    authorities: tuple[AuthoritySettings, ...] = ()
    policies: PolicySettings = PolicySettings()
    approvals: ApprovalSettings = ApprovalSettings()
    billing: BillingSettings = BillingSettings()
    ladder: LadderSettings = LadderSettings()
    letters: LetterSettings = LetterSettings()
    worker: WorkerSettings = WorkerSettings()
    codes: CodeSettings = CodeSettings()
    automation: AutomationSettings = AutomationSettings()
    paging: PagingSettings = PagingSettings()
    hooks: tuple[Hook, ...] = ()
    listeners: tuple[Listener, ...] = ()


def parse(text: str, where: str) -> Settings:
    """Check ``text``, or raise `SettingsError` naming everything wrong in it."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(where, [str(error)]) from None
    repeated = _names_given_twice(data)
    try:
        settings = Settings.model_validate(data)
    except ValidationError as error:
        faults = [_problem(fault) for fault in error.errors()]
        raise SettingsError(where, faults + repeated) from None
    if repeated:
        raise SettingsError(where, repeated)
    return settings


def load(path: Path) -> Settings:
    """Read ``path``, or raise `SettingsError` naming everything wrong in it."""
    return parse(_read(path), path.name)


def load_relay(path: Path, name: str) -> RelayListener:
    """Read the relay ``name`` out of ``path``, or raise `SettingsError`.

    Nothing else in the file is looked at: a fault elsewhere must not cut a line.
    """
    text = _read(path)
    try:
        listeners = tomllib.loads(text).get("listeners")
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(path.name, [str(error)]) from None
    for table in listeners if isinstance(listeners, list) else []:
        if isinstance(table, dict) and (table.get("kind"), table.get("name")) == ("relay", name):
            try:
                return RelayListener.model_validate(table)
            except ValidationError as error:
                faults = [_problem(fault) for fault in error.errors()]
                raise SettingsError(path.name, faults) from None
    raise SettingsError(path.name, [f'no listener of kind "relay" is named {name}'])


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        reason = error.strerror or str(error)
        raise SettingsError(str(path), [f"{reason}; name the file with --config"]) from None
    except UnicodeDecodeError as error:
        raise SettingsError(str(path), [f"not UTF-8 at byte {error.start}"]) from None


def secret(name: str, environment: Mapping[str, str] = os.environ) -> Path:
    """Return the file of a secret: a path, or a systemd credential's name."""
    if "/" in name or "CREDENTIALS_DIRECTORY" not in environment:
        return Path(name)
    return Path(environment["CREDENTIALS_DIRECTORY"]) / name


def _names_given_twice(data: Mapping[str, Any]) -> list[str]:
    """Name the listeners and the hooks whose name another has.

    The raw file is asked, so that no other fault of it hides this one.
    """
    return [
        problem
        for table, what in (("listeners", "listener"), ("hooks", "hook"))
        for problem in _given_twice(data.get(table), table, what)
    ]


def _given_twice(tables: object, table: str, what: str) -> list[str]:
    seen: set[str] = set()
    problems: list[str] = []
    for place, one in enumerate(tables if isinstance(tables, list) else []):
        name = one.get("name") if isinstance(one, dict) else None
        if isinstance(name, str) and name in seen:
            problems.append(f"{table}.{place}.name: another {what} is named {name}")
        elif isinstance(name, str):
            seen.add(name)
    return problems


def _problem(fault: Any) -> str:  # noqa: ANN401  (pydantic's own shape)
    place = ".".join(str(part) for part in fault["loc"])
    message = str(fault["msg"]).removeprefix("Value error, ")
    return f"{place}: {message}" if place else message
