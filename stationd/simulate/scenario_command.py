"""The command line of `python -m stationd.simulate --scenario NAME`."""

import argparse
import csv
import json
import resource
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from twisted.python.failure import Failure

from stationd.clock import SystemClock
from stationd.errors import MistakeError
from stationd.simulate.attachment import Address, address
from stationd.simulate.crowd import Patience
from stationd.simulate.crowd_streams import Reactor
from stationd.simulate.receiver_line import Manner
from stationd.simulate.rehearsal import Rehearsal, Stage
from stationd.simulate.scenarios import SCENARIOS, Cast, Mix, Transport, cast

__all__ = ["asks_for_scenario", "far_address", "main"]

_MIX = {Transport.TCP: 40, Transport.ANEW: 10, Transport.UDP: 40, Transport.SURGARD: 10}


def asks_for_scenario(argv: Sequence[str]) -> bool:
    """Tell whether a command line is one of a scenario."""
    return any(word.partition("=")[0] == "--scenario" for word in argv)


def main(reactor: Reactor, argv: Sequence[str]) -> int:
    """Play a scenario; 0: all was acknowledged, 1: not all, 2: the command line is wrong."""
    options = _parser().parse_args(argv)
    try:
        played, stage = _cast(options), _stage(options)
    except MistakeError as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 2
    _raise_limit()
    rehearsal = Rehearsal(reactor, played, stage, SystemClock())
    outcome = _Outcome(options, rehearsal)
    reactor.callWhenRunning(_run, reactor, rehearsal, outcome)
    reactor.run()
    return outcome.code


def _run(reactor: Reactor, rehearsal: Rehearsal, outcome: "_Outcome") -> None:
    played = rehearsal.open().addCallback(lambda _: rehearsal.play())
    played.addCallbacks(outcome.done)
    played.addErrback(outcome.failed)
    played.addBoth(lambda _: rehearsal.close())
    played.addBoth(lambda _: reactor.stop())


class _Outcome:
    """What the program ends with."""

    def __init__(self, options: argparse.Namespace, rehearsal: Rehearsal) -> None:
        self.code = 1
        self._options = options
        self._rehearsal = rehearsal

    def done(self, report: Mapping[str, object]) -> None:
        """Write the report, and the list of what was acknowledged."""
        spent = resource.getrusage(resource.RUSAGE_SELF)
        processor = round(spent.ru_utime + spent.ru_stime, 2)
        whole = {"scenario": self._options.scenario, **report, "processor_s": processor}
        text = json.dumps(whole, indent=2) + "\n"
        if self._options.report is None:
            sys.stdout.write(text)
        else:
            self._options.report.write_text(text, encoding="utf-8")
        if self._options.acknowledged is not None:
            with self._options.acknowledged.open("w", encoding="utf-8", newline="") as file:
                lines = csv.writer(file)
                lines.writerow(("account", "acknowledged"))
                lines.writerows(self._rehearsal.acknowledged())
        self.code = 1 if report["lost"] else 0

    def failed(self, failure: Failure) -> None:
        """Say what went wrong."""
        print(failure.getTraceback(), file=sys.stderr)  # noqa: T201


def _raise_limit() -> None:
    """Let this program have as many connections as it may: the usual first limit is 1024."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def _cast(options: argparse.Namespace) -> Cast:
    reached = {
        Transport.TCP: options.dc09_tcp,
        Transport.ANEW: options.dc09_tcp,
        Transport.UDP: options.dc09_udp,
        Transport.SURGARD: options.surgard_call,
    }
    if not any(reached.values()):
        msg = (
            "name at least one of --dc09-tcp, --dc09-udp, --surgard-call; --help says what each is"
        )
        raise MistakeError(msg)
    mix = {way: share for way, share in options.mix.items() if reached[way] is not None}
    return cast(
        SCENARIOS[options.scenario],
        mix,
        accounts=options.accounts,
        duration=options.duration,
        rate=options.rate,
    )


def _stage(options: argparse.Namespace) -> Stage:
    return Stage(
        tcp=options.dc09_tcp,
        udp=options.dc09_udp,
        surgard=options.surgard_call,
        second=options.surgard_second,
        first_account=options.first_account,
        connections=options.connections,
        receivers=options.receivers,
        seed=options.seed,
        speed=options.speed,
        linger=options.linger,
        patience=Patience(wait=options.wait, pause=options.pause),
        manner=Manner(wait=options.receiver_wait, heartbeat_every=options.heartbeat),
    )


def far_address(text: str) -> Address:
    """Read ``HOST:PORT`` of a command line."""
    try:
        return address(text)
    except MistakeError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _above_0(kind: Callable[[str], float]) -> Callable[[str], float]:
    def read(text: str) -> float:
        try:
            number = kind(text)
        except ValueError:
            number = 0
        if not 0 < number < float("inf"):
            msg = f"{text} is no number above 0"
            raise argparse.ArgumentTypeError(msg)
        return number

    return read


def _hexadecimal(text: str) -> int:
    try:
        return int(text, 16)
    except ValueError:
        msg = f"{text} is no hexadecimal number"
        raise argparse.ArgumentTypeError(msg) from None


def _mix(text: str) -> Mix:
    mix: dict[Transport, int] = {}
    for part in text.split(","):
        name, _, share = part.partition("=")
        if name not in set(Transport) or not share.isdigit():
            known = ", ".join(Transport)
            msg = f"{part} is no WAY=SHARE; the ways are {known}, a share is a whole number"
            raise argparse.ArgumentTypeError(msg)
        mix[Transport(name)] = int(share)
    return mix


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m stationd.simulate",
        description="Rehearse a whole station: very many panels and receivers, one scenario.",
        epilog="scenarios: " + "; ".join(f"{name}: {s.about}" for name, s in SCENARIOS.items()),
    )
    count, seconds = _above_0(int), _above_0(float)
    add = parser.add_argument_group("where the station is").add_argument
    add("--dc09-tcp", type=far_address, metavar="HOST:PORT", help="panels call there")
    add("--dc09-udp", type=far_address, metavar="HOST:PORT", help="panels send datagrams there")
    add("--surgard-call", type=far_address, metavar="HOST:PORT", help="receivers call there")
    add("--surgard-second", type=far_address, metavar="HOST:PORT", help="and their second lines")
    add = parser.add_argument_group("what is played").add_argument
    add("--scenario", choices=list(SCENARIOS), required=True)
    add("--accounts", type=count, help="how many (the scenario's own)")
    add("--first-account", type=_hexadecimal, default=0x100000, help="hexadecimal (100000)")
    add("--duration", type=seconds, help="seconds (the scenario's own)")
    add("--rate", type=seconds, help="events a second (the scenario's own)")
    add("--speed", type=seconds, default=1.0, help="60: an hour in a minute (1)")
    add("--seed", type=int, default=1, help="another seed, another order (1)")
    usual = ",".join(f"{way}={share}" for way, share in _MIX.items())
    add("--mix", type=_mix, default=_MIX, metavar="WAY=SHARE,...", help=f"({usual})")
    add("--connections", type=count, default=800, help="that stay open, and UDP sockets (800)")
    add("--receivers", type=count, default=20, help="Sur-Gard receivers (20)")
    add = parser.add_argument_group("patience, in real seconds").add_argument
    add("--wait", type=seconds, default=5.0, help="a panel's, until a repeat (5)")
    add("--pause", type=seconds, default=10.0, help="a panel's, after four tries (10)")
    add("--receiver-wait", type=seconds, default=4.0, help="a receiver's, until a repeat (4)")
    add("--heartbeat", type=seconds, default=30.0, help="between a receiver's heartbeats (30)")
    add("--linger", type=seconds, default=60.0, help="for the last acknowledgements (60)")
    add = parser.add_argument_group("results").add_argument
    add("--report", type=Path, help="write the JSON report here")
    add("--acknowledged", type=Path, help="write how many events of each account here, as CSV")
    return parser
