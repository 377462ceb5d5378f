"""A webhook: the page as JSON, posted once a try, signed with the secret; no redirect is followed.

``X-Stationd-Signature: sha256=`` is the HMAC of the time stamp's digits, a full stop and the body,
so that neither can be exchanged; ``Idempotency-Key`` is the same for every try of one page.
"""

import hmac
from datetime import datetime
from hashlib import sha256

import urllib3

from stationd.errors import UnavailableError
from stationd.hooks.model import Letter, body
from stationd.paging import WebhookHook
from stationd.settings import secret

__all__ = ["SHORTEST_SECRET", "post", "signature"]

SHORTEST_SECRET = 16
_GOOD = range(200, 300)


def signature(key: bytes, at: str, content: bytes) -> str:
    """Return the value of the header that the receiver makes for itself and compares."""
    return "sha256=" + hmac.new(key, at.encode() + b"." + content, sha256).hexdigest()


def post(hook: WebhookHook, letter: Letter, now: datetime) -> None:
    """Post the page; raise `UnavailableError` unless the answer is one of success."""
    key = _key(hook)
    content = body(letter)
    at = str(int(now.timestamp()))
    headers = {
        "Content-Type": "application/json",
        "Idempotency-Key": letter.id,
        "User-Agent": "stationd",
        "X-Stationd-Signature": signature(key, at, content),
        "X-Stationd-Timestamp": at,
    }
    seconds = hook.timeout.total_seconds()
    try:
        with urllib3.PoolManager(
            timeout=urllib3.Timeout(total=seconds),
            retries=False,
            ca_certs=None if hook.ca_bundle is None else str(hook.ca_bundle),
            cert_reqs="CERT_REQUIRED",
        ) as pool:
            # The answer's body is never read: only its status counts.
            response = pool.request(
                "POST",
                hook.url,
                body=content,
                headers=headers,
                preload_content=False,
                redirect=False,
            )
            response.close()
    except (urllib3.exceptions.HTTPError, OSError) as error:
        raise UnavailableError(f"{hook.name}: no answer: {type(error).__name__}") from None
    if response.status not in _GOOD:
        raise UnavailableError(f"{hook.name}: the answer is HTTP {response.status}")


def _key(hook: WebhookHook) -> bytes:
    path = secret(hook.secret)
    try:
        key = path.read_bytes().strip()
    except OSError as error:
        raise UnavailableError(f"{path}: {error.strerror}; it must hold the secret") from None
    if len(key) < SHORTEST_SECRET:
        raise UnavailableError(f"{path}: the secret must have {SHORTEST_SECRET} bytes or more")
    return key
