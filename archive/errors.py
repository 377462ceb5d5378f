"""Every exception that archive raises on purpose, by what the caller does next.

* `ArchiveError`
    * `MalformedError`: bytes are not of the format they claim; they stay so
    * `KeyFileError`: a key or certificate file is wrong; the text says which and what helps
    * `StoreUnavailableError`: nothing is known to be stored; the same call may be made again
    * `StoreRefusedError`: the store says no; its set-up has to change first
    * `ObjectDiffersError`: what lies in the store is not what was asked for: an incident
    * `AuthorityUnavailableError`: no reply; the same call may be made again
    * `AuthorityRefusedError`: a reply that is no, or that is not true
    * `BundleRejectedError`: a bundle did not pass; its report says where
"""

__all__ = [
    "ArchiveError",
    "AuthorityRefusedError",
    "AuthorityUnavailableError",
    "BundleRejectedError",
    "KeyFileError",
    "MalformedError",
    "ObjectDiffersError",
    "StoreRefusedError",
    "StoreUnavailableError",
]


class ArchiveError(Exception):
    """Base of what archive raises on purpose; its text is a sentence for a person."""


class MalformedError(ArchiveError):
    """Bytes or values are not of the format they must have."""


class KeyFileError(ArchiveError):
    """A key or certificate file is missing, unsafe, or not the one that belongs here."""


class StoreUnavailableError(ArchiveError):
    """The store could not be asked; nothing is known to be stored, the call may be repeated."""


class StoreRefusedError(ArchiveError):
    """The store says no: the text holds what it said, why, and what helps."""


class ObjectDiffersError(ArchiveError):
    """A stored object is not what was asked for; look before anything goes on."""


class AuthorityUnavailableError(ArchiveError):
    """The time-stamp authority did not answer; the call may be repeated."""


class AuthorityRefusedError(ArchiveError):
    """The time-stamp authority said no, or its reply does not hold."""


class BundleRejectedError(ArchiveError):
    """A bundle did not pass every check; ``report`` holds all that was found."""

    def __init__(self, report: object) -> None:
        self.report = report
        super().__init__(str(report))
