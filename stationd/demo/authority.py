"""A time-stamp authority on loopback, for the demo and for tests."""

from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Self

from archive.authorities.trial import TrialAuthority, make_authority
from stationd.clock import Clock
from stationd.ids import Ids

__all__ = ["AuthorityServer"]

_QUERY = "application/timestamp-query"
_REPLY = "application/timestamp-reply"
# A request is under a hundred bytes; nobody needs more.
_LARGEST_QUERY = 4096


class AuthorityServer:
    """A trial authority that answers over HTTP on 127.0.0.1, by the clock it was given.

    Use it as a context manager, or call `start` and `stop`.
    """

    def __init__(self, clock: Clock, ids: Ids, *, port: int = 0) -> None:
        self._clock = clock
        self._ids = ids
        self.authority: TrialAuthority = make_authority(
            now=clock.now(), serials=(self._serial() for _ in range(2))
        )
        self._server = ThreadingHTTPServer(("127.0.0.1", port), self._asked())
        self._server.daemon_threads = True
        self._thread: Thread | None = None

    @property
    def url(self) -> str:
        """Where requests are sent."""
        return f"http://127.0.0.1:{self._server.server_port}/"

    @property
    def trust_pem(self) -> bytes:
        """The certificate its stamps are checked against."""
        return self.authority.trust_pem

    def start(self) -> Self:
        """Answer from now on."""
        # The poll interval bounds how long `stop` takes.
        self._thread = Thread(
            target=self._server.serve_forever, args=(0.02,), name="trial-authority", daemon=True
        )
        self._thread.start()
        return self

    def stop(self) -> None:
        """Answer no more; the port is free afterwards."""
        if self._thread is not None:
            self._server.shutdown()
            self._thread.join()
            self._thread = None
        self._server.server_close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _serial(self) -> int:
        # Positive, and within the 20 bytes that X.509 allows.
        return int.from_bytes(b"\x01" + self._ids.bytes(15))

    def _reply(self, query: bytes) -> bytes:
        return self.authority.reply(query, now=self._clock.now(), serial=self._serial())

    def _asked(self) -> type[BaseHTTPRequestHandler]:
        """Return the class that the server makes for each request, bound to this authority."""
        reply = self._reply

        class Asked(BaseHTTPRequestHandler):
            """One request."""

            timeout = 10

            def do_POST(self) -> None:
                """Answer a time-stamp request."""
                length = int(self.headers.get("Content-Length", "0"))
                if self.headers.get_content_type() != _QUERY or length > _LARGEST_QUERY:
                    self.send_error(HTTPStatus.BAD_REQUEST, f"send a {_QUERY}")
                    return
                answer = reply(self.rfile.read(length))
                self.send_response(HTTPStatus.OK)
                self.send_header("Content-Type", _REPLY)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_: object) -> None:
                """Say nothing: the programs that ask have logs of their own."""

        return Asked
