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
from typing import Annotated, Any, ClassVar, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
)

from receivers.registry import RECEIVERS
from stationd.errors import SettingsError
from stationd.places import DEFAULT_PATH

__all__ = [
    "DEFAULT_PATH",
    "ArchiveSettings",
    "AuthoritySettings",
    "DirectoryStore",
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
    "UdpListener",
    "load",
    "load_relay",
    "parse",
    "secret",
]

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "y": 365 * 86400}
_DATABASE = re.compile(
    r"sqlite:///[^?\x00-\x1f]+(\?\S*)?"
    r"|postgresql\+psycopg://([^@/\s]*@)?([^:/@\s]*|\[[0-9A-Fa-f:]+\])(:\d+)?/[^/?\s]+(\?\S*)?"
)
_NAME = r"^[A-Za-z0-9][A-Za-z0-9.-]{0,31}$"


def _period(value: object) -> object:
    """Read ``30s``, ``24h``, ``10y`` (365 days); leave anything else to the type."""
    match = re.fullmatch(r"(\d+)([smhdy])", value) if isinstance(value, str) else None
    if match is None:
        msg = "A period is a whole number and a unit: 30s, 5m, 24h, 30d, 10y"
        raise ValueError(msg)
    return timedelta(seconds=int(match[1]) * _UNITS[match[2]])


Period = Annotated[timedelta, BeforeValidator(_period)]


class _Table(BaseModel):
    """A table of the file: frozen, and no key that it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class StationSettings(_Table):
    """Who we are; both names are in every record, so neither has a default."""

    station: str = Field(pattern=_NAME, description="The station's name in every record.")
    node: str = Field(pattern=_NAME, description="This machine's name in every record.")


class JournalSettings(_Table):
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


class RosterSettings(_Table):
    """The roster: what answering needs per account, as a local file the worker publishes."""

    path: Path = Field(
        default=Path("/var/lib/stationd/roster.json"), description="The roster's file."
    )
    key: str = Field(
        default="roster.key", description="Fernet key that seals panel keys: path or credential."
    )


class DatabaseSettings(_Table):
    """The station database."""

    url: str = Field(
        default="sqlite:////var/lib/stationd-worker/station.sqlite3",
        description="An SQLAlchemy address; SQLite on a local disk.",
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


class LedgerSettings(_Table):
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


class KeySettings(_Table):
    """Keys and certificates of `stationctl keys init`; each a path or a credential's name."""

    seal_key: str = Field(default="seal.key.pem", description="The seal's private key.")
    seal_certificate: str = Field(default="seal.pem", description="The seal's certificate.")
    root: str = Field(default="root.pem", description="The station root's certificate.")
    log_key: str = Field(default="log.key.pem", description="The log's private key (Ed25519).")


class S3Store(_Table):
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


class DirectoryStore(_Table):
    """A sealed local copy; it never lets an account close."""

    kind: Literal["directory"]
    path: Path = Field(description="The folder.")


class ArchiveSettings(_Table):
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


class AuthoritySettings(_Table):
    """A time-stamp authority (RFC 3161)."""

    name: str = Field(pattern=_NAME, description="Its name in records and reports.")
    url: str = Field(pattern=r"^https?://", description="Where requests are sent.")
    trust: str = Field(description="Certificates it is checked against: path or credential.")
    timeout: Period = Field(default=timedelta(seconds=20), description="To be answered.")
    policy: str | None = Field(default=None, description="Policy OID asked for and expected.")
    ask: bool = Field(
        default=True,
        description="false: no longer asked; its stamps of before are still checked against it.",
    )


class PolicySettings(_Table):
    """Periods that counsel signs off; every one can be shortened for a trial."""

    late_buffer: Period = Field(
        default=timedelta(hours=24), description="From END to the close record."
    )
    mail_allowance: Period = Field(
        default=timedelta(days=3), description="Added to the notice period for post."
    )
    effective_hour: int | None = Field(
        default=12,
        ge=0,
        le=23,
        description="Hour of a business day, in the site's time, to which the effective instant "
        "is rolled.",
    )
    effective_roll: bool = Field(
        default=True,
        description="Roll the effective instant to a business day and hour; false for trials.",
    )
    verified_within: Period = Field(
        default=timedelta(hours=24), description="Age at which a bundle must be read back anew."
    )
    session_idle: Period = Field(
        default=timedelta(minutes=15), description="Idle time that ends a login."
    )


class WorkerSettings(_Table):
    """The worker's rhythm."""

    follow_every: Period = Field(
        default=timedelta(seconds=1), description="Longest wait before the journal is read again."
    )
    wake_every: Period = Field(
        default=timedelta(seconds=60), description="Longest wait before due steps are looked at."
    )


class _Listener(_Table):
    """What every listener has."""

    name: str = Field(pattern=_NAME, description="Its name in entries, records and logs.")
    receiver: str = Field(description="The receiver's protocol, a key of the receivers' table.")
    mode: Literal["primary", "tap"] = Field(
        default="primary", description="primary: we answer.  tap: we cannot."
    )
    group: str = Field(
        default="main",
        pattern=_NAME,
        description="Receiver group: account numbers are unique within it.",
    )
    heartbeat: Period | None = Field(
        default=None, description="Longest silence of a healthy receiver; none: unsupervised."
    )
    options: Mapping[str, str | int | bool] = Field(
        default_factory=dict, description="Settings of this receiver's protocol."
    )

    transport: ClassVar[str]

    @field_validator("receiver")
    @classmethod
    def _known_receiver(cls, value: str) -> str:
        if value not in RECEIVERS:
            msg = f"{value} is no receiver; known are: {', '.join(sorted(RECEIVERS))}"
            raise ValueError(msg)
        allowed = RECEIVERS[value].transports
        if cls.transport not in allowed:
            ways = ", ".join(sorted(allowed))
            msg = f"{value} does not come over {cls.transport}, but over {ways}"
            raise ValueError(msg)
        return value

    @field_validator("options")
    @classmethod
    def _known_options(
        cls, options: Mapping[str, str | int | bool], info: ValidationInfo
    ) -> Mapping[str, str | int | bool]:
        receiver = info.data.get("receiver")
        if receiver is not None:  # a wrong receiver has its own complaint
            for name, value in options.items():
                _check_option(receiver, name, value)
        return options


def _check_option(receiver: str, name: str, value: str | int | bool) -> None:  # noqa: FBT001
    """Raise `ValueError` where a receiver's protocol has no such option, or not this value."""
    known = RECEIVERS[receiver].options
    option = known.get(name)
    if option is None:
        names = ", ".join(sorted(known)) or "none"
        msg = f"{receiver} has no option {name}; it has: {names}"
        raise ValueError(msg)
    fits = value in option.choices if option.choices else True
    if type(value) is not type(option.default) or not fits:
        allowed = ", ".join(map(repr, option.choices)) or type(option.default).__name__
        msg = f"option {name} of {receiver} must be {allowed}"
        raise ValueError(msg)
    if isinstance(value, str) and option.pattern and not re.fullmatch(option.pattern, value):
        msg = f"option {name} of {receiver} cannot be {value!r}: {option.help}"
        raise ValueError(msg)
    if isinstance(value, int) and not _within(value, option.least, option.most):
        msg = f"option {name} of {receiver} must be from {option.least} to {option.most}"
        raise ValueError(msg)


def _within(value: int, least: int | None, most: int | None) -> bool:
    return (least is None or least <= value) and (most is None or value <= most)


class TcpListener(_Listener):
    """Where receivers or panels call in over TCP."""

    transport: ClassVar[str] = "tcp"
    kind: Literal["tcp"]
    address: str = Field(default="127.0.0.1", description="The address to listen on.")
    port: int = Field(ge=0, le=65535, description="The port; 0: any free one, for trials.")
    max_connections: int = Field(
        default=2000, ge=1, description="Most connections at a time; more are hung up."
    )


class TcpClientListener(_Listener):
    """A receiver's automation port that we call, and keep calling."""

    transport: ClassVar[str] = "tcp"
    kind: Literal["tcp_client"]
    host: str = Field(min_length=1, description="The receiver's name or address.")
    port: int = Field(ge=1, le=65535, description="The receiver's automation port.")
    most_wait: Period = Field(
        default=timedelta(seconds=30), description="Longest wait between two calls."
    )


class UdpListener(_Listener):
    """Where panels send datagrams."""

    transport: ClassVar[str] = "udp"
    kind: Literal["udp"]
    address: str = Field(default="127.0.0.1", description="The address to listen on.")
    port: int = Field(ge=0, le=65535, description="The port; 0: any free one, for trials.")


class SerialListener(_Listener):
    """A serial line."""

    transport: ClassVar[str] = "serial"
    kind: Literal["serial"]
    device: Path = Field(description="The device; prefer /dev/serial/by-id/….")
    baud: int = Field(default=9600, ge=50, le=4_000_000, description="Its speed.")
    parity: Literal["none", "even", "odd", "mark", "space"] = Field(
        default="none", description="Exactly as at the receiver: it is the only check there is."
    )
    data_bits: Literal[7, 8] = Field(default=8, description="Bits of a character.")
    stop_bits: Literal[1, 2] = Field(default=1, description="Stop bits.")
    reopen_every: Period = Field(
        default=timedelta(seconds=2), description="Wait before a lost device is opened again."
    )


class TcpPair(_Table):
    """A TCP connection through us: one side calls us, and we call the other."""

    kind: Literal["tcp"]
    caller: Literal["automation", "receiver"] = Field(
        default="automation", description="Who calls us; we call the other."
    )
    address: str = Field(default="127.0.0.1", description="The address to be called on.")
    port: int = Field(ge=0, le=65535, description="The port to be called on; 0: any, for trials.")
    host: str = Field(min_length=1, description="Name or address of the one we call.")
    host_port: int = Field(ge=1, le=65535, description="The port of the one we call.")


class SerialPair(_Table):
    """A serial line through us, or the two wires of one that we listen to."""

    kind: Literal["serial"]
    receiver_device: Path = Field(description="The device on which the receiver is heard.")
    automation_device: Path = Field(description="The device on which the automation is heard.")
    baud: int = Field(default=9600, ge=50, le=4_000_000, description="The line's speed.")
    parity: Literal["none", "even", "odd", "mark", "space"] = Field(
        default="none", description="Exactly as at the receiver and the automation."
    )
    data_bits: Literal[7, 8] = Field(default=8, description="Bits of a character.")
    stop_bits: Literal[1, 2] = Field(default=1, description="Stop bits.")
    reopen_every: Period = Field(
        default=timedelta(seconds=2), description="Wait before lost devices are opened again."
    )


class RelayListener(_Listener):
    """A line between a receiver and the automation; `stationd-relay` hands us copies of it."""

    kind: Literal["relay"]
    # A relay never answers, so it has another choice than the rest.
    mode: Literal["proxy", "tap"] = Field(  # type: ignore[assignment]
        default="proxy",
        description="proxy: the relay passes bytes.  tap: it only listens to two serial wires.",
    )
    socket: Path = Field(description="The local socket over which copies come.")
    buffer: int = Field(
        default=32 * 2**20,
        ge=2**16,
        description="Bytes of copies the relay keeps while stationd is away; beyond, it counts.",
    )
    between: Annotated[TcpPair | SerialPair, Field(discriminator="kind")]

    transport: ClassVar[str] = "tcp"

    @field_validator("between")
    @classmethod
    def _way_of_the_receiver(
        cls, between: TcpPair | SerialPair, info: ValidationInfo
    ) -> TcpPair | SerialPair:
        receiver = info.data.get("receiver")
        if receiver is not None and between.kind not in RECEIVERS[receiver].transports:
            msg = f"{receiver} does not come over {between.kind}"
            raise ValueError(msg)
        if info.data.get("mode") == "tap" and between.kind != "serial":
            msg = "only two serial wires can be listened to; a TCP line goes through the relay"
            raise ValueError(msg)
        return between


Listener = Annotated[
    TcpListener | TcpClientListener | UdpListener | SerialListener | RelayListener,
    Field(discriminator="kind"),
]


class Settings(_Table):
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
    worker: WorkerSettings = WorkerSettings()
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
    """Name the listeners whose name another has.

    The raw file is asked, so that no other fault of it hides this one.
    """
    listeners = data.get("listeners")
    seen: set[str] = set()
    problems: list[str] = []
    for place, listener in enumerate(listeners if isinstance(listeners, list) else []):
        name = listener.get("name") if isinstance(listener, dict) else None
        if isinstance(name, str) and name in seen:
            problems.append(f"listeners.{place}.name: another listener is named {name}")
        elif isinstance(name, str):
            seen.add(name)
    return problems


def _problem(fault: Any) -> str:  # noqa: ANN401  (pydantic's own shape)
    place = ".".join(str(part) for part in fault["loc"])
    message = str(fault["msg"]).removeprefix("Value error, ")
    return f"{place}: {message}" if place else message
