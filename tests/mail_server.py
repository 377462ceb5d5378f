"""A mail server on loopback with STARTTLS, that stops, refuses or breaks off where a test says."""

import socket
import ssl
import threading
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

BREAK = "break off"


def make_certificates(folder: Path) -> tuple[Path, Path]:
    """Return the certificate of a new authority, and the server's key with its certificate."""
    now = datetime.now(UTC)
    root_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    root_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test root")])
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])

    def certificate(subject, public, *, ca):
        made = x509.CertificateBuilder().subject_name(subject).issuer_name(root_name)
        made = made.public_key(public).serial_number(x509.random_serial_number())
        made = made.not_valid_before(now - timedelta(days=1))
        made = made.not_valid_after(now + timedelta(days=30))
        made = made.add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        names = x509.SubjectAlternativeName(
            [x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))]
        )
        made = made if ca else made.add_extension(names, critical=False)
        return made.sign(root_key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)

    root, served = folder / "mail-root.pem", folder / "mail.pem"
    root.write_bytes(certificate(root_name, root_key.public_key(), ca=True))
    served.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + certificate(name, key.public_key(), ca=False)
    )
    return root, served


class MailServer:
    """Takes mail.  ``answers`` replaces the reply to a word (``.`` is the end of a message).

    At the words of ``stops`` it tells `reached` and waits for `go`: before it replies, and a
    message that is whole is taken by then.
    """

    def __init__(self, folder: Path, *, offers_tls: bool = True) -> None:
        self.ca, served = make_certificates(folder)
        self._context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self._context.load_cert_chain(served)
        self._offers_tls = offers_tls
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._socket.getsockname()[1])
        self.messages: list[tuple[str, bytes]] = []
        self.logins: list[str] = []
        self.answers: dict[str, str] = {}
        self.stops: set[str] = set()
        self.reached, self.go = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.go.set()
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join(5)

    def _serve(self) -> None:
        while True:
            try:
                taken, _ = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._talk, args=(taken,), daemon=True).start()

    def _talk(self, taken: socket.socket) -> None:
        """Talk in plain text until STARTTLS, then under TLS."""
        with taken, suppress(OSError, ValueError):
            taken.sendall(b"220 localhost ready\r\n")
            if self._session(taken):
                with self._context.wrap_socket(taken, server_side=True) as secured:
                    self._session(secured)

    def _session(self, connection: socket.socket) -> bool:
        """Answer word after word; tell whether the rest is to be under TLS."""
        to = ""
        with connection.makefile("rb") as lines:
            while line := lines.readline():
                word, _, rest = line.strip().decode().partition(" ")
                word = word.upper()
                if word == "STARTTLS":
                    connection.sendall(b"220 go ahead\r\n")
                    return True
                if word == "RCPT":
                    to = rest.partition("<")[2].partition(">")[0]
                if word == "AUTH":
                    self.logins.append(rest)
                if word == "QUIT" or not self._reply(connection, word):
                    return False
                if word == "DATA" and "DATA" not in self.answers:
                    self._message(connection, lines, to)
        return False

    def _message(self, connection: socket.socket, lines: BinaryIO, to: str) -> None:
        body = b""
        while (line := lines.readline()) != b".\r\n":
            if not line:
                return
            body += line[1:] if line.startswith(b".") else line
        if "." not in self.answers or self.answers["."] == BREAK:
            self.messages.append((to, body))
        self._reply(connection, ".")

    def _reply(self, connection: socket.socket, word: str) -> bool:
        if word in self.stops:
            self.reached.set()
            self.go.wait(30)
        said = self.answers.get(word) or self._usual(word)
        if said == BREAK:
            connection.shutdown(socket.SHUT_RDWR)
            return False
        connection.sendall(f"{said}\r\n".encode())
        return True

    def _usual(self, word: str) -> str:
        if word == "EHLO":
            tls = "250-STARTTLS\r\n" if self._offers_tls else ""
            return f"250-localhost\r\n{tls}250 AUTH PLAIN"
        usual = {"DATA": "354 go on", ".": "250 2.0.0 taken as 42", "AUTH": "235 welcome"}
        return usual.get(word, "250 ok")
