"""One listener that hears connections and datagrams on one port number.

Both have its conversation, so a frame that a panel sends by one way and repeats by the other is
known as a repeat.
"""

from collections.abc import Callable

from stationd.net.line import Line, Told
from stationd.net.reactor import Reactor
from stationd.net.tcp_server import TcpEdge
from stationd.net.udp import UdpEdge
from stationd.settings import TcpListener

__all__ = ["BothEdge"]


class BothEdge:
    """The two edges of a listener; its link is up while both listen."""

    def __init__(self, settings: TcpListener, line: Line, link: Told, reactor: Reactor) -> None:
        halves = _Halves(link)
        self._tcp = TcpEdge(settings, line, _Half(halves, "tcp"), reactor)
        self._udp = UdpEdge(
            settings, line, _Half(halves, "udp"), reactor, port=lambda: self.port or settings.port
        )

    @property
    def port(self) -> int | None:
        """The port listened on; None while it is not."""
        return self._tcp.port

    def start(self) -> None:
        """Listen both ways, or say why not and try again later."""
        self._tcp.start()
        self._udp.start()

    def stop_reading(self) -> None:
        """Take no more callers and datagrams, and read no more."""
        self._tcp.stop_reading()
        self._udp.stop_reading()

    def hang_up(self, cause: str) -> None:
        """End every connection and close the socket."""
        self._tcp.hang_up(cause)
        self._udp.hang_up(cause)


class _Halves:
    """What is known of the two; None: it listens."""

    def __init__(self, link: Told) -> None:
        self._link = link
        self._causes: dict[str, str | None] = {}

    def tell(self, half: str, cause: str | None) -> None:
        """Take note of a half, and say how the whole is."""
        self._causes[half] = cause
        down = [f"{name}: {why}" for name, why in self._causes.items() if why is not None]
        if down:
            self._link.down("; ".join(down))
        elif len(self._causes) > 1:
            self._link.up("listening")


class _Half:
    """The link as one of the two edges sees it."""

    def __init__(self, halves: _Halves, name: str) -> None:
        self._tell: Callable[[str | None], None] = lambda cause: halves.tell(name, cause)

    def up(self, cause: str, *, peer: str = "") -> None:
        """Say that this half listens."""
        self._tell(None)

    def down(self, cause: str, *, peer: str = "", unacknowledged: int = 0) -> None:
        """Say why it does not."""
        self._tell(cause)
