"""A whole station on a moved clock, for stories that take weeks: people use `stationctl`.

Settings, database, archive (a real S3 server), time-stamp authority, follower and worker are the
product's own; the test composes them with a clock that stands still until it is told, and lets the
worker's child do its tasks at once and in this process.
"""

import json
import shutil
import subprocess
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher
from click.testing import CliRunner

from archive.ceremony import Ceremony, make_keys
from archive.verify import Anchors, Outcome, examine
from stationd.acting import Acting
from stationd.assistant import Assistant
from stationd.assisting import assist
from stationd.bundles import service as bundles
from stationd.bundles.model import Kind, OrderState
from stationd.cases.model import Status
from stationd.cases.service import cases, look
from stationd.cli.main import cli
from stationd.clock import SetClock
from stationd.demo.authority import AuthorityServer
from stationd.demo.s3_server import S3Server
from stationd.desk import Desk, open_desk
from stationd.following import Following
from stationd.ids import SystemIds
from stationd.journal.model import Draft, encode_body
from stationd.journal.model import Kind as EntryKind
from stationd.journal.store import Journal
from stationd.parts import sealer
from stationd.sealing import new_sealing_key
from stationd.settings import Settings, load

_CONFIG = """
[station]
station = "south"
node = "n-1"
[ledger]
origin = "log.example.com/south"
[journal]
path = "{folder}/journal.sqlite3"
[roster]
path = "{folder}/roster.json"
key = "{folder}/roster.key"
[database]
url = "sqlite:///{folder}/station.sqlite3"
[keys]
seal_key = "{keys}/seal.key.pem"
seal_certificate = "{keys}/seal.pem"
root = "{keys}/root.pem"
log_key = "{keys}/log.key.pem"
[archive]
sealed = "{folder}/sealed"
[archive.store]
kind = "s3"
bucket = "{bucket}"
endpoint = "{endpoint}"
addressing = "path"
credentials = "{folder}/s3.credentials"
[[authorities]]
name = "trial"
url = "{authority}"
trust = "{folder}/tsa.pem"
timeout = "5s"
"""
_LISTENERS = (
    b'{"listeners":{"l1":{"group":"main","mode":"primary","options":{},"receiver":"surgard"}},'
    b'"pid":1,"version":"test"}'
)
_PEOPLE = {
    "ada": ("Ada Admin", "AD"),
    "morgan": ("Morgan Manager", "MG"),
    "maxim": ("Maxim Manager", "MG"),
    "robin": ("Robin Clerk", "EC"),
    "avery": ("Avery Attorney", "AT"),
}
_MOST_LOOKS = 3000
_LOOK = timedelta(seconds=2)


class Story:
    """A station, its people and its clock.  ``say`` is a person at the keyboard."""

    def __init__(
        self,
        folder: Path,
        migrated_file: Path,
        s3: S3Server,
        patch: pytest.MonkeyPatch,
        more: str = "",
    ) -> None:
        self.folder = folder
        self.clock = SetClock(datetime.now(UTC))
        self._patch = patch
        self._authority = AuthorityServer(self.clock, SystemIds()).start()
        shutil.copyfile(migrated_file, folder / "station.sqlite3")
        self.keys: Ceremony = make_keys(
            folder / "keys", station="south", now=self.clock.now(), serials=count(1)
        )
        self.config = self._configured(s3, more)
        self.settings: Settings = load(self.config)
        self.desk: Desk = open_desk(self.settings, clock=self.clock, ids=SystemIds())
        self._compose()
        self._journal = Journal.open(self.settings.journal.path, SystemIds())
        self._entry(EntryKind.STARTED, note=_LISTENERS)
        key = sealer(self.settings)
        self.following = Following(self.desk, self.settings, key)
        self.acting = Acting(
            self.desk, self.settings, following=self.following, config=self.config, sealer=key
        )
        self.acting.alarm.start()
        self._logged_in = ("", self.clock.now())
        for login, (name, role) in _PEOPLE.items():
            self.say(
                *("staff", "add", login, "--name", name, "--role", role, "--password-stdin"),
                by="" if login == "ada" else "ada",
                secret=_password(login),
            )

    def _configured(self, s3: S3Server, more: str) -> Path:
        folder = self.folder
        (folder / "tsa.pem").write_bytes(self._authority.trust_pem)
        secrets = {
            "roster.key": new_sealing_key(),
            "s3.credentials": f"{s3.writer.access_key}\n{s3.writer.secret_key}\n".encode(),
        }
        for name, content in secrets.items():
            (folder / name).touch(mode=0o600)
            (folder / name).write_bytes(content)
        bucket = f"{s3.bucket}-{SystemIds().identifier()[:8]}"
        s3.make_bucket(bucket)
        config = folder / "stationd.toml"
        text = _CONFIG.format(
            folder=folder,
            keys=folder / "keys",
            bucket=bucket,
            endpoint=s3.endpoint,
            authority=self._authority.url,
        )
        config.write_text(text + more.format(folder=folder))
        return config

    def _compose(self) -> None:
        """Give the programs the moved clock, and the worker's child's tasks to this process."""
        quick = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
        self._patch.setattr("stationd.staff.passwords._HASHER", quick)
        self._patch.setattr("stationd.cli.office.SystemClock", lambda: self.clock)
        self._patch.setattr("stationd.cli.trail._SYSTEM_LOG", self.folder / "no-log")
        self._patch.setenv("XDG_RUNTIME_DIR", str(self.folder))
        self._patch.setenv("XDG_STATE_HOME", str(self.folder))

        def give(_self: Assistant, word: str, order_id: str = "") -> None:
            assist(self.settings, self.desk, [f"{word} {order_id}"])

        self._patch.setattr(Assistant, "give", give)

    def close(self) -> None:
        """End what was started."""
        self.acting.alarm.stop()
        self.acting.stop()
        self._journal.close()
        self.desk.database.close()
        self._authority.stop()

    # --- People ---

    def say(self, *words: object, by: str, secret: str = "", code: int = 0) -> Any:
        """Run `stationctl` as ``by`` and return what it says; it must end with ``code``."""
        if by and not self._is_logged_in(by):
            self._run(["login", by, "--password-stdin"], secret=_password(by))
            self._logged_in = (by, self.clock.now())
        return self._run([str(word) for word in words], secret=secret, code=code)

    def confirmed(self, *words: object, by: str, code: int = 0) -> Any:
        """Run a command that asks for the password again."""
        return self.say(*words, "--password-stdin", by=by, secret=_password(by), code=code)

    def _is_logged_in(self, by: str) -> bool:
        login, at = self._logged_in
        return login == by and self.clock.now() - at < timedelta(minutes=10)

    def _run(self, words: Sequence[str], *, secret: str = "", code: int = 0) -> Any:
        command = ["--config", str(self.config), "--json", *words]
        done = CliRunner().invoke(cli, command, input=f"{secret}\n" if secret else None)
        assert done.exit_code == code, f"{' '.join(words)}: {done.output} {done.exception!r}"
        try:
            return json.loads(done.stdout)
        except ValueError:
            return done.stdout

    def paper(self, name: str, text: str = "") -> Path:
        """Write a paper that somebody hands in."""
        path = self.folder / "papers" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text or f"What {name} says.\n")
        return path

    def fact(self, case: str, kind: str, *more: object, by: str, **fields: str) -> Any:
        """Record a fact of a case."""
        told = [word for name, value in fields.items() for word in ("--set", f"{name}={value}")]
        return self.say("case", "facts", case, kind, *told, *more, by=by)

    def fact_kinds(self, case: str) -> Counter[str]:
        """Return how many facts of each kind a case has."""
        return Counter(one.kind for one in look(self.desk, case).facts)

    # --- Machines ---

    def signal(self, raw: bytes) -> None:
        """Take a frame in, as the daemon would."""
        self._entry(EntryKind.FRAME, raw=raw, listener="l1")

    def _entry(
        self, kind: EntryKind, *, raw: bytes = b"", note: bytes = b"", listener: str = ""
    ) -> None:
        draft = Draft(
            received_at=self.clock.now_ns(),
            ticks=self.clock.ticks(),
            listener=listener,
            peer="",
            kind=kind,
            raw=raw,
            note=note,
            salt=SystemIds().salt(),
        )
        self._journal.append([encode_body(draft)])

    def work(self, reached: Callable[[], object] = lambda: True) -> None:
        """Let follower and worker look, second after second, until it is reached."""
        for _ in range(_MOST_LOOKS):
            while self.following.take():
                pass
            self.acting.look()
            if reached():
                return
            self.clock.advance(_LOOK)
        pytest.fail(f"not reached: {self.told()}")

    def told(self) -> str:
        """Return what the checks and the open orders say, for a failure."""
        orders = [(one.acct, one.kind, one.state, one.why) for one in bundles.orders(self.desk)]
        rows = [
            f"{one.acct} {one.state}: {result.id} {result.text}"
            for one in cases(self.desk)
            for result in look(self.desk, one.id).results
            if result.status in (Status.FAILED, Status.WARNED)
        ]
        return "\n".join([str(orders), *rows])

    def archive(self) -> None:
        """Let the worker go on until every bundle that was ordered is verified."""
        done = OrderState.VERIFIED
        self.work(lambda: all(one.state is done for one in bundles.orders(self.desk)))

    def pass_days(self, days: float, *, step: timedelta = timedelta(days=6)) -> None:
        """Let time pass, with a look of the worker every so often."""
        end = self.clock.now() + timedelta(days=days)
        while self.clock.now() < end:
            self.clock.advance(min(step, end - self.clock.now()))
            self.work()

    def is_in(self, case: str, state: str) -> None:
        """Look that a case stands in a state, and say what is in its way if not."""
        assert self.state(case) == state, self.told()

    def to_the_end(self, case: str) -> None:
        """Let a notice's time pass, and look every few hours once it is nearly over."""
        self.pass_days(33)
        for _ in range(40):
            if self.state(case) == "ended":
                return
            self.pass_days(0.5)
        self.is_in(case, "ended")

    def until_state(self, case: str, state: str) -> None:
        """Let the worker go on until a case has come to a state."""
        self.work(lambda: self.state(case) == state)

    def until_read_back(self, case: str) -> None:
        """Let the worker go on until what the archive holds of a case was read back lately.

        Among hundreds it takes its turn.
        """
        self.work(lambda: "G11" not in self._failed(case))

    def _failed(self, case: str) -> list[str]:
        results = look(self.desk, case).results
        return [one.id for one in results if one.status is Status.FAILED]

    def state(self, case: str) -> str:
        """Return the state of a case."""
        return look(self.desk, case).case.state

    # --- The end of a story ---

    def closing(self, case: str) -> Path:
        """Return the closing bundle of a case, as it lies sealed on this machine."""
        orders = look(self.desk, case).orders
        order = next(one for one in orders if one.kind is Kind.CLOSING)
        assert order.state is OrderState.VERIFIED
        stored = bundles.objects(self.desk, order.id)
        return Path(next(one.path for one in stored if one.file.endswith(".asice")))

    def examined(self, bundle: Path) -> None:
        """Check a bundle as the other side's expert would."""
        given = Anchors(
            self.keys.root.read_bytes(),
            (self.folder / "tsa.pem").read_bytes(),
            self.keys.log_public.read_bytes(),
        )
        report = examine(bundle, given, processes=1)
        assert report.outcome is Outcome.PASSED, report.findings

    def report(self, bundle: Path) -> str:
        """Return the words of a bundle's report, in one line."""
        pdf = self.folder / "report.pdf"
        with pdf.open("wb") as target:
            unzip = ["unzip", "-p", str(bundle), "alarm-history.pdf"]
            subprocess.run(unzip, stdout=target, check=True)
        text = subprocess.run(
            ["pdftotext", "-layout", str(pdf), "-"], capture_output=True, check=True
        )
        return " ".join(text.stdout.decode().split())


def _password(login: str) -> str:
    return f"a password of {login} that is long"
