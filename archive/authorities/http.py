"""A time-stamp authority over HTTP (RFC 3161 3.4)."""

from collections.abc import Callable
from hashlib import sha256

import urllib3

from archive.errors import AuthorityRefusedError, AuthorityUnavailableError
from archive.timestamps import check_reply, request

__all__ = ["HttpAuthority"]

_QUERY = "application/timestamp-query"
_REPLY = "application/timestamp-reply"
_NONCE_BYTES = 8
# A reply with certificates is 2 to 6 kB; ten times that is somebody else's answer.
_LARGEST_REPLY = 64 * 1024
# Each read waits at most the timeout, so their number bounds a server that drips.
_MOST_READS = 100

# What may pass by itself: too busy, or broken for now.
_TOO_EARLY, _TOO_MANY, _TIMED_OUT, _SERVER_FAULT, _OK = 425, 429, 408, 500, 200


class HttpAuthority:
    """Asks one authority; every reply is checked before it is returned.

    ``random`` draws the nonce, which shows that a reply is not an old one.  One request is one
    try: whoever asks decides when to ask again.
    """

    def __init__(
        self,
        name: str,
        url: str,
        trust_pem: bytes,
        timeout: float,
        policy: str | None,
        random: Callable[[int], bytes],
    ) -> None:
        self.name = name
        self.trust_pem = trust_pem
        self._url = url
        self._policy = policy
        self._random = random
        self._timeout = timeout
        self._pool = urllib3.PoolManager(
            timeout=urllib3.Timeout(connect=timeout, read=timeout), retries=False
        )

    def stamp(self, data: bytes) -> bytes:
        """Return the checked reply over ``data`` (a TimeStampResp in DER)."""
        return self.stamp_hash(sha256(data).digest())

    def stamp_hash(self, digest: bytes) -> bytes:
        """Return the checked reply over the bytes whose SHA-256 is ``digest``."""
        nonce = int.from_bytes(self._random(_NONCE_BYTES))
        reply = self._ask(request(digest, nonce=nonce, policy=self._policy))
        try:
            check_reply(reply, digest, nonce=nonce, trust_pem=self.trust_pem, policy=self._policy)
        except AuthorityRefusedError as error:
            raise AuthorityRefusedError(f"{self.name}: {error}") from None
        return reply

    def _ask(self, query: bytes) -> bytes:
        try:
            response = self._pool.request(
                "POST",
                self._url,
                body=query,
                headers={"Content-Type": _QUERY, "Accept": _REPLY},
                preload_content=False,
                redirect=False,
            )
            try:
                self._check_response(response)
                return self._read(response)
            finally:
                # Not given back: what is left unread would be taken for the next reply.
                response.close()
        except urllib3.exceptions.HTTPError as error:
            raise AuthorityUnavailableError(
                f"{self.name}: no answer from {self._url}: {_reason(error)}"
            ) from None

    def _check_response(self, response: urllib3.BaseHTTPResponse) -> None:
        status = response.status
        if status >= _SERVER_FAULT or status in (_TOO_EARLY, _TOO_MANY, _TIMED_OUT):
            raise AuthorityUnavailableError(f"{self.name}: {self._url} answers HTTP {status}")
        if status != _OK:
            raise AuthorityRefusedError(
                f"{self.name}: {self._url} answers HTTP {status}; check the address in the settings"
            )
        content_type = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        if content_type != _REPLY:
            raise AuthorityRefusedError(
                f"{self.name}: {self._url} answers with {content_type or 'no content type'}, "
                f"not {_REPLY}; check the address in the settings"
            )

    def _read(self, response: urllib3.BaseHTTPResponse) -> bytes:
        reply = bytearray()
        for _ in range(_MOST_READS):
            part = response.read1(_LARGEST_REPLY + 1, decode_content=False)
            if not part:
                return bytes(reply)
            reply += part
            if len(reply) > _LARGEST_REPLY:
                raise AuthorityRefusedError(
                    f"{self.name}: the answer is larger than {_LARGEST_REPLY} bytes"
                )
        raise AuthorityUnavailableError(
            f"{self.name}: the answer came in more than {_MOST_READS} pieces and was given up"
        )


def _reason(error: urllib3.exceptions.HTTPError) -> str:
    """Return what happened, without the library's own objects in it."""
    # The library counts a refused connection among its time-outs.
    if isinstance(error, urllib3.exceptions.TimeoutError) and not isinstance(
        error, urllib3.exceptions.NewConnectionError
    ):
        return "timed out"
    return str(error).rpartition(": ")[2] or type(error).__name__
