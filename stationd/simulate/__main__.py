"""`python -m stationd.simulate`: a day of traffic against a set-up of one's own.

Nothing is sent anywhere that was not named on the command line.  The report goes to standard
output as JSON, or to a file.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from twisted.internet import reactor as _reactor  # noqa: TID251  (this module composes)
from twisted.internet import stdio
from twisted.internet.defer import Deferred, FirstError
from twisted.internet.protocol import Protocol
from twisted.python.failure import Failure

from stationd.clock import SystemClock
from stationd.errors import MistakeError
from stationd.ids import SystemIds
from stationd.simulate import attachment, panel, scenario_command, sites
from stationd.simulate.attachment import Attachment
from stationd.simulate.day import Day, Play, Ways
from stationd.simulate.edges import Reactor
from stationd.simulate.scenario_command import far_address
from stationd.simulate.simulated import SIMULATED
from stationd.simulate.tally import Tally

__all__ = ["main"]

reactor: Reactor = _reactor

_PANEL_WAIT = 4.0  # seconds


def main(argv: Sequence[str] | None = None) -> int:
    """Play a day; 0: all was acknowledged, 1: not all, 2: the command line is wrong."""
    words = sys.argv[1:] if argv is None else argv
    if scenario_command.asks_for_scenario(words):
        return scenario_command.main(reactor, words)
    options = _parser().parse_args(argv)
    try:
        day = _day(options)
    except (OSError, MistakeError) as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 2
    outcome = _Outcome(options.report)
    reactor.callWhenRunning(_run, day, outcome, hold=options.hold)
    with _recording(options.record, day.tally):
        reactor.run()
    return outcome.code


@contextmanager
def _recording(path: Path | None, tally: Tally) -> Iterator[None]:
    """Write every event that is acknowledged, as a line of JSON with its frames in hexadecimal."""
    if path is None:
        yield
        return
    with path.open("w", encoding="utf-8") as record:

        def note(number: str, frames: Sequence[bytes]) -> None:
            said = {"number": number, "frames": [frame.hex() for frame in frames]}
            record.write(json.dumps(said) + "\n")

        tally.note = note
        yield


def _run(day: Day, outcome: "_Outcome", *, hold: bool) -> None:
    """Play ``day`` and stop the reactor; it must be running, or it could not be stopped."""
    played = day.open()
    if hold:
        played.addCallback(_held, day)
    played.addCallback(lambda _: day.play())
    played.addCallbacks(outcome.done, outcome.failed)
    played.addBoth(lambda _: day.close())
    played.addBoth(lambda _: reactor.stop())


class _Outcome:
    """What the program ends with."""

    def __init__(self, report: Path | None) -> None:
        self.code = 1
        self._report = report

    def done(self, tally: Tally) -> None:
        """Write the report."""
        report = tally.as_json()
        text = json.dumps(report, indent=2) + "\n"
        if self._report is None:
            sys.stdout.write(text)
        else:
            self._report.write_text(text, encoding="utf-8")
        counts = tally.accounts.values()
        self.code = 1 if any(count.unanswered for count in counts) else 0

    def failed(self, failure: Failure) -> None:
        """Say what went wrong."""
        # What failed when several lines were opened is wrapped once.
        cause = failure.value.subFailure if isinstance(failure.value, FirstError) else failure
        print(cause.getErrorMessage(), file=sys.stderr)  # noqa: T201


class _Input(Protocol):
    """Standard input, until its first line or its end."""

    def __init__(self, go: Deferred[None]) -> None:
        self._go: Deferred[None] | None = go

    def dataReceived(self, data: bytes) -> None:
        """Go on after a line."""
        if b"\n" in data:
            self._once()

    def connectionLost(self, reason: Failure | None = None) -> None:
        """Go on where there is no input."""
        self._once()

    def _once(self) -> None:
        go, self._go = self._go, None
        if go is not None:
            go.callback(None)


def _held(_opened: object, day: Day) -> Deferred[None]:
    """Say that the lines are open, and wait for a line on standard input."""
    go: Deferred[None] = Deferred()
    print(json.dumps({"ready": True, "listens": day.listens}), flush=True)  # noqa: T201
    stdio.StandardIO(_Input(go))
    return go


def _day(options: argparse.Namespace) -> Day:
    chosen: tuple[sites.Site, ...] = sites.SITES
    if options.sites is not None:
        chosen = sites.read(options.sites.read_text(encoding="utf-8"))
    ways = Ways(
        receivers=tuple(options.receiver),
        pty=options.pty,
        device=options.serial,
        baud=options.baud,
        surgard_calls=options.surgard_call,
        surgard_listens=options.surgard_listen,
        dc09_tcp=options.dc09_tcp,
        dc09_udp=options.dc09_udp,
    )
    if ways == Ways(baud=options.baud):
        msg = "name at least one of --receiver, --pty, --serial, --surgard-call, --surgard-listen, "
        raise MistakeError(msg + "--dc09-tcp, --dc09-udp; --help says what each is")
    play = Play(
        sites=chosen,
        seed=options.seed,
        speed=options.speed,
        linger=options.linger,
        wait=options.wait,
        heartbeat=options.heartbeat,
        loses=options.lose,
        panel_habits=panel.Habits(wait=options.wait or _PANEL_WAIT, poll_every=options.poll),
    )
    return Day(reactor, ways, play, clock=SystemClock(), random=SystemIds().bytes)


def _receiver(text: str) -> Attachment:
    try:
        return attachment.read(text)
    except MistakeError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _speed(text: str) -> float:
    try:
        speed = float(text)
    except ValueError:
        speed = 0.0
    if not 0 < speed < float("inf"):
        msg = f"{text} is no number above 0"
        raise argparse.ArgumentTypeError(msg)
    return speed


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m stationd.simulate",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Play a day of alarm traffic against a station.  Receivers:\n\n"
        + "\n".join(f"  {name:20}{row.title}" for name, row in SIMULATED.items()),
        epilog="--scenario NAME plays a whole station instead; --scenario NAME --help says more.",
    )
    _add_lines(parser)
    what = parser.add_argument_group("what is played")
    what.add_argument("--sites", type=Path, help="CSV file of sites instead of the built-in ones")
    what.add_argument("--seed", type=int, default=1, help="another seed, another day (1)")
    what.add_argument("--speed", type=_speed, default=1440.0, help="1440: a day in a minute")
    what.add_argument("--linger", type=float, default=30.0, help="seconds for the last answers")
    what.add_argument("--wait", type=float, help="seconds until a repeat (each receiver's own)")
    what.add_argument(
        "--heartbeat",
        type=float,
        help="seconds between heartbeats, and until a lost computer is tried again (each its own)",
    )
    what.add_argument("--poll", type=float, help="seconds between link tests of panels")
    what.add_argument(
        "--lose", type=int, default=0, metavar="N", help="every N-th answer is lost on its way"
    )
    parser.add_argument("--report", type=Path, help="write the JSON report here")
    parser.add_argument(
        "--record", type=Path, help="write what was acknowledged here, line by line"
    )
    parser.add_argument(
        "--hold", action="store_true", help="print a line when ready, begin after a line of input"
    )
    return parser


def _add_lines(parser: argparse.ArgumentParser) -> None:
    lines = parser.add_argument_group("where the station is (each way named is played)")
    lines.add_argument(
        "--receiver",
        type=_receiver,
        action="append",
        default=[],
        metavar="NAME:WAY:WHERE",
        help="a receiver with sites of its own; WAY is pty, serial, call, listen or udp, WHERE a "
        "path or HOST:PORT; may be given again",
    )
    serial = lines.add_mutually_exclusive_group()
    serial.add_argument("--pty", type=Path, help="make a serial line and link it here")
    serial.add_argument("--serial", help="use this serial device")
    lines.add_argument("--baud", type=int, default=9600, help="speed of serial devices (9600)")
    add = lines.add_mutually_exclusive_group().add_argument
    add("--surgard-call", type=far_address, metavar="HOST:PORT", help="the receiver calls there")
    add("--surgard-listen", type=far_address, metavar="HOST:PORT", help="the receiver waits there")
    add = lines.add_argument
    add("--dc09-tcp", type=far_address, metavar="HOST:PORT", help="panels call there")
    add("--dc09-udp", type=far_address, metavar="HOST:PORT", help="panels send datagrams there")


if __name__ == "__main__":
    sys.exit(main())
