"""Settings of letters: who writes them, how they go out, how long one is tried."""

from datetime import timedelta
from pathlib import Path
from typing import Literal

from pydantic import Field

from stationd.tables import Period, Table

__all__ = ["LetterSettings", "PrintSettings", "SenderSettings", "SmtpSettings"]


class SenderSettings(Table):
    """Who writes: it stands in every letter."""

    name: str = Field(default="", description="The company, as in its contracts.")
    license: str = Field(default="", description="Its license: issuer and number.")
    address: str = Field(default="", description="Its postal address, on one line.")
    phone: str = Field(default="", description="Where people answer for a letter.")
    email: str = Field(default="", description="The same by e-mail.")
    signer: str = Field(default="", description="Who signs letters.")
    title: str = Field(default="", description="The title of who signs.")
    pay: str = Field(default="", description="How to pay, in a sentence.")


class SmtpSettings(Table):
    """The mail server that takes e-mail; there is no way to use one without TLS."""

    host: str = Field(min_length=1, description="The server's name, as in its certificate.")
    port: int = Field(default=587, ge=1, le=65535, description="Its port.")
    security: Literal["starttls", "tls"] = Field(
        default="starttls", description="TLS after STARTTLS, or from the first byte (port 465)."
    )
    ca: Path | None = Field(
        default=None, description="Certificates it is checked against; none: the system's."
    )
    credentials: str | None = Field(
        default=None, description="File or credential with user and password, a line each."
    )
    sender: str = Field(
        pattern=r"^[^@\s<>]+@[^@\s<>]+$",
        description="The address mail comes from, and reports of failed delivery go to.",
    )
    timeout: Period = Field(default=timedelta(seconds=60), description="To be answered.")


class PrintSettings(Table):
    """The queue of what is printed and posted by people or by a service."""

    folder: Path = Field(description="The folder; a job is a folder in it.")


class LetterSettings(Table):
    """Letters: who writes them, and how they go out."""

    sender: SenderSettings = SenderSettings()
    currency: str = Field(default="USD", pattern=r"^[A-Z]{3}$", description="Of all amounts.")
    paper: Literal["letter", "a4"] = Field(default="letter", description="Paper of letters.")
    smtp: SmtpSettings | None = Field(default=None, description="None: no e-mail is sent.")
    print: PrintSettings | None = Field(default=None, description="None: nothing is printed.")
    attempts: int = Field(
        default=12, ge=1, le=100, description="Tries of one letter that is not taken for now."
    )
    retry_first: Period = Field(
        default=timedelta(minutes=1),
        description="Time to the second try; it doubles with each one, up to `retry_longest`.",
    )
    retry_longest: Period = Field(
        default=timedelta(hours=4), description="Longest time between two tries."
    )
