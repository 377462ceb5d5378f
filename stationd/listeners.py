"""Settings of the listeners: where receivers and panels are heard, and who may call in."""

import re
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated, ClassVar, Literal
from zoneinfo import ZoneInfo

from pydantic import Field, ValidationInfo, field_validator, model_validator

from receivers.registry import RECEIVERS
from stationd.networks import EVERYONE, PRIVATE, address_of, is_private, read_network
from stationd.tables import NAME, Period, Table

__all__ = [
    "CalledListener",
    "Listener",
    "RelayListener",
    "SerialListener",
    "SerialPair",
    "TcpClientListener",
    "TcpListener",
    "TcpPair",
    "TlsSettings",
    "UdpListener",
]


class _Listener(Table):
    """What every listener has."""

    name: str = Field(pattern=NAME, description="Its name in entries, records and logs.")
    receiver: str = Field(description="The receiver's protocol, a key of the receivers' table.")
    mode: Literal["primary", "tap"] = Field(
        default="primary", description="primary: we answer.  tap: we cannot."
    )
    group: str = Field(
        default="main",
        pattern=NAME,
        description="Receiver group: account numbers are unique within it.",
    )
    heartbeat: Period | None = Field(
        default=None, description="Longest silence of a healthy receiver; none: unsupervised."
    )
    zone: str = Field(
        default="UTC",
        description="Time zone (IANA) of the receiver's own clock, where its frames carry a time.",
    )
    options: Mapping[str, str | int | bool] = Field(
        default_factory=dict, description="Settings of this receiver's protocol."
    )

    transport: ClassVar[str]

    @field_validator("zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (KeyError, ValueError, OSError):
            msg = f"{value} is no time zone of the zone table; a zone is like America/Denver"
            raise ValueError(msg) from None
        return value

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


def _is_admitted(value: object, address: str) -> object:
    """Return who is admitted, or raise `ValueError` with what to write."""
    if value is None:
        if is_private(address):
            return PRIVATE
        msg = (
            f"{address} is reachable from outside private networks: name the networks that may "
            f'call in, as in admit = ["203.0.113.0/24"], or write admit = "{PRIVATE}" for private '
            f'networks only, or admit = "{EVERYONE}" for all'
        )
        raise ValueError(msg)
    if value in (EVERYONE, PRIVATE):
        return value
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        msg = f'must be a list of networks, "{PRIVATE}" or "{EVERYONE}"'
        raise ValueError(msg)
    if not value:
        msg = "an empty list admits nobody; name a network, or take the listener out"
        raise ValueError(msg)
    return tuple(str(read_network(one)) for one in value)


class CalledListener(_Listener):
    """What a listener has where others call in: its address, and limits for strangers."""

    address: str = Field(default="127.0.0.1", description="The address to listen on.")
    port: int = Field(ge=0, le=65535, description="The port; 0: any free one, for trials.")
    admit: str | tuple[str, ...] | None = Field(
        default=None,
        validate_default=True,
        description='Networks that may call in: a list, `"private"` (loopback, private and '
        'link-local addresses) or `"everyone"`.  Without it: private networks; it is needed where '
        "the address is reachable from outside them.",
    )
    unknown_panels: Literal["take", "store", "count"] = Field(
        default="take",
        description="A signal of a number that the roster has not.  take: kept, acknowledged, "
        "parked.  store: kept, not acknowledged.  count: only counted.",
    )
    unknown_per_network: int = Field(
        default=3000,
        ge=1,
        description="Signals of unknown numbers, and of what cannot be read, that are kept of one "
        "network (IPv4 /24, IPv6 /48) in a minute; the rest are counted, not acknowledged.",
    )
    unknown_in_all: int = Field(
        default=12_000, ge=1, description="The same, of all networks together."
    )

    @field_validator("address")
    @classmethod
    def _is_an_address(cls, address: str) -> str:
        if address_of(address) is None:
            msg = (
                f"{address!r} is no address: write 127.0.0.1 for this machine only, an address of "
                "this machine, or 0.0.0.0 or :: for all of them"
            )
            raise ValueError(msg)
        return address

    @field_validator("admit", mode="before")
    @classmethod
    def _named(cls, value: object, info: ValidationInfo) -> object:
        # A wrong address has its own complaint.
        return _is_admitted(value, info.data.get("address", "127.0.0.1"))

    @field_validator("unknown_panels")
    @classmethod
    def _of_panels(cls, value: str, info: ValidationInfo) -> str:
        receiver = info.data.get("receiver")
        if value == "take" or receiver is None:
            return value
        if RECEIVERS[receiver].heartbeat:
            msg = (
                f"{receiver} is a receiver: it speaks for many accounts, and a signal that is not "
                "acknowledged blocks those behind it; leave unknown_panels out"
            )
            raise ValueError(msg)
        if RECEIVERS[receiver].nameless:
            msg = (
                f"an event of {receiver} need not say whose it is, so that of a known panel would "
                "go without an answer as well; leave unknown_panels out"
            )
            raise ValueError(msg)
        if info.data.get("mode") == "tap":
            msg = "a tap answers nobody and keeps what it hears; leave unknown_panels out"
            raise ValueError(msg)
        return value


class TlsSettings(Table):
    """TLS on a TCP listener: its certificate, and those of panels that have one."""

    certificate: str = Field(
        description="Our certificate and those between it and its root, PEM: path or credential."
    )
    key: str = Field(description="Its private key, PEM, without a passphrase: path or credential.")
    client_ca: str | None = Field(
        default=None,
        description="Certificates that callers' certificates are checked against: path or "
        "credential.  Without it none is asked for.",
    )
    client_certificates: Literal["required", "optional"] = Field(
        default="required",
        description="With `client_ca`: who has no certificate is refused, or taken; who has a "
        "wrong one is always refused.",
    )
    handshake: Period = Field(
        default=timedelta(seconds=10),
        ge=timedelta(seconds=1),
        description="Longest time a handshake may take.",
    )

    @model_validator(mode="after")
    def _whole(self) -> "TlsSettings":
        if "client_certificates" in self.model_fields_set and self.client_ca is None:
            msg = "client_certificates needs client_ca, against which they are checked"
            raise ValueError(msg)
        return self


class TcpListener(CalledListener):
    """Where receivers or panels call in over TCP."""

    transport: ClassVar[str] = "tcp"
    kind: Literal["tcp"]
    udp: bool = Field(default=False, description="Hear datagrams on the same port as well.")
    max_connections: int = Field(
        default=2000, ge=1, description="Most connections at a time; more are hung up."
    )
    max_per_network: int = Field(
        default=1500,
        ge=1,
        description="Most connections of one network (IPv4 /24, IPv6 /48) at a time.",
    )
    idle_after: Period = Field(
        default=timedelta(hours=1),
        description="While there are as many connections as there may be, the one without a "
        "signal for the longest time makes room, if that is longer than this (30 s where it never "
        "sent one of a known account).",
    )
    tls: TlsSettings | None = None

    @field_validator("udp")
    @classmethod
    def _over_udp(cls, udp: bool, info: ValidationInfo) -> bool:  # noqa: FBT001  (pydantic's)
        receiver = info.data.get("receiver")
        if udp and receiver is not None and "udp" not in RECEIVERS[receiver].transports:
            msg = f"{receiver} does not come over udp"
            raise ValueError(msg)
        return udp

    @field_validator("tls")
    @classmethod
    def _not_over_udp(cls, tls: TlsSettings | None, info: ValidationInfo) -> TlsSettings | None:
        if tls is not None and info.data.get("udp"):
            msg = "datagrams do not come over TLS; give those a listener of kind udp of their own"
            raise ValueError(msg)
        return tls


class TcpClientListener(_Listener):
    """A receiver's automation port that we call, and keep calling."""

    transport: ClassVar[str] = "tcp"
    kind: Literal["tcp_client"]
    host: str = Field(min_length=1, description="The receiver's name or address.")
    port: int = Field(ge=1, le=65535, description="The receiver's automation port.")
    most_wait: Period = Field(
        default=timedelta(seconds=30), description="Longest wait between two calls."
    )


class UdpListener(CalledListener):
    """Where panels send datagrams."""

    transport: ClassVar[str] = "udp"
    kind: Literal["udp"]


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


class TcpPair(Table):
    """A TCP connection through us: one side calls us, and we call the other."""

    kind: Literal["tcp"]
    caller: Literal["automation", "receiver"] = Field(
        default="automation", description="Who calls us; we call the other."
    )
    address: str = Field(default="127.0.0.1", description="The address to be called on.")
    port: int = Field(ge=0, le=65535, description="The port to be called on; 0: any, for trials.")
    host: str = Field(min_length=1, description="Name or address of the one we call.")
    host_port: int = Field(ge=1, le=65535, description="The port of the one we call.")


class SerialPair(Table):
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
