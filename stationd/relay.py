"""The relay: a line between a receiver and the automation passes through here, and does not stop.

It passes bytes, first and unchanged, and hands copies of them to `stationd`.  Nothing that
`stationd` does or does not do reaches the line.  `compose` makes a `Relay` of a listener of kind
``relay``; `main` is the program.
"""

import argparse
import gc
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from twisted.logger import Logger, globalLogBeginner

from stationd.clock import Clock, SystemClock
from stationd.errors import SettingsError
from stationd.ids import Ids, SystemIds
from stationd.net.handing import Handing
from stationd.net.logs import JsonLog
from stationd.net.notify import Notifier
from stationd.net.passing import TcpThrough
from stationd.net.serial_through import SerialThrough
from stationd.relaying.buffer import CopyBuffer
from stationd.settings import DEFAULT_PATH, RelayListener, TcpPair, load_relay

__all__ = ["Relay", "compose", "main", "serve"]

STOP_SECONDS = 3.0
"""How long a relay that stops lets `stationd` take what still waits."""


class Relay:
    """The composed relay of one line."""

    _log = Logger()

    def __init__(
        self,
        settings: RelayListener,
        *,
        reactor: Any,  # noqa: ANN401  (Twisted's)
        clock: Clock,
        ids: Ids,
        notifier: Notifier,
    ) -> None:
        self._settings = settings
        self._reactor = reactor
        self._notifier = notifier
        self._stopping = False
        self._handing = Handing(
            settings.name,
            settings.socket,
            CopyBuffer(settings.buffer),
            relay=ids.bytes(16),
            reactor=reactor,
            clock=clock,
        )
        self._through = self._make_through()

    @property
    def port(self) -> int | None:
        """The port listened on, where it is one."""
        return self._through.port

    @property
    def waiting(self) -> int:
        """Copies that are not known to be committed."""
        return self._handing.waiting

    def start(self) -> None:
        """Open the line, then look for `stationd`: the line does not wait for it."""
        self._through.start()
        self._handing.start()
        self._notifier.ready()
        self._log.info("ready", line=self._settings.name)
        self._tick()

    def stop(self, cause: str) -> None:
        """Let go of the line."""
        self._stopping = True
        self._notifier.stopping()
        self._log.info("stopping", cause=cause, waiting=self.waiting)
        self._through.stop(cause)

    def finish(self) -> None:
        """Say good-bye to `stationd`."""
        if self.waiting:
            self._log.error("copies_left", line=self._settings.name, waiting=self.waiting)
        self._handing.stop()

    def _make_through(self) -> TcpThrough | SerialThrough:
        between, handing = self._settings.between, self._handing
        if isinstance(between, TcpPair):
            return TcpThrough(
                caller=between.caller,
                listen=(between.address, between.port),
                call=(between.host, between.host_port),
                tell=handing.tell,
                said=self._said,
                reactor=self._reactor,
            )
        return SerialThrough(
            between,
            passes=self._settings.mode == "proxy",
            tell=handing.tell,
            said=self._said,
            reactor=self._reactor,
        )

    def _said(self, how: str) -> None:
        self._log.info("line", line=self._settings.name, how=how)
        self._notifier.status(how)

    def _tick(self) -> None:
        if not self._stopping:
            self._notifier.alive()
            self._reactor.callLater(1.0, self._tick)


def compose(
    settings: RelayListener,
    *,
    reactor: Any,  # noqa: ANN401  (Twisted's)
    clock: Clock | None = None,
    ids: Ids | None = None,
    notifier: Notifier | None = None,
) -> Relay:
    """Return the relay of ``settings``, not started; real parts where none are given."""
    return Relay(
        settings,
        reactor=reactor,
        clock=clock or SystemClock(),
        ids=ids or SystemIds(),
        notifier=notifier or Notifier({}),
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the relay of one line until SIGTERM or SIGINT; return its exit code."""
    parser = argparse.ArgumentParser(
        prog="stationd-relay",
        description="Pass the bytes of one line, and hand copies of them to stationd.",
    )
    parser.add_argument("line", help='the name of a listener of kind "relay"')
    parser.add_argument(
        "--config", type=Path, default=DEFAULT_PATH, help=f"settings file ({DEFAULT_PATH})"
    )
    asked = parser.parse_args(arguments)
    try:
        settings = load_relay(asked.config, asked.line)
    except SettingsError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    return _run(settings)


def _run(settings: RelayListener) -> int:
    # Importing the reactor installs it, so only a program that will run one may.
    from twisted.internet import reactor as installed  # noqa: PLC0415, TID251

    clock = SystemClock()
    observer: Any = JsonLog(sys.stderr, clock)
    globalLogBeginner.beginLoggingTo([observer], redirectStandardIO=False)
    relay = compose(settings, reactor=installed, clock=clock, notifier=Notifier(os.environ))
    # What was imported stays for good: the collector need not look through it again.
    gc.collect()
    gc.freeze()
    return serve(relay, installed)


def serve(relay: Relay, reactor: Any) -> int:  # noqa: ANN401  (Twisted's)
    """Run ``relay`` until a signal ends it; return the exit code."""
    ended: list[str] = []

    def leave(patience: int) -> None:
        if relay.waiting and patience:
            reactor.callLater(0.1, leave, patience - 1)
            return
        relay.finish()
        reactor.callLater(0, reactor.stop)

    def stop(cause: str) -> None:
        if not ended:
            ended.append(cause)
            relay.stop(cause)
            leave(int(STOP_SECONDS * 10))

    def on_signal(number: int, _frame: object) -> None:
        name = signal.Signals(number).name.removeprefix("SIG")
        reactor.callFromThread(stop, f"signal {name}")

    def begin() -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, on_signal)
        relay.start()

    reactor.callWhenRunning(begin)
    reactor.run(installSignalHandlers=False)
    return 0 if ended else 1


if __name__ == "__main__":
    sys.exit(main())
