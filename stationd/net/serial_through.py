"""A serial line through us: two devices, opened together and let go of together."""

import os
from collections.abc import Callable
from typing import Any

import serial
from twisted.internet.serialport import SerialPort

from stationd.net.passing import Conversation, Side, Tell
from stationd.net.reactor import Call
from stationd.settings import SerialPair

__all__ = ["OpenDevice", "SerialThrough", "open_device"]

_PARITY = {
    "none": serial.PARITY_NONE,
    "even": serial.PARITY_EVEN,
    "odd": serial.PARITY_ODD,
    "mark": serial.PARITY_MARK,
    "space": serial.PARITY_SPACE,
}

OpenDevice = Callable[[Side, str, SerialPair, Any], Any]


def open_device(side: Side, device: str, pair: SerialPair, reactor: Any) -> Any:  # noqa: ANN401
    """Open ``device`` and join it to ``side``; raises `OSError` where it is not there."""
    return SerialPort(
        side,
        device,
        reactor,
        baudrate=pair.baud,
        bytesize=pair.data_bits,
        parity=_PARITY[pair.parity],
        stopbits=pair.stop_bits,
    )


class SerialThrough:
    """Keeps two devices open and joined; ``passes`` is False where both are only listened to."""

    port = None

    def __init__(
        self,
        pair: SerialPair,
        *,
        passes: bool,
        tell: Tell,
        said: Callable[[str], None],
        reactor: Any,  # noqa: ANN401  (Twisted's)
        opened: OpenDevice = open_device,
    ) -> None:
        self._pair = pair
        self._passes = passes
        self._tell = tell
        self._said = said
        self._reactor = reactor
        self._opened = opened
        self._number = 0
        self._conversation: Conversation | None = None
        self._retry: Call | None = None
        self._stopped = False

    def start(self) -> None:
        """Open both devices, or neither, and try again later."""
        self._number += 1
        conversation = Conversation(
            self._number,
            tell=self._tell,
            reactor=self._reactor,
            over=self._over,
            passes=self._passes,
            peer=str(self._pair.receiver_device),
        )
        self._conversation = conversation
        try:
            self._opened(
                conversation.receiver, str(self._pair.receiver_device), self._pair, self._reactor
            )
            self._opened(
                conversation.automation,
                str(self._pair.automation_device),
                self._pair,
                self._reactor,
            )
        except (OSError, ValueError) as error:
            conversation.end(f"cannot open: {_reason(error)}")
        else:
            self._said("open")

    def stop(self, cause: str) -> None:
        """Open no more, and let go of what is open."""
        self._stopped = True
        if self._retry is not None and self._retry.active():
            self._retry.cancel()
        if self._conversation is not None:
            self._conversation.end(cause)

    def _over(self, conversation: Conversation, cause: str) -> None:
        self._said(cause)
        if not self._stopped:
            wait = self._pair.reopen_every.total_seconds()
            self._retry = self._reactor.callLater(wait, self.start)


def _reason(error: OSError | ValueError) -> str:
    number = getattr(error, "errno", None)
    filename = getattr(error, "filename", None)
    name = f": {filename}" if filename else ""
    return f"{os.strerror(number)}{name}" if number else str(error)
