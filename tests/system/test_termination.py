"""A termination from its opening to the closed record, with a real worker and a real archive."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest

from archive.ceremony import Ceremony, make_keys
from archive.verify import Anchors, Outcome, examine
from stationd.accounts.model import Contract, Customer, Opening, Ownership, Site, Transmitter
from stationd.accounts.service import link_transmitter, open_account
from stationd.bundles import service as bundles
from stationd.bundles.model import Kind, OrderState
from stationd.cases import deciding
from stationd.cases import service as cases
from stationd.cases.model import Attachment, Case, Reason
from stationd.clock import SystemClock
from stationd.demo.authority import AuthorityServer
from stationd.demo.s3_server import S3Server
from stationd.desk import Desk, open_desk
from stationd.errors import RefusedError, StepUnknownError
from stationd.ids import SystemIds
from stationd.journal.model import Draft, encode_body
from stationd.journal.model import Kind as EntryKind
from stationd.journal.store import Journal
from stationd.ledger.store import read_head, read_records
from stationd.letters.service import sign_form
from stationd.schedule.store import read_steps
from stationd.sealing import new_sealing_key
from stationd.settings import load
from stationd.staff.model import Confirmed, Person, Role
from tests.system.nursery import Nursery, Program

pytestmark = pytest.mark.system

# Others share the machine: how long it takes at worst is not what these tests are about.
PATIENCE = 240.0
MANAGER = Person(login="maria", name="Maria Manager", role=Role.MANAGER)
SECOND = Person(login="mona", name="Mona Manager", role=Role.MANAGER)
LETTER = Attachment(name="letter.txt", media_type="text/plain", content=b"Please end it.")
NOTICE = Attachment(name="notice.txt", media_type="text/plain", content=b"Monitoring ends.")
DECLARATION = Attachment(name="declaration.txt", media_type="text/plain", content=b"I sent it.")

TERMS = {
    "form": "A-7",
    "form_signed_off": "2025-01-01",
    "started": "2020-01-01",
    "notice_methods": ["post"],
    "termination_clause": "12.1",
    "paid_through": "2026-01-31",
    "equipment": "company",
}

CONFIG = """
[station]
station = "station-1"
node = "node-1"
[ledger]
origin = "log.example.com/station-1"
checkpoint_every = "2s"
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
connect_timeout = "2s"
read_timeout = "10s"
attempts = 2
[[authorities]]
name = "trial"
url = "{authority}"
trust = "{folder}/tsa.pem"
timeout = "5s"
[policies]
late_buffer = "1s"
mail_allowance = "1s"
effective_roll = false
alarm_settles = "1s"
[worker]
follow_every = "1s"
wake_every = "1s"
"""


def until(reached: Callable[[], object], what: Callable[[], object]) -> None:
    """Wait until ``reached``; this is the one place where these tests wait."""
    end = time.monotonic() + PATIENCE
    while not reached():
        if time.monotonic() > end:
            pytest.fail(f"not within {PATIENCE} s: {what()}")
        time.sleep(0.05)


class Office:
    """A station with its database, journal and worker."""

    def __init__(self, folder: Path, desk: Desk, config: Path, workers: Nursery) -> None:
        self.folder = folder
        self.desk = desk
        self.config = config
        self._workers = workers
        self.worker: Program | None = None
        self.log = folder / "worker.log"

    def start(self) -> None:
        self.worker = self._workers.start(["--config", str(self.config)], self.log)

    def stop(self, number: int = signal.SIGTERM) -> int:
        if self.worker is None:
            return 0
        self.worker.send_signal(number)
        code = self.worker.wait(20)
        self.worker = None
        return code

    def case(self, case_id: str) -> Case:
        return cases.look(self.desk, case_id).case

    def reach(self, case_id: str, state: str) -> Case:
        until(lambda: self.case(case_id).state == state, lambda: self.told(case_id))
        return self.case(case_id)

    def told(self, case_id: str) -> str:
        view = cases.look(self.desk, case_id)
        orders = [(one.kind, one.state, one.why) for one in view.orders]
        return f"{view.case.state} {orders} {view.waits} {self.log.read_text()[-3000:]}"

    def signal(self, text: bytes) -> None:
        """Append a frame to the journal, as the daemon would."""
        journal = Journal.open(self.folder / "journal.sqlite3", SystemIds())
        note = b'{"listeners":{"l1":{"group":"main","mode":"primary","options":{},'
        note += b'"receiver":"surgard"}},"pid":1,"version":"test"}'
        journal.append([_body(EntryKind.STARTED, b"", note), _body(EntryKind.FRAME, text, b"")])
        journal.close()


def _body(kind: EntryKind, raw: bytes, note: bytes) -> bytes:
    now = SystemClock().now_ns()
    listener = "l1" if kind is EntryKind.FRAME else ""
    return encode_body(
        Draft(
            received_at=now,
            ticks=0,
            listener=listener,
            peer="",
            kind=kind,
            raw=raw,
            note=note,
            salt=os.urandom(16),
        )
    )


def bucket(server: S3Server) -> str:
    name = f"{server.bucket}-{os.urandom(4).hex()}"
    server.make_bucket(name)
    return name


def configured(
    folder: Path, keys: Ceremony, server: S3Server, authority_server: AuthorityServer
) -> Path:
    """Write a station's configuration and secrets; its archive is a bucket of its own."""
    (folder / "roster.key").write_bytes(new_sealing_key())
    (folder / "roster.key").chmod(0o600)
    (folder / "tsa.pem").write_bytes(authority_server.trust_pem)
    who = server.writer
    (folder / "s3.credentials").write_text(f"{who.access_key}\n{who.secret_key}\n")
    (folder / "s3.credentials").chmod(0o600)
    config = folder / "stationd.toml"
    config.write_text(
        CONFIG.format(
            folder=folder,
            keys=keys.root.parent,
            bucket=bucket(server),
            endpoint=server.endpoint,
            authority=authority_server.url,
        )
    )
    return config


@contextmanager
def opened(config: Path, workers: Nursery) -> Iterator[Office]:
    """Open account 1234 in a new station's database; end the worker in the end."""
    desk = open_desk(load(config), clock=SystemClock(), ids=SystemIds())
    opening = Opening(
        customer=Customer(id="c1", name="Acme"),
        site=Site(id="s1", customer_id="c1", name="Shop", address="1 Main", zone="America/Chicago"),
        contract=Contract(id="k1", site_id="s1", number="K-1", notice_days=0, terms=TERMS),
        acct="1234",
    )
    open_account(desk, opening, by=MANAGER)
    counsel = ("counsel.pdf", b"signed")
    form = ("form.pdf", b"form")
    sign_form(desk, "confirmation", "F-1", content=form, by=MANAGER, sign_off=counsel)
    made = Office(config.parent, desk, config, workers)
    try:
        yield made
    finally:
        made.stop(signal.SIGKILL)
        desk.database.close()


@pytest.fixture
def office(
    station_file: Path,
    keys: Ceremony,
    s3_server: S3Server,
    authority_server: AuthorityServer,
    workers: Nursery,
) -> Iterator[Office]:
    with opened(
        configured(station_file.parent, keys, s3_server, authority_server), workers
    ) as made:
        yield made


def noticed(office: Office) -> Case:
    """Open a case and take it to the notice."""
    desk = office.desk
    case = cases.open_case(
        desk, "1234", Reason.CUSTOMER_REQUEST, MANAGER, kind="customer_writing", document=LETTER
    )
    cases.record_fact(desk, case.id, "ending_statement", {"text": "nothing released"}, MANAGER)
    cases.record_fact(desk, case.id, "vendor", {"vendor": "all", "outcome": "none"}, MANAGER)
    cases.step(desk, case.id, "start", MANAGER)
    cases.step(desk, case.id, "facts_ok", MANAGER)
    drafted = {"channel": "post", "address": "1 Main", "form": "F-1"}
    cases.record_fact(desk, case.id, "notice_draft", drafted, MANAGER, document=NOTICE)
    asked = deciding.ask(
        desk, case.id, "notice_sent", Confirmed(person=MANAGER, at=desk.clock.now())
    )
    deciding.approve(desk, asked.id, Confirmed(person=SECOND, at=desk.clock.now()))
    cases.record_notice(
        desk,
        case.id,
        MANAGER,
        document=NOTICE,
        channel="post",
        address="1 Main",
        declaration=DECLARATION,
    )
    return cases.step(desk, case.id, "notice_sent", MANAGER)


def anchors(office: Office, keys: Ceremony) -> Anchors:
    tsa = (office.folder / "tsa.pem").read_bytes()
    return Anchors(keys.root.read_bytes(), tsa, keys.log_public.read_bytes())


def records(office: Office, acct: str, epoch: int = 1) -> list[dict[str, object]]:
    with office.desk.database.reading() as connection:
        head = read_head(connection, acct, epoch)
        return [json.loads(one) for one in read_records(connection, acct, epoch, 1, head.size)]


def custody(office: Office, kind: str) -> list[dict[str, object]]:
    return [
        one
        for one in records(office, "station")
        if one["type"] == "custody" and one["kind"] == kind
    ]


# --- One account, from the notice to the end ---


@dataclass
class Ended:
    """A story that was played to its end, and what was seen on the way."""

    office: Office
    anchors: Anchors
    case: Case
    away: str
    stopped: int
    sealed: Case


@pytest.fixture(scope="module")
def ended(
    tmp_path_factory: pytest.TempPathFactory,
    migrated_file: Path,
    s3_server: S3Server,
    authority_server: AuthorityServer,
    workers: Nursery,
) -> Iterator[Ended]:
    """Terminate an account whose panel goes on sending; the worker is away twice."""
    folder = tmp_path_factory.mktemp("ended")
    shutil.copyfile(migrated_file, folder / "station.sqlite3")
    keys = make_keys(folder / "keys", station="station-1", now=datetime.now(UTC), serials=count(1))
    with opened(configured(folder, keys, s3_server, authority_server), workers) as office:
        transmitter = Transmitter(id="t1", group="main", number="1234", protocol="surgard")
        during = Ownership(valid_from=datetime.now(UTC) - timedelta(days=1))
        link_transmitter(office.desk, "1234", transmitter, during, by=MANAGER)
        office.signal(b"5011 181234E13001001\x14")
        case = noticed(office)
        effective = case.effective_at
        assert effective is not None
        until(lambda: SystemClock().now() > effective, lambda: "the instant")
        away = office.case(case.id).state
        office.start()
        until(lambda: "started" in office.log.read_text(), office.log.read_text)
        stopped = office.stop(signal.SIGTERM)
        office.start()
        sealed = office.reach(case.id, "sealed")
        office.signal(b"5011 181234R13001001\x14")
        until(lambda: has_tail(office), lambda: office.told(case.id))
        with pytest.raises(StepUnknownError):
            cases.step(office.desk, case.id, "covered", MANAGER)
        closed = cases.step(office.desk, case.id, "close", MANAGER)
        until(lambda: settled(office, case.id), lambda: office.told(case.id))
        yield Ended(office, anchors(office, keys), closed, away, stopped, sealed)


def has_tail(office: Office) -> bool:
    with office.desk.database.reading() as connection:
        return bool(read_records(connection, "1234", 2, 1, 2))


def settled(office: Office, case_id: str) -> bool:
    """Tell whether all bundles of a case are verified and their locks extended."""
    with office.desk.database.reading() as connection:
        steps = [one for one in read_steps(connection, case_id) if one.step == "lock.extend"]
    orders = bundles.orders(office.desk, case_id=case_id)
    extended = bool(steps) and all(one.done_at is not None for one in steps)
    return extended and all(one.state is OrderState.VERIFIED for one in orders)


def test_an_account_closes_once_its_history_lies_locked_in_the_archive(ended: Ended) -> None:
    desk = ended.office.desk
    assert (ended.sealed.state, ended.case.state) == ("sealed", "closed")
    orders = {one.kind: one for one in bundles.orders(desk, case_id=ended.case.id)}
    closing = bundles.read(desk, orders[Kind.CLOSING].id)
    stored = bundles.objects(desk, closing.id)
    (container,) = [one for one in stored if one.file.endswith(".asice")]
    assert examine(Path(container.path), ended.anchors).outcome is Outcome.PASSED
    assert {one.mode for one in stored} == {"COMPLIANCE"}
    types = [one["type"] for one in records(ended.office, "1234")]
    assert (types[0], types[-1], types.count("close")) == ("open", "close", 1)
    assert types.count("signal") == 1
    assert closing.records == len(types)


def test_the_locks_of_the_other_bundles_are_extended_at_close(ended: Ended) -> None:
    desk = ended.office.desk
    orders = {one.kind: one for one in bundles.orders(desk, case_id=ended.case.id)}
    until_ = orders[Kind.CLOSING].retain_until
    assert until_ is not None
    for one in bundles.objects(desk, orders[Kind.PRIMARY].id):
        assert one.retain_until is not None
        assert one.retain_until >= until_


def test_a_signal_after_the_close_record_begins_the_tail(ended: Ended) -> None:
    assert [one["type"] for one in records(ended.office, "1234", 2)] == ["open", "signal"]


def test_service_ends_on_time_after_the_worker_was_away(ended: Ended) -> None:
    assert ended.away == "noticed"
    assert ended.sealed.ended_at is not None


def test_the_worker_stops_cleanly_and_another_goes_on(ended: Ended) -> None:
    assert ended.stopped == 0
    assert ended.office.log.read_text().count('"started"') == 2


# --- What may come between ---


def test_a_second_worker_on_one_machine_is_turned_away(office: Office) -> None:
    office.start()
    until(lambda: "started" in office.log.read_text(), office.log.read_text)
    second = subprocess.run(
        [sys.executable, "-m", "stationd.worker", "--config", str(office.config)],
        capture_output=True,
        check=False,
        timeout=30,
    )
    assert second.returncode == 5
    assert b"Another stationd-worker runs on this machine" in second.stderr


@pytest.mark.slow
def test_killing_the_worker_again_and_again_does_everything_once(office: Office) -> None:
    case = noticed(office)
    rounds = 0
    while office.case(case.id).state != "sealed":
        rounds += 1
        assert rounds < 20, office.told(case.id)
        office.start()
        # Longer each time: on a machine that others share, starting takes long by itself.
        end = time.monotonic() + 1.5 + 3 * rounds
        while time.monotonic() < end and office.case(case.id).state != "sealed":
            time.sleep(0.02)
        office.stop(signal.SIGKILL)
    types = [one["type"] for one in records(office, "1234")]
    assert types.count("close") == 1
    rows = [one["row"] for one in records(office, "1234") if one.get("kind") == "step"]
    # Until the primary bundle lies on disk (G19) service runs past its end, which is told once.
    assert [row for row in rows if row != "T15"] == ["T1", "T2", "T4", "T12", "T14"]
    assert rows.count("T15") <= 1
    orders = bundles.orders(office.desk, case_id=case.id)
    assert sorted(one.kind for one in orders) == ["closing", "primary"]
    assert len([one for one in custody(office, "verified") if one["bundle"] == "closing"]) == 1


def test_without_s3_service_ends_but_nothing_closes_and_the_case_says_why(
    office: Office, s3_server: S3Server
) -> None:
    text = office.config.read_text().replace(s3_server.endpoint, "http://127.0.0.1:9")
    good = office.config.read_text()
    office.config.write_text(text)
    case = noticed(office)
    office.start()
    office.reach(case.id, "ended")
    until(lambda: cases.look(office.desk, case.id).waits, lambda: office.told(case.id))
    until(
        lambda: any(one.why for one in bundles.orders(office.desk, case_id=case.id)),
        lambda: office.told(case.id),
    )
    with pytest.raises(RefusedError) as refused:
        cases.step(office.desk, case.id, "covered", MANAGER)
    assert [one.id for one in refused.value.results] == ["G11", "G12"]
    with pytest.raises(RefusedError) as early:
        cases.step(office.desk, case.id, "close", MANAGER)
    assert {"G11", "G12"} <= {one.id for one in early.value.results}

    office.stop()
    office.config.write_text(good)
    office.start()
    office.reach(case.id, "sealed")


def test_lost_local_files_lead_to_a_new_order_at_a_new_key(
    office: Office, s3_server: S3Server
) -> None:
    good = office.config.read_text()
    office.config.write_text(good.replace(s3_server.endpoint, "http://127.0.0.1:9"))
    order = bundles.order(office.desk, "1234", Kind.ON_REQUEST, MANAGER)
    office.start()
    until(
        lambda: (
            bundles.read(office.desk, order).state is OrderState.BUILT
            and bundles.read(office.desk, order).why
        ),
        office.log.read_text,
    )
    office.stop()
    shutil.rmtree(office.folder / "sealed")
    office.config.write_text(good)
    office.start()
    until(
        lambda: bundles.read(office.desk, order).state is OrderState.FAILED,
        office.log.read_text,
    )
    until(
        lambda: bundles.orders(office.desk)[0].state is OrderState.VERIFIED,
        office.log.read_text,
    )
    new = bundles.orders(office.desk)[0]
    assert new.id != order
    assert new.checkpoint != bundles.read(office.desk, order).checkpoint
