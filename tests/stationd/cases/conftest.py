"""A desk with a station database, a clock that tests move, one account, and its people."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from stationd.accounts.model import Contract, Customer, Opening, Site
from stationd.accounts.service import open_account
from stationd.bundles import store as bundles
from stationd.bundles.model import Kind, OrderState, StoredObject
from stationd.bundles.service import place
from stationd.cases import deciding, service, store
from stationd.cases.model import (
    AccountFact,
    Attachment,
    BundleFact,
    Case,
    ChainFact,
    ContractFact,
    Facts,
    HoldFact,
    NodeFact,
    NoticeFact,
    ObjectFact,
    Reason,
    RecordedFact,
)
from stationd.cases.reasons import opening_documents
from stationd.clock import SetClock
from stationd.db.engine import Connection, Database
from stationd.desk import Desk
from stationd.ids import CountedIds
from stationd.ledger.store import append, append_close, read_head, read_heads, read_records
from stationd.letters.model import LetterForm
from stationd.letters.service import sign_form
from stationd.settings import PolicySettings
from stationd.staff.model import WORKER, Confirmed, Person, Role

START = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)  # a Monday
DAY = timedelta(days=1)
LETTER = Attachment(name="letter.pdf", media_type="application/pdf", content=b"letter")
TERMS = {
    "notice_methods": ["post", "email"],
    "form": "A-7",
    "form_signed_off": "2025-01-01",
    "started": "2020-01-01",
    "initial_term": "36 months",
    "renewal": "month",
    "renewal_notice_days": 30,
    "payment_terms": "monthly in advance",
    "default_clause": "9.1",
    "termination_clause": "12.1",
    "paid_through": "2026-01-31",
}
COUNSEL = Person(login="olga", name="Olga", role=Role.ATTORNEY)
SECOND = Person(login="mona", name="Mona", role=Role.MANAGER)


@pytest.fixture
def clock() -> SetClock:
    return SetClock(START)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    made = Database(database_url)
    yield made
    made.close()


@pytest.fixture
def manager() -> Person:
    return Person(login="maria", name="Maria Manager", role=Role.MANAGER)


@pytest.fixture
def clerk() -> Person:
    return Person(login="carl", name="Carl Clerk", role=Role.CLERK)


@pytest.fixture
def desk(database: Database, clock: SetClock, manager: Person) -> Desk:
    return furnished(database, clock, manager)


def furnished(database: Database, clock: SetClock, manager: Person) -> Desk:
    """Return a desk with account 1234 and forms that are signed off."""
    made = Desk(
        database=database,
        clock=clock,
        ids=CountedIds(),
        station="station-1",
        policies=PolicySettings(),
    )
    opening = Opening(
        customer=Customer(id="c1", name="Acme"),
        site=Site(id="s1", customer_id="c1", name="Shop", address="1 Main", zone="America/Chicago"),
        contract=Contract(
            id="k1",
            site_id="s1",
            number="K-1",
            notice_days=30,
            terms=TERMS,
        ),
        acct="1234",
    )
    open_account(made, opening, by=manager)
    for kind in ("termination", "confirmation"):
        later = START + 3650 * DAY
        form = ("form.pdf", b"form")
        sign_form(made, kind, "F-1", content=form, by=COUNSEL, expires_at=later)
    return made


@dataclass
class Office:
    """The desk, and the way a case is taken along in tests."""

    desk: Desk
    clock: SetClock
    manager: Person

    def open(self, reason: Reason = Reason.CUSTOMER_REQUEST, **more: Any) -> Case:
        kind = more.pop("kind", opening_documents(reason)[0])
        return service.open_case(
            self.desk, "1234", reason, self.manager, kind=kind, document=LETTER
        )

    def step(self, case: Case, event: str, by: Person | None = None) -> Case:
        return service.step(self.desk, case.id, event, by or self.manager)

    def fact(self, case: Case, kind: str, by: Person | None = None, **told: Any) -> str:
        document = told.pop("document", None)
        given = told or {"text": "so it is"}
        return service.record_fact(
            self.desk, case.id, kind, given, by or self.manager, document=document
        )

    def review(self, case: Case, by: Person | None = None, **more: Any) -> str:
        carl = Person(login="carl", name="Carl", role=Role.CLERK)
        told = {"contract": "K-1", "default_on": "2026-02-01", "amount": "90", "clause": "9.1"}
        return self.fact(case, "breach_review", by or carl, **told | more)

    def draft(self, case: Case, channel: str = "email", **more: Any) -> str:
        told = {"channel": channel, "address": "a@example.com", "form": "F-1", "document": LETTER}
        return self.fact(case, "notice_draft", **told | more)

    def confirmed(self, person: Person) -> Confirmed:
        return Confirmed(person=person, at=self.clock.now())

    def approve(self, case: Case, event: str = "notice_sent") -> str:
        """Let one person ask and another approve; return the approval's id."""
        asked = deciding.ask(self.desk, case.id, event, self.confirmed(self.manager))
        return deciding.approve(self.desk, asked.id, self.confirmed(SECOND)).id

    def waive(self, case: Case, event: str, *guards: str, by: Person = SECOND) -> str:
        """Let two persons waive guards; return the approval's id."""
        asked = deciding.ask_override(
            self.desk,
            case.id,
            event,
            guards,
            self.confirmed(self.manager),
            code="other",
            text="nobody at the premises and nobody answers for it since a month",
            document=LETTER,
        )
        return deciding.approve(self.desk, asked.id, self.confirmed(by)).id

    def notice(self, case: Case, **more: Any) -> str:
        given: dict[str, Any] = {
            "document": LETTER,
            "channel": "email",
            "address": "a@example.com",
            "declaration": LETTER,
            **more,
        }
        return service.record_notice(self.desk, case.id, self.manager, **given)

    def contacted(self, case: Case) -> None:
        """Do every step of the ladder."""
        self.fact(case, "nonpayment_reason", why="no money")
        for step in ("call", "call-back", "email", "letter", "next-person"):
            self.fact(case, "contact", step=step, outcome="nobody")

    def ready(self, reason: Reason = Reason.CUSTOMER_REQUEST) -> Case:
        case = self.open(reason)
        self.step(case, "start")
        if reason is Reason.NONPAYMENT:
            self.review(case)
            case = self.step(case, "facts_ok")
            self.contacted(case)
            return self.step(case, "ladder_done")
        self.fact(case, "ending_statement")
        return self.step(case, "facts_ok")

    def approved(self, reason: Reason = Reason.CUSTOMER_REQUEST) -> Case:
        """Return a case whose letter may go out."""
        case = self.ready(reason)
        self.draft(case)
        self.approve(case)
        return case

    def send(self, case: Case, **more: Any) -> Case:
        """Draft, approve, send and record the notice of a case that is ready for it."""
        self.draft(case, more.get("channel", "email"))
        self.approve(case)
        self.notice(case, **more)
        return self.step(case, "notice_sent")

    def noticed(self, reason: Reason = Reason.CUSTOMER_REQUEST) -> Case:
        return self.send(self.ready(reason))

    def built(self, case: Case) -> str:
        """Do what the worker does after the notice: build the primary bundle."""
        order = self.execute(
            f"SELECT id FROM orders WHERE case_id = '{case.id}' AND kind = 'primary'"
        )[-1][0]
        held = StoredObject(order_id=order, file="p.asice", key="p", size=1, sha256="00", path="/p")
        with self.writing() as connection:
            bundles.record_objects(connection, [held])
            bundles.update_order(connection, order, state=OrderState.BUILT.value)
        return str(order)

    def due(self) -> Case:
        """Return a case whose time is over and that may end."""
        case = self.noticed()
        self.built(case)
        self.fact(case, "local_operation")
        self.fact(case, "vendor", vendor="all", outcome="none")
        self.clock.advance(40 * DAY)
        return case

    def ended(self) -> Case:
        return self.step(self.due(), "time_over")

    def close_chain(self, case: Case) -> str:
        """Do what the worker does after the late buffer; return the closing order's id."""
        self.clock.advance(2 * DAY)
        with self.writing() as connection:
            now = self.clock.now()
            append_close(connection, "1234", 1, fields={}, now=now, ids=self.desk.ids)
            order, draft = place(
                connection,
                self.desk,
                acct="1234",
                epoch=1,
                kind=Kind.CLOSING,
                by=WORKER,
                case_id=case.id,
            )
            append(connection, [draft], station="station-1", now=now, ids=self.desk.ids)
            store.record_fact_row(
                connection,
                fact_id=self.desk.ids.identifier(),
                case_id=case.id,
                kind="followed",
                fact={"journals": []},
                doc=None,
                author="worker",
                at=now,
            )
        return order

    def prove(self, order: str, **more: object) -> None:
        """Note that a bundle was stored, locked and read back."""
        now = self.clock.now()
        until = now + 3650 * DAY
        with self.writing() as connection:
            size = read_head(connection, "1234", 1).size
            held = StoredObject(
                order_id=order, file="b.asice", key="k", size=1, sha256="00", path="/p"
            )
            bundles.record_objects(connection, [held])
            bundles.record_version(connection, order, "b.asice", "v1")
            told = StoredObject(
                order_id=order,
                file="b.asice",
                key="k",
                size=1,
                sha256="00",
                path="/p",
                retain_until=until,
                mode="COMPLIANCE",
            )
            bundles.record_held(connection, told)
            bundles.record_read_back(connection, order, "b.asice", now)
            values: dict[str, object] = {
                "state": OrderState.VERIFIED.value,
                "records": size,
                "retain_until": until,
                "verified_at": now,
                **more,
            }
            bundles.update_order(connection, order, **values)

    def sealed(self) -> Case:
        case = self.ended()
        self.prove(self.close_chain(case))
        return service.step(self.desk, case.id, "covered", WORKER)

    def writing(self) -> Any:
        return self.desk.database.writing()

    def records(self, acct: str = "1234", epoch: int = 1) -> list[Mapping[str, Any]]:
        with self.desk.database.reading() as connection:
            head = read_head(connection, acct, epoch)
            return [json.loads(one) for one in read_records(connection, acct, epoch, 1, head.size)]

    def epochs(self, acct: str) -> int:
        with self.desk.database.reading() as connection:
            return len(read_heads(connection, acct))

    def execute(self, statement: str) -> list[Any]:
        with self.writing() as connection:
            return list(_rows(connection, statement))


def _rows(connection: Connection, statement: str) -> list[Any]:
    done = connection.execute(sa.text(statement))
    return list(done) if done.returns_rows else []


@pytest.fixture
def office(desk: Desk, clock: SetClock, manager: Person) -> Office:
    return Office(desk, clock, manager)


# --- Facts on which every guard of END and CLOSE passes ---

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
LOCK = NOW + 3650 * DAY
OBJECT = ObjectFact(
    file="b.asice",
    version_id="v1",
    mode="COMPLIANCE",
    retain_until=LOCK,
    legal_hold=False,
    verified_at=NOW - HOUR,
)
CLOSING = BundleFact(
    order_id="o1",
    kind="closing",
    state="verified",
    epoch=1,
    records=40,
    retain_until=LOCK,
    verified_at=NOW - HOUR,
    why="",
    objects=(OBJECT,),
)


def told(kind: str, *, days: int = 60, author: str = "carl", document: bool = False, **said: Any):
    return RecordedFact(
        id=f"{kind}-{days}",
        kind=kind,
        at=NOW - days * DAY,
        author=author,
        has_document=document,
        told=said,
    )


@pytest.fixture
def fact() -> Any:
    """Return what makes a recorded fact, so many days old."""
    return told


@pytest.fixture
def good() -> Facts:
    """Facts of a default: noticed, over, ended, its closing bundle proven."""
    review = {"contract": "K-1", "default_on": "2026-02-01", "amount": "90.00", "clause": "9.1"}
    draft = {"channel": "post", "address": "1 Main", "form": "F-1", "sha256": "aa"}
    return Facts(
        now=NOW,
        reason=Reason.NONPAYMENT,
        state="sealed",
        opened_at=NOW - 61 * DAY,
        opened_by="maria",
        contacting_since=NOW - 55 * DAY,
        since=NOW - 50 * DAY,
        noticed_since=NOW - 40 * DAY,
        recorded=(
            told("billing_statement", document=True),
            told("breach_review", days=58, **review),
            told("contact", days=54, step="call"),
            told("nonpayment_reason", days=53, why="no money"),
            told("notice_draft", days=45, document=True, **draft),
            told("local_operation", days=30),
            told("vendor", days=29, vendor="all", outcome="none"),
        ),
        notices=(
            NoticeFact(
                id="n1",
                kind="termination",
                channel="post",
                sent_at=NOW - 40 * DAY,
                at=NOW - 40 * DAY,
                declared=True,
                sha256="aa",
            ),
        ),
        methods=("post",),
        contract=ContractFact(number="K-1", terms=TERMS),
        account=AccountFact(details={"systems": ["burglary"]}),
        ladder=("call",),
        forms=(
            LetterForm(
                id="form",
                kind="termination",
                version="F-1",
                jurisdiction="",
                doc=b"d",
                signed_by="olga",
                signed_at=NOW - 90 * DAY,
                expires_at=NOW + 90 * DAY,
            ),
        ),
        effective_at=NOW - 5 * DAY,
        ended_at=NOW - 5 * DAY,
        holds=(HoldFact(id="h0", kind="records", own=True, set_at=NOW - 60 * DAY, author="carl"),),
        bundles=(CLOSING, replace(CLOSING, order_id="o0", kind="primary")),
        stored=(CLOSING,),
        chain=ChainFact(epoch=1, size=40, first="open", last="close"),
        nodes=(NodeFact(journal="j", node="node-1", followed_at=NOW - 3 * DAY),),
    )
