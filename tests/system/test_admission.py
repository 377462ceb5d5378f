"""A real daemon and networks of its own: who may call in, how much, over TLS, both ways.

127.0.0.0/8 is ours whole, so 127.0.1.0/24 and 127.0.2.0/24 are two networks to call from.
"""

import json
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import fastcrc
import pytest
from cryptography.fernet import Fernet

from receivers.session import Account
from stationd.journal.model import Kind
from stationd.roster.file import write
from stationd.roster.model import Roster
from stationd.sealing import Sealer

pytestmark = pytest.mark.system

KNOWN, UNKNOWN = 0x1000, 0x2000
HERE, THERE = "127.0.1.7", "127.0.2.7"


def framed(account: int, sequence: int = 1) -> bytes:
    """Return a DC-09 alarm of ``account``."""
    body = b'"SIA-DCS"%04dL0#%04X[#%04X|Nri1/BA1]' % (sequence, account, account)
    return b"\n%04X%04X%s\r" % (fastcrc.crc16.arc(body), len(body), body)


def call(port: int, host: str = HERE) -> socket.socket:
    made = socket.create_connection(("127.0.0.1", port), source_address=(host, 0))
    made.settimeout(20)
    return made


def datagrams(host: str, seconds: float = 20.0) -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.bind((host, 0))
    made.settimeout(seconds)
    return made


def ask(connection: Any, frame: bytes) -> bytes:
    connection.sendall(frame)
    return bytes(connection.recv(4096))


def is_hung_up(connection: socket.socket) -> bool:
    try:
        return connection.recv(4096) == b""
    except ConnectionResetError:
        return True


def counted(station: Any) -> dict[tuple[str, str], int]:
    """Stop the daemon; return what it counted, by network and reason."""
    station.stop()
    found: dict[tuple[str, str], int] = {}
    for entry in station.entries(Kind.GARBLED):
        note = json.loads(entry.note)
        if "count" in note:
            place = entry.peer, note["fault"]
            found[place] = found.get(place, 0) + note["count"]
    return found


def known_account(station: Any) -> None:
    """Give the station a roster with one account."""
    key = Fernet.generate_key()
    (station.folder / "roster.key").write_bytes(key)
    station.listeners = f'key = "{station.folder}/roster.key"\n'
    account = Account(f"{KNOWN:04X}")
    write(station.folder / "roster.json", Roster({("main", account.number): account}), Sealer(key))


@contextmanager
def flood(port: int, host: str) -> Iterator[None]:
    """Send unknown numbers by datagrams and connections, as fast as it goes, until it ends."""
    over = threading.Event()

    def by_datagrams() -> None:
        with datagrams(host) as stranger:
            for number in range(10**9):
                if over.is_set():
                    return
                with suppress(OSError):
                    stranger.sendto(framed(UNKNOWN + number % 0x1000), ("127.0.0.1", port))

    def by_connections() -> None:
        many = b"".join(framed(UNKNOWN + number) for number in range(500))
        while not over.is_set():
            with suppress(OSError), call(port, host) as stranger:
                while not over.is_set():
                    stranger.sendall(many)

    threads = [threading.Thread(target=by_datagrams), threading.Thread(target=by_connections)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        over.set()
        for thread in threads:
            thread.join()


def ask_by_datagram(port: int, frame: bytes) -> bytes:
    """Send a frame again and again, as panels do: the system drops datagrams behind a flood."""
    with datagrams(HERE) as panel:
        panel.settimeout(2)
        for _ in range(20):
            panel.sendto(frame, ("127.0.0.1", port))
            with suppress(TimeoutError):
                return panel.recv(4096)
    return b""


class TestUnknownNumbers:
    """What the roster has not is limited, and what it has is not."""

    def test_a_flood_neither_fills_the_journal_nor_delays_a_known_account(
        self, station: Any
    ) -> None:
        known_account(station)
        port = station.listen("tcp", "dc09", udp=True, unknown_per_network=50, unknown_in_all=80)
        station.start()
        waits = []
        with flood(port, HERE), call(port, HERE) as near, call(port, THERE) as far:
            for sequence in range(1, 51):
                for panel in (near, far):
                    began = time.monotonic()
                    assert b'"ACK"' in ask(panel, framed(KNOWN, sequence))
                    waits.append(time.monotonic() - began)
        assert max(waits) < 3.0
        assert b'"ACK"0777' in ask_by_datagram(port, framed(KNOWN, 777))

        found = counted(station)
        kept = [raw for raw in station.frames() if b"L0#1000" not in raw]
        # A flood that goes on over the turn of a minute has the allowance of two.
        assert 50 <= len(kept) <= 100
        assert found["127.0.1.0/24", "unknown_number"] > 1000
        assert len(station.frames()) - len(kept) >= 101

    @pytest.mark.parametrize(("policy", "kept"), [("store", 1), ("count", 0)])
    def test_an_unknown_number_may_go_without_an_answer(
        self, station: Any, policy: str, kept: int
    ) -> None:
        known_account(station)
        port = station.listen("tcp", "dc09", unknown_panels=policy)
        station.start()
        with call(port) as panel:
            panel.sendall(framed(UNKNOWN, 1))
            assert b'"ACK"0002L0#1000' in ask(panel, framed(KNOWN, 2))
        found = counted(station)
        entries = [entry for entry in station.entries(Kind.FRAME) if b"#2000" in entry.raw]
        assert [entry.note for entry in entries] == [b'{"fault":"unknown_number"}'] * kept
        assert found.get(("127.0.1.0/24", "unknown_number"), 0) == 1 - kept

    @pytest.mark.parametrize("policy", ["take", "store", "count"])
    def test_the_first_day_has_no_roster_and_takes_what_comes(
        self, station: Any, policy: str
    ) -> None:
        port = station.listen("tcp", "dc09", unknown_panels=policy)
        station.start()
        with call(port) as panel:
            panel.sendall(b"".join(framed(account) for account in range(1000)))
            heard = b""
            while heard.count(b'"ACK"') < 1000:
                heard += panel.recv(65536)
        assert counted(station) == {}


class TestNetworks:
    """Who is not admitted is turned away before anything of it is opened or kept."""

    def test_a_network_that_is_not_admitted_is_turned_away_and_counted(self, station: Any) -> None:
        port = station.listen("tcp", "dc09", udp=True, admit=["127.0.2.0/24"])
        station.start()
        for _ in range(20):
            with call(port, HERE) as stranger:
                assert is_hung_up(stranger)
        with datagrams(HERE) as stranger, datagrams(THERE) as panel:
            stranger.sendto(framed(1), ("127.0.0.1", port))
            panel.sendto(framed(2), ("127.0.0.1", port))
            assert b"#0002" in panel.recv(4096)
        with call(port, THERE) as panel:
            assert b"#0003" in ask(panel, framed(3))
        assert counted(station) == {("127.0.1.0/24", "not_admitted"): 21}
        assert station.frames() == [framed(2), framed(3)]
        assert len(station.entries(Kind.GARBLED)) == 1

    def test_an_ipv4_address_on_a_socket_of_ipv6_is_what_it_is(self, station: Any) -> None:
        port = station.listen("tcp", "dc09", udp=True, address="::", admit=["127.0.2.0/24"])
        station.start()
        with call(port, HERE) as stranger:
            assert is_hung_up(stranger)
        with call(port, THERE) as panel:
            assert b"#0003" in ask(panel, framed(3))
        with datagrams(THERE) as panel:
            panel.sendto(framed(2), ("127.0.0.1", port))
            assert b"#0002" in panel.recv(4096)
        assert counted(station) == {("127.0.1.0/24", "not_admitted"): 1}

    def test_one_network_cannot_take_every_connection(self, station: Any) -> None:
        port = station.listen("tcp", "dc09", max_connections=9, max_per_network=5)
        station.start()
        with ExitStack() as held:
            first = [held.enter_context(call(port, HERE)) for _ in range(5)]
            for panel in first:
                ask(panel, framed(1))
            with call(port, HERE) as more:
                assert is_hung_up(more)
            with call(port, THERE) as panel:
                assert b'"ACK"' in ask(panel, framed(2))
        assert counted(station) == {("127.0.1.0/24", "too_many_connections"): 1}

    def test_a_scanner_on_a_receivers_port_does_not_fill_the_journal(self, station: Any) -> None:
        port = station.listen("tcp", "surgard")
        station.start()
        for _ in range(150):
            call(port).close()
        station.until(lambda: len(station.entries(Kind.LINK_DOWN)) >= 60, "they are told")
        found = counted(station)
        assert len(station.entries(Kind.LINK_DOWN)) <= 120
        assert found["127.0.1.0/24", "connections"] >= 30


def test_a_frame_that_is_repeated_the_other_way_is_known_as_a_repeat(station: Any) -> None:
    port = station.listen("tcp", "dc09", udp=True)
    station.start()
    with datagrams(HERE) as panel:
        panel.sendto(framed(1), ("127.0.0.1", port))
        assert b'"ACK"' in panel.recv(4096)
    with call(port) as panel:
        assert b'"ACK"' in ask(panel, framed(1))
    station.stop()
    assert [entry.note for entry in station.entries(Kind.FRAME)] == [b"", b'{"repeat":true}']


class TestTls:
    """Panels that can call over TLS, with a certificate where one is asked for."""

    @pytest.fixture
    def files(self, tls_authority: Any) -> tuple[Path, Path]:
        pair: tuple[Path, Path] = tls_authority.issue("panels")
        return pair

    def listen(self, station: Any, files: tuple[Path, Path], **tls: str) -> int:
        asked = {"certificate": str(files[0]), "key": str(files[1])} | tls
        port: int = station.listen("tcp", "dc09", tls=asked)
        station.start()
        return port

    def wrap(
        self, port: int, authority: Any, *, own: tuple[Path, Path] | None = None
    ) -> ssl.SSLSocket:
        context = ssl.create_default_context(cafile=str(authority.root))
        context.check_hostname = False
        if own is not None:
            context.load_cert_chain(*own)
        return context.wrap_socket(call(port))

    def test_the_openssl_command_gets_its_acknowledgement(
        self, station: Any, files: tuple[Path, Path], tls_authority: Any
    ) -> None:
        port = self.listen(station, files)
        command = [
            "timeout",
            "20",
            "openssl",
            "s_client",
            "-connect",
            f"127.0.0.1:{port}",
            "-quiet",
            "-nocommands",
        ]
        command += ["-verify_return_error", "-CAfile", str(tls_authority.root)]
        with subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        ) as panel:
            assert panel.stdin is not None
            assert panel.stdout is not None
            panel.stdin.write(framed(1))
            panel.stdin.flush()
            heard = panel.stdout.read(len(b'\n12340012"ACK"0001L0#0001[]\r'))
            panel.terminate()
        assert b'"ACK"0001L0#0001' in heard
        assert counted(station) == {}
        assert station.frames() == [framed(1)]

    @pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
    def test_a_panel_speaks_the_newer_versions(
        self, station: Any, files: tuple[Path, Path], tls_authority: Any, version: ssl.TLSVersion
    ) -> None:
        port = self.listen(station, files)
        context = ssl.create_default_context(cafile=str(tls_authority.root))
        context.check_hostname = False
        context.minimum_version = context.maximum_version = version
        with context.wrap_socket(call(port)) as panel:
            many = b"".join(framed(account) for account in range(200))
            panel.sendall(many)
            heard = b""
            while heard.count(b"\r") < 200:
                heard += panel.recv(65536)
        station.stop()
        assert len(station.frames()) == 200

    def test_plain_bytes_and_who_stalls_cost_a_count_and_nobody_else_anything(
        self, station: Any, files: tuple[Path, Path], tls_authority: Any
    ) -> None:
        port = self.listen(station, files, handshake="1s")
        with call(port) as plain, call(port) as silent, self.wrap(port, tls_authority) as panel:
            plain.sendall(framed(7))
            assert b"ACK" not in plain.recv(4096)
            assert b'"ACK"' in ask(panel, framed(1))
            assert is_hung_up(silent)
            assert b'"ACK"' in ask(panel, framed(2))
        assert counted(station) == {("127.0.1.0/24", "tls_handshake"): 2}
        assert station.frames() == [framed(1), framed(2)]

    def test_a_certificate_is_asked_for_and_checked(
        self, station: Any, files: tuple[Path, Path], tls_authority: Any, other_tls_authority: Any
    ) -> None:
        port = self.listen(station, files, client_ca=str(tls_authority.root))
        right = tls_authority.issue("panel", client=True)
        with self.wrap(port, tls_authority, own=right) as panel:
            assert b'"ACK"' in ask(panel, framed(1))
        for own in (None, other_tls_authority.issue("panel", client=True)):
            # In TLS 1.3 a panel learns of its refusal when it reads.
            with pytest.raises((ssl.SSLError, OSError)):
                self.refused(port, tls_authority, own)
        assert counted(station) == {("127.0.1.0/24", "tls_handshake"): 2}
        assert station.frames() == [framed(1)]

    def refused(self, port: int, authority: Any, own: tuple[Path, Path] | None) -> None:
        with self.wrap(port, authority, own=own) as stranger:
            if ask(stranger, framed(9)) == b"":
                raise ConnectionResetError

    def test_a_renewed_certificate_is_shown_without_a_restart(
        self, station: Any, files: tuple[Path, Path], tls_authority: Any
    ) -> None:
        port = self.listen(station, files)
        with self.wrap(port, tls_authority) as early:
            tls_authority.issue("panels")
            station.until(lambda: station.logged("certificate_loaded") == 1, "it is read")
            with self.wrap(port, tls_authority) as late:
                assert early.getpeercert(binary_form=True) != late.getpeercert(binary_form=True)
                assert b'"ACK"' in ask(late, framed(2))
            assert b'"ACK"' in ask(early, framed(1))

    def test_a_panel_that_never_reads_is_cut_off(
        self, station: Any, files: tuple[Path, Path], tls_authority: Any
    ) -> None:
        known_account(station)
        port = self.listen(station, files)
        frames = b"".join(framed(KNOWN, sequence) for sequence in range(1, 1000))
        with self.wrap(port, tls_authority) as deaf, suppress(OSError):
            for _ in range(1000):
                deaf.sendall(frames)
        station.until(
            lambda: any(b"does not read" in e.note for e in station.entries(Kind.LINK_DOWN)),
            "the cut is told",
        )
