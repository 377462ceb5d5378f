"""The edge on a serial line: opened, and opened again when its adapter is put back."""

import os
import termios
from collections.abc import Callable
from typing import Any

import serial
from twisted.internet.serialport import SerialPort

from stationd.net.line import Line, Link
from stationd.net.protocols import Edge, StreamProtocol, make_protocol
from stationd.net.reactor import Call, Delays
from stationd.settings import SerialListener

__all__ = ["SerialEdge", "open_port", "show_parity_errors"]

_PARITY = {
    "none": serial.PARITY_NONE,
    "even": serial.PARITY_EVEN,
    "odd": serial.PARITY_ODD,
    "mark": serial.PARITY_MARK,
    "space": serial.PARITY_SPACE,
}

OpenPort = Callable[[StreamProtocol, SerialListener, Any], Any]


def open_port(protocol: StreamProtocol, settings: SerialListener, reactor: Any) -> Any:  # noqa: ANN401
    """Open the device and join it to ``protocol``; raises `OSError` where it is not there."""
    port = SerialPort(
        protocol,
        str(settings.device),
        reactor,
        baudrate=settings.baud,
        bytesize=settings.data_bits,
        parity=_PARITY[settings.parity],
        stopbits=settings.stop_bits,
    )
    if settings.parity != "none":
        show_parity_errors(port.fileno())
    return port


def show_parity_errors(device: int) -> None:
    """Let a byte of wrong parity be read as NUL, which no frame holds.

    pyserial switches the check off when it sets the parity, and such bytes then pass as good ones.
    They are neither dropped (IGNPAR) nor marked with bytes of their own (PARMRK).
    """
    flags = termios.tcgetattr(device)
    flags[0] = flags[0] & ~(termios.IGNPAR | termios.PARMRK) | termios.INPCK
    termios.tcsetattr(device, termios.TCSANOW, flags)


class SerialEdge(Edge):
    """Keeps one device open."""

    port = None

    def __init__(
        self,
        settings: SerialListener,
        line: Line,
        link: Link,
        reactor: Delays,
        opened: OpenPort = open_port,
    ) -> None:
        self._settings = settings
        self._line = line
        self._link = link
        self._reactor = reactor
        self._opened = opened
        self._protocol: StreamProtocol | None = None
        self._retry: Call | None = None
        self._stopped = False
        self._name = str(settings.device)

    def start(self) -> None:
        """Open the device, or say why not and try again later."""
        protocol = make_protocol(
            self._line, self, self._reactor, name=(self._name, self._name), serial=True
        )
        try:
            self._opened(protocol, self._settings, self._reactor)
        except (OSError, ValueError, termios.error) as error:
            self._link.down(f"cannot open: {_reason(error)}", peer=self._name)
            self._later()

    def stop_reading(self) -> None:
        """Open no more and read no more."""
        self._stopped = True
        if self._retry is not None and self._retry.active():
            self._retry.cancel()
        if self._protocol is not None:
            self._protocol.stop_reading()

    def hang_up(self, cause: str) -> None:
        """Close the device; it is opened again unless we stop."""
        if self._protocol is not None:
            self._protocol.hang_up(cause)

    def made(self, protocol: StreamProtocol) -> None:
        """Say that the device is open."""
        self._protocol = protocol
        self._link.up("open", peer=self._name)

    def lost(self, protocol: StreamProtocol, cause: str, unacknowledged: int) -> None:
        """Say that the device went, and look for it again."""
        self._protocol = None
        self._link.down(cause, peer=self._name, unacknowledged=unacknowledged)
        self._later()

    def _later(self) -> None:
        if not self._stopped:
            self._retry = self._reactor.callLater(
                self._settings.reopen_every.total_seconds(), self.start
            )


def _reason(error: Exception) -> str:
    number = getattr(error, "errno", None)
    return os.strerror(number) if number else str(error)
