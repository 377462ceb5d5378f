"""A caller over TLS is nobody until its handshake is done."""

import ssl
from pathlib import Path
from typing import Any

import pytest
from twisted.internet.address import IPv4Address
from twisted.internet.error import ConnectionDone
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure

from stationd.journal.model import Kind
from stationd.net.certificates import Certificates
from stationd.net.line import Link
from stationd.net.strangers import Strangers
from stationd.net.tcp_server import TcpEdge
from stationd.settings import TcpListener, TlsSettings

DONE = Failure(ConnectionDone())
HANDSHAKE_SECONDS = 10


class Sockets:
    """The house's reactor, with a port."""

    def __init__(self, house: Any) -> None:
        self.callLater = house.reactor.callLater
        self.seconds = house.reactor.seconds
        self.factory: Any = None

    def listenTCP(self, port: int, factory: Any, **options: object) -> "Sockets":
        self.factory = factory
        return self

    def stopListening(self) -> None:
        """End it."""


class Office:
    """A TLS listener's edge."""

    def __init__(self, house: Any, authority: Any, **tls: Any) -> None:
        self.house = house
        certificate, key = authority.issue("panels")
        asked = TlsSettings(certificate=str(certificate), key=str(key), **tls)
        self.limits = Strangers(None, policy="take", per_network=99, in_all=99)
        self.line = house.line(heartbeat=True, intake=house.intake(strangers=self.limits))
        self.sockets: Any = Sockets(house)
        self.link = Link(self.line.intake, lambda: None)
        self.certificate = Path(certificate)
        self.edge = TcpEdge(
            TcpListener(kind="tcp", name="line", receiver="dc09", port=0, tls=asked),
            self.line,
            self.link,
            self.sockets,
            certificates=Certificates(asked, listener="line", in_thread=house.thread),
        )
        self.edge.start()

    def call(self, host: str = "10.0.0.1") -> Any:
        protocol = self.sockets.factory.buildProtocol(IPv4Address("TCP", host, 99))
        if protocol is not None:
            protocol.makeConnection(StringTransport())
        return protocol

    def counted(self) -> list[tuple[str, int]]:
        return [(one.fault, one.count) for one in self.limits.everything()]


class Panel:
    """A panel's TLS, without a socket."""

    def __init__(
        self, office: Office, trusted: Path, *, own: tuple[Path, Path] | None = None
    ) -> None:
        context = ssl.create_default_context(cafile=str(trusted))
        context.check_hostname = False
        if own is not None:
            context.load_cert_chain(*own)
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._in, self._out)
        self._office = office
        self.other = office.call()

    def exchange(self) -> None:
        """Carry bytes both ways until there are none."""
        for _ in range(10):
            sent = self._out.read()
            if sent:
                self.other.dataReceived(sent)
            self._office.house.reactor.advance(0)
            self._in.write(self.other.transport.value())
            self.other.transport.clear()

    def shake_hands(self) -> None:
        for _ in range(4):
            try:
                self._tls.do_handshake()
            except ssl.SSLWantReadError:
                self.exchange()
        self.exchange()

    def says(self, data: bytes) -> None:
        self._tls.write(data)
        self.exchange()

    def hears(self) -> bytes:
        self.exchange()
        return self._tls.read(4096)


@pytest.fixture
def office(house: Any, tls_authority: Any) -> Office:
    return Office(house, tls_authority)


def test_a_frame_over_tls_is_kept_and_answered_over_tls(
    house: Any, office: Office, tls_authority: Any
) -> None:
    panel = Panel(office, tls_authority.root)
    panel.shake_hands()
    panel.says(b"one.")
    house.thread.run_all()
    assert panel.hears() == b"<one.>"
    assert house.pages.entries(Kind.FRAME)[0].peer == "10.0.0.1:99"


def test_before_its_handshake_nobody_is_told_of(
    house: Any, office: Office, tls_authority: Any
) -> None:
    panel = Panel(office, tls_authority.root)
    assert len(house.notes(Kind.LINK_UP)) == 1
    assert len(office.edge._callers) == 1
    panel.shake_hands()
    assert len(house.notes(Kind.LINK_UP)) == 2
    panel.other.connectionLost(DONE)
    assert (len(office.edge._callers), office.counted()) == (0, [])
    assert len(house.notes(Kind.LINK_DOWN)) == 1


@pytest.mark.parametrize("said", [b"", b"\n12340015not tls\r", b"\x16\x03\x01\x00\x05hello"])
def test_who_does_not_speak_tls_is_counted_and_has_no_entry(
    house: Any, office: Office, said: bytes
) -> None:
    stranger = office.call()
    if said:
        stranger.dataReceived(said)
        assert stranger.transport.disconnecting
    stranger.connectionLost(DONE)
    assert office.counted() == [("tls_handshake", 1)]
    house.thread.run_all()
    assert [entry.kind for entry in house.pages.entries()] == [Kind.LINK_UP]


def test_who_stalls_in_its_handshake_is_cut_off(house: Any, office: Office) -> None:
    stranger = office.call()
    house.pass_time(HANDSHAKE_SECONDS - 1)
    assert not stranger.transport.disconnected
    house.pass_time(1)
    assert stranger.transport.disconnected
    stranger.connectionLost(DONE)
    assert office.counted() == [("tls_handshake", 1)]


def test_the_time_is_for_the_handshake_only(house: Any, office: Office, tls_authority: Any) -> None:
    panel = Panel(office, tls_authority.root)
    panel.shake_hands()
    house.pass_time(HANDSHAKE_SECONDS * 9)
    panel.says(b"one.")
    house.thread.run_all()
    assert panel.hears() == b"<one.>"


def test_who_is_not_admitted_does_not_come_to_a_handshake(office: Office) -> None:
    assert office.call("203.0.113.7") is None
    assert office.counted() == [("not_admitted", 1)]


@pytest.mark.parametrize(
    ("asked", "shown", "taken"),
    [
        ("required", "right", True),
        ("required", "wrong", False),
        ("required", "none", False),
        ("optional", "right", True),
        ("optional", "wrong", False),
        ("optional", "none", True),
    ],
)
def test_a_panels_certificate_is_checked_where_it_is_asked_for(
    house: Any, tls_authority: Any, other_tls_authority: Any, asked: str, shown: str, taken: bool
) -> None:
    office = Office(
        house, tls_authority, client_ca=str(tls_authority.root), client_certificates=asked
    )
    own = {
        "right": lambda: tls_authority.issue("panel", client=True),
        "wrong": lambda: other_tls_authority.issue("panel", client=True),
        "none": lambda: None,
    }[shown]()
    panel = Panel(office, tls_authority.root, own=own)
    panel.shake_hands()
    assert (len(house.notes(Kind.LINK_UP)) == 2) is taken
    assert panel.other.transport.disconnecting is not taken


def test_a_server_certificate_is_no_panels(house: Any, tls_authority: Any) -> None:
    office = Office(house, tls_authority, client_ca=str(tls_authority.root))
    panel = Panel(office, tls_authority.root, own=tls_authority.issue("server"))
    panel.shake_hands()
    assert len(house.notes(Kind.LINK_UP)) == 1


def test_a_renewal_leaves_those_who_are_connected(
    house: Any, office: Office, tls_authority: Any
) -> None:
    panel = Panel(office, tls_authority.root)
    panel.shake_hands()
    tls_authority.issue("panels")
    office.edge.look()
    house.thread.run_all()
    later = Panel(office, tls_authority.root)
    later.shake_hands()
    assert panel._tls.getpeercert() != later._tls.getpeercert()
    panel.says(b"one.")
    house.thread.run_all()
    assert panel.hears() == b"<one.>"


def test_stopping_ends_those_in_their_handshake_too_and_counts_them_not(office: Office) -> None:
    stranger = office.call()
    office.edge.stop_reading()
    assert stranger.transport.disconnected
    stranger.connectionLost(DONE)
    office.edge.hang_up("stop")
    assert office.counted() == []


def test_stopping_reads_no_more_of_a_session_and_gives_the_answers_that_wait(
    office: Office, tls_authority: Any
) -> None:
    panel = Panel(office, tls_authority.root)
    panel.shake_hands()
    panel.says(b"one.")
    office.edge.stop_reading()
    assert panel.other.transport.producerState == "paused"
    office.house.thread.run_all()
    assert panel.hears() == b"<one.>"


def test_stopping_ends_sessions_with_a_goodbye(office: Office, tls_authority: Any) -> None:
    panel = Panel(office, tls_authority.root)
    panel.shake_hands()
    office.edge.hang_up("stop")
    assert panel.hears() == b""


def test_the_link_is_down_while_there_is_no_certificate(house: Any, tls_authority: Any) -> None:
    certificate, key = tls_authority.issue("panels")
    settings = TlsSettings(certificate=str(certificate), key=str(key))
    certificate.rename(certificate.with_suffix(".away"))
    line = house.line()
    link = Link(line.intake, lambda: None)
    edge = TcpEdge(
        TcpListener(kind="tcp", name="line", receiver="dc09", port=0, tls=settings),
        line,
        link,
        Sockets(house),  # type: ignore[arg-type]
        certificates=Certificates(settings, listener="line", in_thread=house.thread),
    )
    edge.start()
    edge.look()
    assert (link.is_up, link.cause) == (
        False,
        f"cannot listen: {certificate}: No such file or directory",
    )
    certificate.with_suffix(".away").rename(certificate)
    house.reactor.advance(5)
    assert link.is_up
