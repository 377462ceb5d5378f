"""What a time-stamp authority must do."""

from typing import Protocol

__all__ = ["Authority"]


class Authority(Protocol):
    """Whoever says when something existed (RFC 3161)."""

    @property
    def name(self) -> str:
        """The name in settings, messages and records."""

    @property
    def trust_pem(self) -> bytes:
        """The certificates its stamps are checked against."""

    def stamp(self, data: bytes) -> bytes:
        """Return the checked reply over ``data`` (a TimeStampResp in DER).

        Raises as `stamp_hash` does.
        """

    def stamp_hash(self, digest: bytes) -> bytes:
        """Return the checked reply over the bytes whose SHA-256 is ``digest``.

        Raises `AuthorityUnavailableError` when asking again may help, `AuthorityRefusedError` when
        the authority says no or its reply does not hold.
        """
