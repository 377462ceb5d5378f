"""A desk with a station database, a clock that tests move, one account, and its people."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from stationd.accounts.model import Contract, Customer, Opening, Site
from stationd.accounts.service import open_account
from stationd.bundles import store as bundles
from stationd.bundles.model import Kind, OrderState, StoredObject
from stationd.bundles.service import place
from stationd.cases import service, store
from stationd.cases.model import Attachment, Case, Reason
from stationd.clock import SetClock
from stationd.db.engine import Connection, Database
from stationd.desk import Desk
from stationd.ids import CountedIds
from stationd.ledger.store import append, append_close, read_head, read_heads, read_records
from stationd.settings import PolicySettings
from stationd.staff.model import WORKER, Person, Role

START = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)  # a Monday
DAY = timedelta(days=1)
LETTER = Attachment(name="letter.pdf", media_type="application/pdf", content=b"letter")


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
            terms={"notice_methods": ["post", "email"]},
        ),
        acct="1234",
    )
    open_account(made, opening, by=manager)
    return made


@dataclass
class Office:
    """The desk, and the way a case is taken along in tests."""

    desk: Desk
    clock: SetClock
    manager: Person

    def open(self, reason: Reason = Reason.CUSTOMER_REQUEST) -> Case:
        kind = {
            Reason.CUSTOMER_REQUEST: "customer_writing",
            Reason.NONPAYMENT: "billing_statement",
        }[reason]
        return service.open_case(
            self.desk, "1234", reason, self.manager, kind=kind, document=LETTER
        )

    def step(self, case: Case, event: str) -> Case:
        return service.step(self.desk, case.id, event, self.manager)

    def fact(self, case: Case, kind: str) -> str:
        return service.record_fact(self.desk, case.id, kind, {}, self.manager)

    def notice(self, case: Case, **more: Any) -> str:
        given: dict[str, Any] = {
            "document": LETTER,
            "channel": "email",
            "address": "a@example.com",
            "declaration": LETTER,
            **more,
        }
        return service.record_notice(self.desk, case.id, self.manager, **given)

    def ready(self, reason: Reason = Reason.CUSTOMER_REQUEST) -> Case:
        case = self.open(reason)
        self.step(case, "start")
        case = self.step(case, "facts_ok")
        return self.step(case, "ladder_done") if reason is Reason.NONPAYMENT else case

    def noticed(self, reason: Reason = Reason.CUSTOMER_REQUEST) -> Case:
        case = self.ready(reason)
        self.notice(case)
        return self.step(case, "notice_sent")

    def ended(self) -> Case:
        case = self.noticed()
        self.clock.advance(40 * DAY)
        return self.step(case, "time_over")

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
