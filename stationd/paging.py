"""Settings of hooks: whom to tell what people, or other programs, must hear."""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field, field_validator, model_validator

from stationd.tables import NAME, Period, Table

__all__ = [
    "ALARMS",
    "CLEAR_TO_CLOSE",
    "KINDS",
    "CommandHook",
    "FolderHook",
    "Hook",
    "PagingSettings",
    "SmtpHook",
    "WebhookHook",
]

CLEAR_TO_CLOSE = "clear_to_close"

ALARMS: Mapping[str, str] = MappingProxyType(
    {
        "overdue_end": "Service runs on past the end that the customer was told",
        "account_gone": "An account went from the automation platform without a case here",
        "list_refused": "A list of the automation platform was refused",
        "number_reused": "A number in quarantine came up for another customer",
        "bundle_incident": "What lies in the archive is not what was put there",
        "audit_mismatch": "The audit found that the ledger differs",
        "anchors_late": "Time stamps of the ledger are late",
        "archive_failed": "The archive did not pass its self-check",
        "billing_refused": "Billing lines were refused; a payment may be among them",
        "letter_stuck": "A letter did not go out, or nobody knows whether it did",
        "round_failed": "A round fails again and again",
    }
)
"""What people are paged for, and the subject line of each."""

KINDS: Mapping[str, str] = MappingProxyType(
    {**ALARMS, CLEAR_TO_CLOSE: "An account may be closed in automation and billing"}
)
"""What a hook may be told."""

_LOOPBACK = ("127.0.0.1", "::1", "localhost")


class _HookSettings(Table):
    name: str = Field(pattern=NAME, description="The hook's name.")
    kinds: tuple[str, ...] = Field(
        default=(),
        description=f"What it is told: {', '.join(KINDS)}; empty: all but {CLEAR_TO_CLOSE}.",
    )
    timeout: Period = Field(default=timedelta(seconds=20), description="How long one try may take.")

    @field_validator("kinds")
    @classmethod
    def _known(cls, kinds: tuple[str, ...]) -> tuple[str, ...]:
        unknown = [kind for kind in kinds if kind not in KINDS]
        if unknown:
            msg = f"{', '.join(unknown)} is not known; known are {', '.join(KINDS)}"
            raise ValueError(msg)
        return kinds

    def takes(self, kind: str) -> bool:
        """Tell whether the hook is told of this kind."""
        return kind in self.kinds if self.kinds else kind in ALARMS


class CommandHook(_HookSettings):
    """A program that is started with the page as JSON on its standard input; no shell."""

    kind: Literal["command"]
    argv: tuple[str, ...] = Field(min_length=1, description="The program and its arguments.")

    @field_validator("argv")
    @classmethod
    def _absolute(cls, argv: tuple[str, ...]) -> tuple[str, ...]:
        if not argv[0].startswith("/"):
            msg = "the program must be named with its whole path"
            raise ValueError(msg)
        return argv


class SmtpHook(_HookSettings):
    """A mail server that takes a short text."""

    kind: Literal["smtp"]
    host: str = Field(min_length=1, description="The mail server.")
    port: int = Field(default=587, ge=1, le=65535, description="Its port.")
    security: Literal["starttls", "tls", "none"] = Field(
        default="starttls", description="How the way there is protected; none: on loopback only."
    )
    ca_bundle: Path | None = Field(default=None, description="Certificates for the server.")
    user: str | None = Field(default=None, description="Who logs in; none: nobody does.")
    password: str | None = Field(default=None, description="File of the password, or credential.")
    sender: str = Field(pattern=r"^[^@\s]+@[^@\s]+$", description="The address it comes from.")
    to: tuple[str, ...] = Field(min_length=1, description="The addresses it goes to.")

    @model_validator(mode="after")
    def _protected(self) -> "SmtpHook":
        if self.security == "none" and self.host not in _LOOPBACK:
            msg = "security none is for a mail server on this machine; use starttls or tls"
            raise ValueError(msg)
        if (self.user is None) != (self.password is None):
            msg = "user and password go together"
            raise ValueError(msg)
        return self


class WebhookHook(_HookSettings):
    """An address that takes the page as JSON, signed with a secret (HMAC-SHA256)."""

    kind: Literal["webhook"]
    url: str = Field(pattern=r"^https?://[^\s]+$", description="Where it is posted.")
    secret: str = Field(description="File of the secret, at least 16 bytes: path or credential.")
    ca_bundle: Path | None = Field(default=None, description="Certificates for the server.")

    @field_validator("url")
    @classmethod
    def _encrypted(cls, url: str) -> str:
        parts = urlsplit(url)
        if parts.scheme != "https" and parts.hostname not in _LOOPBACK:
            msg = "must be https; http is for this machine alone"
            raise ValueError(msg)
        if parts.username is not None or parts.password is not None:
            msg = "must hold no user and no password: both would stand in logs"
            raise ValueError(msg)
        return url


class FolderHook(_HookSettings):
    """A folder that files are put in whole, for a program that collects them."""

    kind: Literal["folder"]
    path: Path = Field(description="The folder; it must be there.")


Hook = Annotated[CommandHook | SmtpHook | WebhookHook | FolderHook, Field(discriminator="kind")]


class PagingSettings(Table):
    """How often people are told again."""

    repeat: Period = Field(
        default=timedelta(hours=4),
        description="A page is told again after so long, until somebody acknowledges it or it is "
        "over.",
    )

    @field_validator("repeat")
    @classmethod
    def _long_enough(cls, repeat: timedelta) -> timedelta:
        if repeat < timedelta(minutes=1):
            msg = "must be at least 1m"
            raise ValueError(msg)
        return repeat
