"""A station with signed forms of every kind, a mail server, a print queue, and money owed."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from stationd import parts
from stationd.accounts.service import change, change_details
from stationd.accounts.store import read_account, read_contract, read_customer, read_site
from stationd.cases import service as cases
from stationd.cases.model import Reason
from stationd.clock import iso
from stationd.db.schema import billing_imports, billing_lines
from stationd.letters.fields import LETTERS
from stationd.letters.service import forms, sign_form
from stationd.outbox import declaring, drafting, sending
from stationd.outbox import service as outbox
from stationd.outbox.drafting import Wanted
from stationd.outbox.store import read_sendings
from stationd.posting import LetterSettings, PrintSettings, SenderSettings, SmtpSettings
from stationd.staff.model import Person, Role
from stationd.staff.store import Member, record_member
from tests.mail_server import MailServer
from tests.stationd.cases import conftest as of_cases

ROOT = Path(__file__).parents[3]
DAY = timedelta(days=1)
OLGA = Person(login="olga", name="Olga", role=Role.ATTORNEY)
SENDER = SenderSettings(
    name="Maple Alarm, Inc.",
    license="Colorado 4711",
    address="400 Station Road, Denver, CO 80202",
    phone="+1 303 555 0100",
    email="letters@maple.example",
    signer="Maria Manager",
    title="Operations Manager",
    pay="Pay by check to Maple Alarm, Inc., 400 Station Road, Denver, CO 80202.",
)

clock = of_cases.clock
database = of_cases.database
manager = of_cases.manager
clerk = of_cases.clerk
plain_desk = of_cases.desk


@pytest.fixture
def mail(tmp_path):
    with MailServer(tmp_path) as server:
        yield server


@pytest.fixture
def letter_settings(tmp_path, mail):
    smtp = {"host": "localhost", "port": mail.port, "ca": mail.ca, "sender": "l@maple.example"}
    return LetterSettings(
        sender=SENDER,
        smtp=SmtpSettings.model_validate(smtp | {"timeout": "5s"}),
        print=PrintSettings(folder=tmp_path / "queue"),
    )


@pytest.fixture
def desk(plain_desk, letter_settings, manager):
    made = replace(plain_desk, letters=letter_settings)
    with made.database.reading() as connection:
        account = read_account(connection, "1234")
        contract = read_contract(connection, account.contract_id)
        site = read_site(connection, contract.site_id)
        customer = read_customer(connection, site.customer_id)
    details = {"address": "1 Main St, Aurora, CO", "email": "acme@example.com", "phone": "555"}
    change(made, replace(customer, details=details), by=manager)
    terms = {**contract.terms, "late_fee_clause": "7.3", "equipment": "company"}
    change(made, replace(contract, terms=terms), by=manager)
    authority = {"name": "Fire Marshal", "address": "9 Fire Lane", "email": "fire@example.com"}
    issuer = {"name": "Lab", "address": "8 Lab Lane", "email": "lab@example.com"}
    told = {"systems": ["burglary"], "authority": authority, "issuer": issuer}
    change_details(made, "1234", {**told, "certificate": "C-9"}, by=manager)
    with made.database.writing() as connection:
        member = Member(id="m1", login="maria", name=manager.name, role=manager.role, password="-")
        record_member(connection, member)
    for kind in ("termination", "confirmation", "declaration"):
        sign(made, kind)
    imported = {"id": "imp", "source": "books", "name": "b.csv", "sha256": b"0" * 32}
    with made.database.writing() as connection:
        at = iso(made.clock.now())
        connection.execute(sa.insert(billing_imports).values(**imported, by="carl", at=at))
    bill(made, "I-17", 9000, date(2026, 1, 1), "monitoring January 2026")
    bill(made, "I-18", 4550, date(2026, 2, 1), "monitoring February 2026")
    return made


def sign(desk, kind):
    """Let counsel sign the shipped form of a kind, once."""
    if any(one.version == "L-1" for one in forms(desk, kind=kind)):
        return
    text = (ROOT / "config" / "letters" / f"{kind}.txt").read_bytes()
    later = desk.clock.now() + 3650 * DAY
    sign_form(desk, kind, "L-1", content=("letter.txt", text), by=OLGA, expires_at=later)


def bill(desk, number, cents, on, text, kind="invoice"):
    with desk.database.writing() as connection:
        connection.execute(
            sa.insert(billing_lines).values(
                id=f"line-{number}",
                contract_id="k1",
                kind=kind,
                number=number,
                source="books",
                booked_on=on.isoformat(),
                due_on=on.isoformat(),
                amount=cents,
                currency="USD",
                text=text,
                import_id="imp",
                imported_at=iso(datetime(2026, 2, 2, tzinfo=UTC)),
            )
        )


class Bureau(of_cases.Office):
    """The office of the cases, and its letters."""

    def contacted(self, case):
        super().contacted(case)
        self.fact(case, "contact", step="late-fee", outcome="letter")

    def draft_letter(self, case, kind, *channels, by=None, **more):
        if kind in LETTERS:
            sign(self.desk, kind)
        wanted = Wanted(kind=kind, channels=channels or ("email",), **more)
        return drafting.draft(self.desk, case.id, wanted, by or self.manager)

    def order(self, letter, **more):
        return outbox.send(self.desk, letter.id, more.pop("by", self.manager), **more)

    def post(self, settings=None):
        """Do what the worker's child does; return how many acts it tried."""
        letters = settings or self.desk.letters
        given = type("Settings", (), {"letters": letters})
        ways = lambda name: parts.channel(given, name)  # noqa: E731
        return sending.work(sending.Post(desk=self.desk, channel=ways, holder="node-1"))

    def sendings(self, case):
        with self.desk.database.reading() as connection:
            return read_sendings(connection, case_id=case.id)

    def facts(self, case, *kinds):
        with self.desk.database.reading() as connection:
            rows = of_cases.store.read_fact_rows(connection, case.id)
        return [one for one in rows if one.kind in kinds]

    def ready_with_draft(self, *channels, reason=Reason.CUSTOMER_REQUEST, **more):
        """Return a case whose notice is drafted and approved, and its letters."""
        case = self.ready(reason)
        kind = "termination" if reason is Reason.NONPAYMENT else "confirmation"
        letters = self.draft_letter(case, kind, *channels, **more)
        self.approve(case)
        return case, letters

    def declared(self, one, **more):
        shown = declaring.prepare(self.desk, one.id, self.manager, **more)
        return declaring.declare(self.desk, shown, self.confirmed(self.manager))

    def contacting(self, reason=Reason.NONPAYMENT):
        """Return a case whose customer is being contacted."""
        case = self.open(reason)
        self.step(case, "start")
        self.review(case)
        return self.step(case, "facts_ok")

    def notice_out(self, reason=Reason.CUSTOMER_REQUEST):
        """Return a case whose notice the program sent, declared, with T12 taken."""
        case, (letter,) = self.ready_with_draft(reason=reason)
        self.order(letter)
        self.post()
        (one,) = self.sendings(case)
        self.declared(one)
        return cases.step(self.desk, case.id, "notice_sent", self.manager)


@pytest.fixture
def office(desk, clock, manager):
    return Bureau(desk, clock, manager)
