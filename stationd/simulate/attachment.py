"""How a simulated receiver is attached to a station: ``NAME:WAY:WHERE``, read and opened."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from stationd.errors import MistakeError
from stationd.simulate.edges import (
    CallingLine,
    DatagramLine,
    DeviceLine,
    Line,
    ListeningLine,
    PtyLine,
    Reactor,
    VisitingLine,
    Wire,
)
from stationd.simulate.simulated import SIMULATED

__all__ = ["Address", "Attachment", "address", "line", "read"]

Address = tuple[str, int]

_LAST_PORT = 65535
_ON_A_PATH = frozenset({"pty", "serial"})


@dataclass(frozen=True, slots=True)
class Attachment:
    """A simulated receiver by its name, the way it is attached, and where.

    ``pty``: a serial line is made and linked at ``where``; ``serial``: that device is opened.
    ``call``, ``listen`` and ``udp`` take HOST:PORT.
    """

    name: str
    way: str
    where: str


def read(text: str) -> Attachment:
    """Read ``NAME:WAY:WHERE``, or raise `MistakeError`."""
    name, _, rest = text.partition(":")
    way, colon, where = rest.partition(":")
    if not colon or not where:
        msg = f"{text} is no NAME:WAY:WHERE, such as mx8000:pty:/run/line or galaxy:call:HOST:PORT"
        raise MistakeError(msg)
    row = SIMULATED.get(name)
    if row is None:
        msg = f"there is no simulated receiver {name}; these are: {', '.join(SIMULATED)}"
        raise MistakeError(msg)
    if way not in row.ways:
        raise MistakeError(f"{name} can be attached by {', '.join(sorted(row.ways))}, not by {way}")
    if way not in _ON_A_PATH:
        address(where)
    return Attachment(name, way, where)


def address(text: str) -> Address:
    """Read ``HOST:PORT``, or raise `MistakeError`."""
    host, _, port = text.rpartition(":")
    if not host or not (port.isascii() and port.isdigit() and int(port) <= _LAST_PORT):
        raise MistakeError(f"{text} is no HOST:PORT")
    return (host, int(port))


def line(attached: Attachment, *, baud: int, visits: bool) -> Callable[[Wire, Reactor], Line]:
    """Return what makes the line of a receiver.

    ``baud`` is the speed of a serial device; ``visits``: it calls when it has something to say.
    """
    where = attached.where
    if attached.way == "pty":
        return lambda wire, reactor: PtyLine(wire, reactor, Path(where))
    if attached.way == "serial":
        return lambda wire, reactor: DeviceLine(wire, reactor, where, baud)
    far = address(where)
    if attached.way == "listen":
        return lambda wire, reactor: ListeningLine(wire, reactor, *far)
    if attached.way == "udp":
        return lambda wire, reactor: DatagramLine(wire, reactor, *far)
    kind = VisitingLine if visits else CallingLine
    return lambda wire, reactor: kind(wire, reactor, *far)
