"""Real servers on loopback that take what hooks send, and letters to send."""

import socketserver
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from threading import Thread
from typing import ClassVar

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from stationd.hooks.model import Letter, Page

NOW = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)


@pytest.fixture
def letter() -> Letter:
    page = Page(
        id="p" * 32, kind="overdue_end", subject="c1", said="Case c1 runs on.", began_at=NOW, turn=2
    )
    return Letter(id=f"{page.id}-2", station="station-1", page=page)


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with key and certificate of 127.0.0.1, its own issuer."""
    key = ec.generate_private_key(ec.SECP256R1())
    address = x509.IPAddress(ip_address("127.0.0.1"))
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "loopback")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(datetime.now(UTC) - timedelta(days=1))
        .not_valid_after(datetime.now(UTC) + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([address]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "server.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return path


class WebServer:
    """Takes posts, and answers with a status that the test sets."""

    def __init__(self, certificate: Path | None = None) -> None:
        self.posts: list[tuple[str, dict[str, str], bytes]] = []
        self.status = 204
        self.headers: dict[str, str] = {}
        outer = self

        class Asked(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                content = self.rfile.read(int(self.headers["Content-Length"]))
                outer.posts.append((self.path, dict(self.headers), content))
                self.send_response(outer.status)
                for name, value in outer.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Asked)
        self.port = self._server.server_port
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def web() -> Iterator[WebServer]:
    made = WebServer()
    yield made
    made.stop()


@pytest.fixture
def secure_web(certificate: Path) -> Iterator[WebServer]:
    made = WebServer(certificate)
    yield made
    made.stop()


class _Mail(socketserver.StreamRequestHandler):
    server: "MailServer"
    _WORDS: ClassVar = {"MAIL": "250 ok", "DATA": "354 go on", "QUIT": "221 bye", "RSET": "250 ok"}

    def handle(self) -> None:
        self._say("220 loopback")
        while line := self.rfile.readline():
            word = line.split()[0].upper().decode() if line.split() else ""
            self.server.heard.append(line.decode().strip())
            if word == "EHLO":
                self._say("250-loopback\r\n250-AUTH PLAIN\r\n250 STARTTLS")
            elif word == "STARTTLS":
                self._say("220 go on")
                self.connection = self.server.context.wrap_socket(self.connection, server_side=True)
                self.rfile = self.connection.makefile("rb")
                self.wfile = self.connection.makefile("wb", buffering=0)
            elif word == "AUTH":
                self._say("235 ok")
            elif word == "RCPT":
                refused = self.server.refuses and self.server.refuses in line.decode()
                self._say("550 nobody of that name" if refused else "250 ok")
            elif word == "DATA":
                self._say("354 go on")
                self._take()
            else:
                self._say(self._WORDS.get(word, "250 ok"))

    def finish(self) -> None:
        super().finish()
        self.connection.close()

    def _take(self) -> None:
        text = b""
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            text += line
        self.server.messages.append(text)
        self._say(self.server.answer)

    def _say(self, text: str) -> None:
        self.wfile.write(text.encode() + b"\r\n")


class MailServer(socketserver.ThreadingTCPServer):
    """Speaks as much SMTP as a hook needs; ``refuses`` is an address it does not know."""

    daemon_threads = True

    def __init__(self, certificate: Path) -> None:
        super().__init__(("127.0.0.1", 0), _Mail)
        self.messages: list[bytes] = []
        self.heard: list[str] = []
        self.refuses = ""
        self.answer = "250 taken"
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certificate)
        self.port = self.server_address[1]


@pytest.fixture
def mail_server(certificate: Path) -> Iterator[MailServer]:
    made = MailServer(certificate)
    Thread(target=made.serve_forever, args=(0.02,), daemon=True).start()
    yield made
    made.shutdown()
    made.server_close()
