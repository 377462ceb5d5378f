import pytest

from archive.errors import ObjectDiffersError, StoreRefusedError, StoreUnavailableError
from archive.stores.refusals import refusal


def said(code, status=400, message="the server's words"):
    return refusal(
        store="s3 bucket worm",
        action="put bundles/a",
        needs="s3:PutObject",
        code=code,
        status=status,
        message=message,
    )


@pytest.mark.parametrize(
    ("code", "status", "kind", "words"),
    [
        ("InternalError", 500, StoreUnavailableError, "answers 500 InternalError"),
        ("ServiceUnavailable", 503, StoreUnavailableError, "answers 503"),
        ("SlowDown", 400, StoreUnavailableError, "SlowDown"),
        ("BadDigest", 400, ObjectDiffersError, "do not have the SHA-256"),
        ("XAmzContentChecksumMismatch", 400, ObjectDiffersError, "do not have the SHA-256"),
        ("NoSuchKey", 404, ObjectDiffersError, "it is not there"),
        ("404", 404, ObjectDiffersError, "it is not there"),
        ("NoSuchVersion", 404, ObjectDiffersError, "it is not there"),
        ("NoSuchBucket", 404, StoreRefusedError, "make it with Object Lock"),
        ("ObjectLockConfigurationNotFoundError", 404, StoreRefusedError, "has no Object Lock"),
        ("SignatureDoesNotMatch", 403, StoreRefusedError, "second line of the credentials"),
        ("InvalidAccessKeyId", 403, StoreRefusedError, "first line of the credentials"),
        ("RequestTimeTooSkewed", 403, StoreRefusedError, "clock"),
        ("AccessDenied", 403, StoreRefusedError, "the identity needs s3:PutObject"),
        ("403", 403, StoreRefusedError, "the identity needs s3:PutObject"),
        ("InvalidRequest", 400, StoreRefusedError, "needs Object Lock and a retention time"),
        ("InvalidBucketState", 409, StoreRefusedError, "needs Object Lock and a retention time"),
        ("SomethingNew", 418, StoreRefusedError, "418 SomethingNew: the server's words"),
    ],
)
def test_a_refusal_says_what_was_asked_why_not_and_what_helps(code, status, kind, words):
    error = said(code, status)

    assert type(error) is kind
    assert str(error).startswith("s3 bucket worm: put bundles/a: ")
    assert words in str(error)
