"""The trial: from fresh keys to a closed account, every part real, each step told in plain words.

It does what people would do, with the programs they would use: `stationctl` for staff, the daemon
and the worker as processes, simulated receivers and panels on a real serial line, TCP and UDP, a
real S3 server and a time-stamp authority.
"""

import json
import shutil
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from stationd.bundles.model import Kind
from stationd.bundles.service import objects
from stationd.cases.service import look
from stationd.clock import Clock
from stationd.demo.authority import AuthorityServer
from stationd.demo.checks import run_checks, unpack
from stationd.demo.layout import ACCOUNT, Layout, Ports, accounts_csv, config, free_ports
from stationd.demo.programs import Program, Stationctl, wait_until
from stationd.demo.s3_server import S3Server
from stationd.desk import Desk, open_desk
from stationd.errors import CheckFailedError
from stationd.ids import Ids
from stationd.journal import model as journal
from stationd.journal.reader import JournalReader
from stationd.overview.service import overview
from stationd.settings import load

__all__ = ["Trial"]

Tell = Callable[[str], None]
Json = dict[str, Any]

_DAY_SPEED = "14400"  # a day in six seconds
_SLOW_SPEED = "24"  # a day in an hour, to be watched
_LONG = 90
_SHOWN = 8


@dataclass(slots=True, kw_only=True)
class Trial:
    """One trial in one folder.  `play` takes it to the end; `stop` ends every program."""

    folder: Path
    clock: Clock
    ids: Ids
    tell: Tell
    _programs: dict[str, Program] = field(default_factory=dict)
    _stack: ExitStack = field(default_factory=ExitStack)
    _ports: Ports | None = None

    def play(self) -> Path:
        """Play it, and return the file that says what came of it."""
        layout = Layout(folder=self.folder)
        layout.make()
        ctl = Stationctl(layout.config, state=self.folder / "state", tell=self.tell)
        ports = self._ports = self._found(layout, ctl)
        self._serve(layout, ports)
        report = self._signals()
        self._look(layout, ctl)
        case_id = self._end(layout, ctl)
        self._close(layout, ctl, case_id)
        return self._check(layout, ctl, case_id, report)

    def go_on(self) -> None:
        """Let the receivers and panels play another day, so that there is something to watch."""
        if self._ports is not None:
            layout = Layout(folder=self.folder)
            slow = [*_simulate(layout, self._ports), "--speed", _SLOW_SPEED]
            self._start(layout, "simulate", slow)

    def stop(self) -> None:
        """Stop every program, the newest first."""
        self._stack.close()

    @property
    def _report(self) -> Path:
        return self.folder / "simulated.json"

    # --- The station ---

    def _found(self, layout: Layout, ctl: Stationctl) -> Ports:
        self.tell("\n1. A station: an S3 server with Object Lock, a time-stamp authority, keys.")
        s3 = S3Server(self.folder / "s3", clock=self.clock, ids=self.ids)
        self._stack.enter_context(s3)
        authority = self._stack.enter_context(AuthorityServer(self.clock, self.ids))
        ports = free_ports()
        layout.config.write_text(
            config(
                layout,
                ports,
                s3_endpoint=s3.endpoint,
                bucket=s3.bucket,
                tsa_url=authority.url,
            ),
            encoding="utf-8",
        )
        shutil.rmtree(layout.keys)
        made = cast("Json", ctl("keys", "init", str(layout.keys)))
        layout.tsa.write_bytes(authority.trust_pem)
        layout.tsa_crl.write_bytes(authority.authority.crl_pem)
        credentials = layout.keys / "s3.credentials"
        credentials.touch(mode=0o600)
        credentials.write_text(f"{s3.writer.access_key}\n{s3.writer.secret_key}\n", "ascii")
        for name, fingerprint in made["fingerprints"].items():
            self.tell(f"   {name}: SHA-256 {fingerprint}")
        ctl("migrate")
        self._staff(ctl)
        accounts = self.folder / "accounts.csv"
        accounts.write_text(accounts_csv(), encoding="utf-8")
        ctl("account", "import", str(accounts))
        ctl("logout")
        self._log_in(ctl, "morgan")
        return ports

    def _staff(self, ctl: Stationctl) -> None:
        self.tell("   People: an administrator first, who adds a manager and a clerk.")
        for login, name, role in _PEOPLE:
            words = ("staff", "add", login, "--name", name, "--role", role, "--password-stdin")
            ctl(*words, secret=f"{_password(login)}\n")
            if login == "ada":
                self._log_in(ctl, login)

    def _log_in(self, ctl: Stationctl, login: str) -> None:
        ctl("login", login, "--password-stdin", secret=f"{_password(login)}\n")

    def _serve(self, layout: Layout, ports: Ports) -> None:
        self.tell("\n2. Receivers and panels on their lines; then the daemon and the worker.")
        fast = ("--hold", "--speed", _DAY_SPEED, "--linger", "10")
        simulate = [*_simulate(layout, ports), *fast, "--report", str(self._report)]
        self._start(layout, "simulate", simulate)
        if not self._programs["simulate"].line():
            msg = f"the simulator ended; its log is {self._programs['simulate'].log}"
            raise CheckFailedError(msg)
        worker = ["-m", "stationd.worker", "--config", str(layout.config)]
        self._start(layout, "worker", worker)
        # The first roster tells the daemon the panels' keys.
        roster = layout.journal.parent / "roster.json"
        self._wait("the roster", roster.exists)
        daemon = ["-m", "stationd.daemon", "--config", str(layout.config)]
        self._start(layout, "daemon", daemon)
        self._wait("the daemon", lambda: '"ready"' in self._programs["daemon"].log.read_text())

    def _start(self, layout: Layout, name: str, arguments: list[str]) -> None:
        program = Program(name, arguments, logs=layout.logs)
        self._programs[name] = self._stack.enter_context(program)

    # --- Signals ---

    def _signals(self) -> Json:
        self.tell(
            "\n3. A day of traffic, in seconds: arming, tests, burglaries, power and link loss,"
        )
        self.tell("   a number nobody knows, a garbled frame, panels that encrypt.")
        simulator = self._programs.pop("simulate")
        simulator.tell("go")
        code = simulator.finish()
        report = cast("Json", json.loads(self._report.read_text()))
        total = report["total"]
        self.tell(
            f"   Sent {total['sent']} events; {total['acknowledged']} acknowledged, "
            f"{total['unanswered']} not."
        )
        if code != 0:
            msg = f"not all was acknowledged; the simulator's log is {simulator.log}"
            raise CheckFailedError(msg)
        return report

    def _look(self, layout: Layout, ctl: Stationctl) -> None:
        self.tell("\n4. What the station has of it.")
        desk = self._desk(layout)
        self._wait("the follower", lambda: not _behind(desk, layout))
        shown = cast("list[Json]", ctl("account", "history", ACCOUNT))
        told = [row for row in shown if row["signal_class"] != "test"]
        for row in told[:_SHOWN]:
            self.tell(
                f"   {row['received_at']}  {row['signal_class']:<11} {row['code']:<5} {row['name']}"
            )
        parked = cast("list[Json]", ctl("parked"))
        for row in parked[:_SHOWN]:
            number = row["number"] or "no number"
            self.tell(f"   parked: {row['count']} x {number} on {row['listener']}, {row['reason']}")

    # --- The termination ---

    def _end(self, layout: Layout, ctl: Stationctl) -> str:
        self.tell(f"\n5. Account {ACCOUNT} does not pay.  A case is opened; closing it is refused.")
        papers = _papers(layout)
        form = ("--file", str(papers["form-t1"]), "--sign-off", str(papers["counsel.txt"]))
        ctl("form", "sign", "termination", "T-1", *form)
        self._log_in(ctl, "robin")
        opened = ctl(
            *("case", "open", ACCOUNT, "--reason", "nonpayment"),
            *("--document", str(papers["statement.txt"])),
        )
        case_id = str(cast("Json", opened)["id"])
        self._refused(ctl, case_id)
        ctl("case", "step", case_id, "start")
        self._contact(ctl, case_id, papers)
        self.tell("\n6. A second person approves; the notice goes out; the primary bundle is made.")
        self._ask_and_approve(ctl, case_id)
        ctl(
            *("case", "notice", case_id, "--file", str(papers["notice.txt"]), "--channel", "post"),
            *("--address", "1 Main Street, Denver CO"),
            *("--declaration", str(papers["declaration.txt"])),
        )
        noticed = cast("Json", ctl("case", "step", case_id, "notice_sent"))
        self.tell(f"   Monitoring ends at {noticed['effective_at']} and not before.")
        self._wait_state(layout, case_id, "ended")
        self.tell("   The instant was reached, every guard of END held: service has ended.")
        self._refused(ctl, case_id)
        return case_id

    def _contact(self, ctl: Stationctl, case_id: str, papers: Mapping[str, Path]) -> None:
        """Let the manager review the default, and the clerk go through the ladder and draft."""
        self._log_in(ctl, "morgan")
        review = _fields(
            contract=f"C-{ACCOUNT}", default_on="2021-03-01", amount="360.00", clause="9.1"
        )
        ctl("case", "facts", case_id, "breach_review", *review)
        ctl("case", "step", case_id, "facts_ok")
        self._log_in(ctl, "robin")
        ctl("case", "facts", case_id, "nonpayment_reason", *_fields(why="no longer trading"))
        for step in ("call", "call-back", "email", "letter", "next-person"):
            ctl("case", "facts", case_id, "contact", *_fields(step=step, outcome="no answer"))
        ctl("case", "facts", case_id, "vendor", *_fields(vendor="all", outcome="none"))
        left = "Panel, keypad and siren go on working at the premises."
        ctl("case", "facts", case_id, "local_operation", "--text", left)
        ctl("case", "step", case_id, "ladder_done")
        draft = _fields(channel="post", address="1 Main Street, Denver CO", form="T-1")
        notice = ("--file", str(papers["notice.txt"]))
        ctl("case", "facts", case_id, "notice_draft", *draft, *notice)

    def _ask_and_approve(self, ctl: Stationctl, case_id: str) -> None:
        ask = ("case", "ask", case_id, "notice_sent", "--password-stdin")
        asked = cast("Json", ctl(*ask, secret=f"{_password('robin')}\n"))
        self._log_in(ctl, "morgan")
        approve = ("case", "approve", str(asked["id"]), "--password-stdin")
        ctl(*approve, secret=f"{_password('morgan')}\n")

    def _refused(self, ctl: Stationctl, case_id: str) -> None:
        refusal = cast("Json", ctl("case", "step", case_id, "close", expect=3))
        self.tell(f"   Refused: {refusal['error']}")
        for row in refusal["results"]:
            self.tell(f"   {row['id']:<4} {row['status']:<7} {row['text']}")

    def _close(self, layout: Layout, ctl: Stationctl, case_id: str) -> None:
        self.tell("\n7. Close record, closing bundle, lock, read-back by version id, verification.")
        self._wait_state(layout, case_id, "sealed")
        # The login may have fallen idle over slow steps; logging in anew does no harm.
        ctl("case", "step", case_id, "close")
        self._wait_state(layout, case_id, "closed")
        self.tell(f"   Account {ACCOUNT} is closed.")

    def _wait_state(self, layout: Layout, case_id: str, state: str) -> None:
        desk = self._desk(layout)
        self._wait(f"case {state}", lambda: look(desk, case_id).case.state == state)

    def _desk(self, layout: Layout) -> Desk:
        return open_desk(load(layout.config), clock=self.clock, ids=self.ids)

    def _check(self, layout: Layout, ctl: Stationctl, case_id: str, report: Json) -> Path:
        self.tell("\n8. The other side's expert, with openssl and sha256sum and nothing of ours.")
        desk = self._desk(layout)
        view = look(desk, case_id)
        closing = next(one for one in view.orders if one.kind is Kind.CLOSING)
        stored = objects(desk, closing.id)
        main = next(one for one in stored if one.file.endswith(".asice"))
        bundle = Path(main.path)
        volumes = [Path(one.path) for one in stored if one.file.endswith(".zip")]
        unpack(bundle, volumes, layout.unpacked)
        self.tell(f"   $ cd {layout.unpacked}")
        for done in run_checks(layout.unpacked, root=layout.keys / "root.pem", tsa=layout.tsa):
            self.tell(f"   $ {done.command}")
            self.tell("\n".join(f"     {line}" for line in done.said.splitlines()))
            if done.code != 0:
                msg = f"{done.command} ended with {done.code}"
                raise CheckFailedError(msg)
        ctl(
            *("verify", str(bundle), "--root", str(layout.keys / "root.pem")),
            *("--tsa", str(layout.tsa), "--log", str(layout.keys / "log.pub.pem")),
        )
        value = {
            "bundle": str(bundle.resolve()),
            "root_pem": str((layout.keys / "root.pem").resolve()),
            "tsa_pem": str(layout.tsa.resolve()),
            "log_pub_pem": str((layout.keys / "log.pub.pem").resolve()),
            "version_id": main.version_id,
            "case_state": view.case.state,
            "acknowledged": sum(
                report[what]["acknowledged"] for what in ("total", "heartbeats", "polls")
            ),
            "journaled": _journaled(layout),
        }
        layout.result.write_text(json.dumps(value, indent=2) + "\n", encoding="utf-8")
        return layout.result

    def _wait(self, what: str, look: Callable[[], bool], seconds: int = _LONG) -> None:
        wait_until(what, look, clock=self.clock, seconds=seconds, programs=self._programs)


def _simulate(layout: Layout, ports: Ports) -> list[str]:
    """Return the simulator's command line, but for how fast it plays."""
    return [
        *("-m", "stationd.simulate", "--pty", str(layout.pty)),
        *("--surgard-listen", f"127.0.0.1:{ports.surgard}"),
        *("--dc09-tcp", f"127.0.0.1:{ports.dc09_tcp}"),
        *("--dc09-udp", f"127.0.0.1:{ports.dc09_udp}"),
    ]


def _fields(**said: str) -> list[str]:
    """Return the options that give a fact's fields."""
    return [word for name, value in said.items() for word in ("--set", f"{name}={value}")]


def _password(login: str) -> str:
    # The trial's people exist in the trial's folder only.
    return f"trial password of {login}"


def _behind(desk: Desk, layout: Layout) -> bool:
    """Tell whether entries of the journal still wait to be taken over."""
    reader = JournalReader(layout.journal)
    try:
        found = overview(desk, reader).journals
    finally:
        reader.close()
    return not found or any(one.behind != 0 for one in found)


def _journaled(layout: Layout) -> int:
    """Count the frames and heartbeats in the journal."""
    reader = JournalReader(layout.journal)
    try:
        count, after = 0, 0
        while entries := reader.read(after, 1000):
            count += sum(entry.kind in _ACKNOWLEDGED for entry in entries)
            after = entries[-1].position
    finally:
        reader.close()
    return count


_PEOPLE = (
    ("ada", "Ada Admin", "AD"),
    ("morgan", "Morgan Manager", "MG"),
    ("robin", "Robin Clerk", "EC"),
)
_ACKNOWLEDGED = frozenset({journal.Kind.FRAME, journal.Kind.HEARTBEAT})


def _papers(layout: Layout) -> Mapping[str, Path]:
    """Write the papers of the case and return them by name."""
    texts = {
        "form-t1": "Form T-1: notice of termination.",
        "counsel.txt": "We have read form T-1 and sign it off.",
        "statement.txt": f"Statement of account {ACCOUNT}: 3 invoices unpaid, the oldest 94 days.",
        "notice.txt": f"Notice of termination, account {ACCOUNT}. Monitoring ends. No one will be "
        "called or sent after that.",
        "declaration.txt": "I declare under penalty of perjury that I posted the notice above.",
    }
    for name, text in texts.items():
        (layout.papers / name).write_text(text + "\n", encoding="utf-8")
    return {name: layout.papers / name for name in texts}
