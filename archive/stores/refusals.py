"""What an S3 server's refusal means, and what helps: one table, in words.

The codes are those of the S3 API; servers differ in which they use for what, so several lead to
the same sentence.
"""

from collections.abc import Mapping
from types import MappingProxyType

from archive.errors import (
    ArchiveError,
    ObjectDiffersError,
    StoreRefusedError,
    StoreUnavailableError,
)

__all__ = ["refusal"]

_REFUSED: Mapping[str, str] = MappingProxyType(
    {
        "NoSuchBucket": "there is no such bucket; make it with Object Lock switched on, or "
        "correct the name in the settings",
        "ObjectLockConfigurationNotFoundError": "the bucket has no Object Lock, so nothing in it "
        "is an archive; make a bucket with Object Lock switched on and name that one",
        "InvalidAccessKeyId": "the server does not know the access key id; check the first line "
        "of the credentials",
        "SignatureDoesNotMatch": "the secret does not belong to the access key id; check the "
        "second line of the credentials",
        "ExpiredToken": "the credentials have expired; renew them",
        "InvalidToken": "the credentials are not those of this server",
        "RequestTimeTooSkewed": "this machine's clock and the server's are too far apart; "
        "synchronise both",
        "PermanentRedirect": "the bucket is in another region; correct region and endpoint",
        "AuthorizationHeaderMalformed": "the bucket is in another region; correct the region",
        "IllegalLocationConstraintException": "the bucket is in another region; correct the region",
        "EntityTooLarge": "the file is larger than the server takes in one piece",
    }
)
_REFUSED_FOR_RIGHTS = ("AccessDenied", "AllAccessDisabled", "AccountProblem", "403", "Forbidden")
_NO_LOCK = ("InvalidRequest", "InvalidBucketState")
_OTHER_BYTES = ("BadDigest", "XAmzContentSHA256Mismatch", "XAmzContentChecksumMismatch")
_NOT_THERE = ("NoSuchKey", "NoSuchVersion", "404", "NotFound", "MethodNotAllowed", "405")
_SERVER_FAULT = 500
_THROTTLED = ("SlowDown", "RequestTimeout", "Throttling", "RequestLimitExceeded", "429")


def refusal(
    *, store: str, action: str, needs: str, code: str, status: int, message: str
) -> ArchiveError:
    """Return the exception for a server's answer to ``action``, which needs rights ``needs``."""
    said = f"{store}: {action}: "
    if status >= _SERVER_FAULT or code in _THROTTLED:
        return StoreUnavailableError(f"{said}the server answers {status} {code}: {message}")
    if code in _OTHER_BYTES:
        return ObjectDiffersError(f"{said}the bytes that arrived do not have the SHA-256 announced")
    if code in _NOT_THERE:
        return ObjectDiffersError(f"{said}it is not there ({code})")
    return StoreRefusedError(said + _why(needs, code, status, message))


def _why(needs: str, code: str, status: int, message: str) -> str:
    """Return what stands behind a no, and what helps."""
    if code in _REFUSED:
        return _REFUSED[code]
    if code in _REFUSED_FOR_RIGHTS:
        return f"refused ({code}); the identity needs {needs}"
    if code in _NO_LOCK:
        return (
            f"refused ({code}: {message}); the bucket needs Object Lock and a retention time that "
            "lies ahead of the server's clock"
        )
    return f"refused ({status} {code}: {message})"
