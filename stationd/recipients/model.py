"""Whom files can be enveloped to."""

from dataclasses import dataclass
from datetime import datetime

__all__ = ["Holder"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """A person and the certificate that files for them are enveloped to.

    ``fingerprint`` is the SHA-256 of the certificate, hex; ``ended_at`` None: it is in use.
    """

    fingerprint: str
    name: str
    pem: bytes
    subject: str
    key: str
    until: datetime
    added_by: str
    added_at: datetime
    ended_at: datetime | None = None
