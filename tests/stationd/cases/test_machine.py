"""Random events, clocks, crashes and roles over one station: what holds of every case, always.

The numbers are those of the terms' list of invariants (17).
"""

import shutil
import tempfile
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from stationd.accounts.model import Contract, Customer, Opening, Site
from stationd.accounts.service import open_account
from stationd.accounts.store import read_account, read_contract
from stationd.cases import amending, chronicle, deciding, due, service, store
from stationd.cases.kinds import KINDS, recordable
from stationd.cases.model import Attachment, Case, Reason
from stationd.cases.overrides import CLASSES, CODES, Class, class_of
from stationd.cases.reasons import opening_documents
from stationd.cases.states import OVER, Event, State
from stationd.clock import SetClock
from stationd.db.engine import Database
from stationd.desk import Desk
from stationd.errors import StationdError
from stationd.holds.model import HoldKind
from stationd.holds.service import ask_lifting, holds, lift_hold, set_hold
from stationd.ids import CountedIds
from stationd.letters.service import sign_form
from stationd.settings import PolicySettings
from stationd.staff.model import Confirmed, Person, Role

START = datetime(2026, 3, 2, 15, tzinfo=UTC)
PAPER = Attachment(name="l.pdf", media_type="application/pdf", content=b"letter")
PEOPLE = {
    login: Person(login=login, name=login.title(), role=role)
    for login, role in {
        "maria": Role.MANAGER,
        "mona": Role.MANAGER,
        "carl": Role.CLERK,
        "olga": Role.ATTORNEY,
        "anna": Role.ADMINISTRATOR,
        "otto": Role.OPERATOR,
    }.items()
}
TERMS = {
    **dict.fromkeys(
        ("form", "form_signed_off", "started", "termination_clause", "default_clause"), "x"
    ),
    **dict.fromkeys(("payment_terms", "renewal", "initial_term", "renewal_notice_days"), "x"),
    "notice_methods": ["email"],
    "paid_through": "2026-01-31",
    "equipment": "company",
}
# What people would say: fields that fit, so that cases come far.
SAID = {
    "breach_review": {
        "contract": "K-1",
        "default_on": "2026-02-01",
        "amount": "90",
        "clause": "9.1",
    },
    "receiving_station": {"name": "North"},
    "nonpayment_reason": {"why": "no money"},
    "proceedings": {"on": "2026-09-01"},
    "clearance": {"contract": "K-1", "valid_from": "2026-01-01", "valid_until": "2027-12-31"},
    "notice_draft": {"channel": "email", "address": "a@example.com", "form": "F-1"},
    "payment": {"amount": "50", "received_on": "2026-03-20"},
    "refund": {"amount": "5"},
    "vendor": {"vendor": "all", "outcome": "none"},
    "welfare_contact": {"outcome": "told", "manager": "Maria"},
    "issuer_cancellation": {"number": "C-1"},
    **{
        kind: {"channel": "email", "address": "a", "sent_on": "2026-03-02"}
        for kind in ("withdrawal_letter", "second_notice", "authority_letter")
    },
}
STEPS = ("call", "call-back", "email", "letter", "next-person")
people = st.sampled_from(sorted(PEOPLE))
managers = st.sampled_from(["maria", "mona"])


class CrashError(Exception):
    """The process ends here: nothing after it happens."""


class Terminations(RuleBasedStateMachine):
    """Two contracts of one customer, and everybody who may do something about them."""

    template: Path

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        path = Path(shutil.copyfile(self.template, self.folder / "station.sqlite3"))
        self.clock = SetClock(START)
        self.desk = Desk(
            database=Database(f"sqlite:///{path}"),
            clock=self.clock,
            ids=CountedIds(),
            station="station-1",
            policies=PolicySettings(),
        )
        self.effective: dict[str, datetime] = {}

    def teardown(self) -> None:
        self.desk.database.close()
        shutil.rmtree(self.folder)

    @initialize(
        fire=st.booleans(),
        reason=st.sampled_from([Reason.NONPAYMENT, Reason.CUSTOMER_REQUEST]),
        far=st.sampled_from([0, 1, 3, 3]),
    )
    def found(self, *, fire: bool, reason: Reason, far: int) -> None:
        systems = ["fire"] if fire else ["burglary"]
        for acct, number in (("1234", "K-1"), ("1235", "K-2")):
            opening = Opening(
                customer=Customer(id="c1", name="Acme"),
                site=Site(
                    id="s1", customer_id="c1", name="Shop", address="1", zone="America/Chicago"
                ),
                contract=Contract(id=acct, site_id="s1", number=number, terms=TERMS),
                acct=acct,
                details={"systems": list(systems)},
            )
            open_account(self.desk, opening, by=PEOPLE["maria"])
        for kind in ("termination", "confirmation"):
            late = START + timedelta(days=3650)
            form = ("f", b"f")
            sign_form(self.desk, kind, "F-1", content=form, by=PEOPLE["olga"], expires_at=late)
        self.open("carl", reason)
        if far:
            self.go_on(3)
            self.worker_builds()
        if far == 3:
            self.clock.advance(timedelta(days=45))

    # --- What people and the worker do ---

    @rule(by=people, reason=st.sampled_from([Reason.NONPAYMENT, Reason.CUSTOMER_REQUEST]))
    def open(self, by: str, reason: Reason) -> None:
        with suppress(StationdError):
            service.open_case(
                self.desk,
                "1234",
                reason,
                PEOPLE[by],
                kind=opening_documents(reason)[0],
                document=PAPER,
            )

    @rule(by=people, event=st.sampled_from(list(Event)))
    def step(self, by: str, event: Event) -> None:
        self.take(event, PEOPLE[by])

    @rule(times=st.integers(1, 6))
    def go_on(self, times: int) -> None:
        """Take whatever step takes the case on, with what it needs."""
        for _ in range(times):
            self.supply()
            for event in (Event.START, Event.FACTS_OK, Event.LADDER_DONE, Event.NOTICE_SENT):
                self.take(event, PEOPLE["maria"])

    @rule(by=people, kind=st.sampled_from(recordable()))
    def fact(self, by: str, kind: str) -> None:
        self.tell(kind, PEOPLE[by])

    @rule(by=managers, event=st.sampled_from(["notice_sent", "time_over", "close"]), data=st.data())
    def waive(self, by: str, event: str, data: Any) -> None:
        guards = data.draw(st.lists(st.sampled_from(sorted(CLASSES)), min_size=1, max_size=3))
        other = data.draw(people)
        if (case := self.case()) is None:
            return
        with suppress(StationdError):
            asked = deciding.ask_override(
                self.desk,
                case.id,
                event,
                guards,
                self.confirmed(by),
                code=CODES[0],
                text="x" * 40,
                document=PAPER,
            )
            deciding.approve(self.desk, asked.id, self.confirmed(other))

    @rule(first=people, second=people)
    def approve(self, first: str, second: str) -> None:
        if (case := self.case()) is None:
            return
        with suppress(StationdError):
            asked = deciding.ask(self.desk, case.id, "notice_sent", self.confirmed(first))
            given = deciding.approve(self.desk, asked.id, self.confirmed(second))
            # 17: the approver is another person, and no author of the letter.
            assert given.decided_by not in {asked.asked_by, *self.authors(case)}

    @rule(by=people, decision=st.sampled_from(["accept_as_cure", "reject_and_return"]))
    def decide(self, by: str, decision: str) -> None:
        case = self.case()
        paid = [] if case is None else [one for one in self.facts(case) if one.kind == "payment"]
        for one in paid:
            with suppress(StationdError):
                service.decide_payment(
                    self.desk,
                    case.id,
                    one.id,
                    decision,
                    PEOPLE[by],
                    document=PAPER,  # type: ignore[union-attr]
                )

    @rule(kind=st.sampled_from(list(HoldKind)), lift=st.booleans())
    def hold(self, kind: HoldKind, *, lift: bool) -> None:
        with suppress(StationdError):
            made = set_hold(self.desk, "1234", kind, "claim", by=PEOPLE["carl"])
            if lift:
                ask_lifting(self.desk, made.id, by=PEOPLE["maria"])
                lift_hold(self.desk, made.id, by=PEOPLE["olga"])

    @rule(reason=st.sampled_from(list(Reason)), days=st.integers(-40, 40))
    def amend(self, reason: Reason, days: int) -> None:
        if (case := self.case()) is None:
            return
        with suppress(StationdError):
            amending.change_reason(self.desk, case.id, reason, PEOPLE["maria"], text="x")
        with suppress(StationdError):
            until = (case.effective_at or self.clock.now()) + timedelta(days=days)
            amending.lengthen(self.desk, case.id, until, PEOPLE["maria"], text="x")

    @rule()
    def worker_looks(self) -> None:
        self.worker_builds()
        if (case := self.case()) is not None:
            before = self.blocked(case)
            due.evaluate_notice(self.desk, case.id)
            if self.read(case).state == State.ENDED and case.state != State.ENDED:
                assert before == [], before

    def worker_builds(self) -> None:
        with self.desk.database.writing() as connection:
            connection.exec_driver_sql(
                "INSERT OR IGNORE INTO objects (order_id, file, key, size, sha256, path) "
                "SELECT id, 'p', 'p', 1, '00', '/p' FROM orders"
            )
            connection.exec_driver_sql("UPDATE orders SET state = 'built' WHERE state = 'ordered'")

    # --- What happens to the machine ---

    @rule(hours=st.sampled_from([1, 13, 25, 24 * 12, 24 * 45]))
    def time_passes(self, hours: int) -> None:
        self.clock.advance(timedelta(hours=hours))

    @rule(hours=st.integers(-30, 2))
    def clock_is_set(self, hours: int) -> None:
        self.clock.step(timedelta(hours=hours))

    @rule(event=st.sampled_from(list(Event)), where=st.sampled_from(["record_step", "append"]))
    @precondition(lambda self: self.case() is not None)
    def crash(self, event: Event, where: str) -> None:
        """8: a step that is cut off leaves everything as it was."""
        case = self.case()
        assert case is not None
        before = (self.read(case), self.facts_told(case), self.size())
        module: Any = chronicle if where == "append" else store
        real = getattr(module, where)

        def ends(*_: object, **__: object) -> None:
            raise CrashError

        setattr(module, where, ends)
        try:
            with suppress(StationdError, CrashError):
                service.step(self.desk, case.id, event, PEOPLE["maria"])
        finally:
            setattr(module, where, real)
        assert (self.read(case), self.facts_told(case), self.size()) == before

    # --- What holds always ---

    @invariant()
    def at_most_one_case_is_open_on_a_contract(self) -> None:
        """6: and it changes no other contract."""
        opened = [one for one in service.cases(self.desk) if one.state not in OVER]
        assert len(opened) <= 1
        with self.desk.database.reading() as connection:
            other = read_account(connection, "1235") if self.founded(connection) else None
            if other is not None:
                assert (other.service, other.record) == ("active", "open")
                assert read_contract(connection, "1235").standing == "current"

    @invariant()
    def nothing_is_closed_without_its_bundle(self) -> None:
        """4, 5: no bundle of these runs is ever verified, whoever waives what."""
        states = {one.state for one in service.cases(self.desk)}
        assert not states & {State.SEALED, State.CLOSED}

    @invariant()
    def service_ends_only_with_its_case_and_with_all_that_end_asks_for(self) -> None:
        """11, 12, and that what is nobody's to waive was never waived."""
        for case in service.cases(self.desk):
            view = service.look(self.desk, case.id)
            ends = [one for one in view.history if one.row == "T14"]
            assert len(ends) <= 1
            with self.desk.database.reading() as connection:
                ended = read_account(connection, case.acct).service == "ended"
                for taken in view.history:
                    text, _ = store.read_results(connection, case.id, taken.version)
                    for guard in CLASSES:
                        if class_of(guard, taken.row) is Class.NEVER:
                            assert f'"id":"{guard}","since":null,"status":"waived"' not in text
                    assert '"status":"failed"' not in text
            if ends:
                assert ended
                assert case.effective_at is not None
                assert ends[0].at >= case.effective_at

    @invariant()
    def an_end_that_was_told_is_never_brought_forward(self) -> None:
        for case in service.cases(self.desk):
            if case.effective_at is None:
                self.effective.pop(case.id, None)
                continue
            assert case.effective_at >= self.effective.get(case.id, case.effective_at)
            self.effective[case.id] = case.effective_at

    @invariant()
    def an_open_case_holds_its_records(self) -> None:
        for case in service.cases(self.desk):
            own = [one for one in holds(self.desk, case.acct) if one.case_id == case.id]
            assert len(own) == (0 if case.state in OVER else 1)

    @invariant()
    def a_look_gives_the_same_again_and_says_what_is_missing(self) -> None:
        """7."""
        for case in service.cases(self.desk):
            first, second = (service.look(self.desk, case.id) for _ in range(2))
            assert first.results_hash == second.results_hash
            assert bool(first.missing) == (case.state not in OVER)

    # --- Parts ---

    def founded(self, connection: Any) -> bool:
        rows = connection.exec_driver_sql("SELECT count(*) FROM accounts").scalar_one()
        return bool(rows == 2)

    def case(self) -> Case | None:
        opened = service.cases(self.desk, open_only=True)
        return opened[0] if opened else None

    def read(self, case: Case) -> Case:
        return service.look(self.desk, case.id).case

    def facts(self, case: Case) -> tuple[Any, ...]:
        return service.look(self.desk, case.id).facts

    def facts_told(self, case: Case) -> list[str]:
        return [one.id for one in self.facts(case)]

    def authors(self, case: Case) -> set[str]:
        view = service.look(self.desk, case.id)
        ready = [one.at for one in view.history if one.to_state == State.READY_FOR_NOTICE]
        return {
            one.author
            for one in view.facts
            if one.kind == "notice_draft" and ready and one.at >= ready[-1]
        }

    def blocked(self, case: Case) -> list[str]:
        possible = service.look(self.desk, case.id).possible
        return [g.id for one in possible if one.row.id == "T14" for g in one.refused_by]

    def size(self) -> int:
        with self.desk.database.reading() as connection:
            found: int = connection.exec_driver_sql("SELECT count(*) FROM records").scalar_one()
            return found

    def confirmed(self, login: str) -> Confirmed:
        return Confirmed(person=PEOPLE[login], at=self.clock.now())

    def take(self, event: Event, by: Person) -> None:
        case = self.case()
        if case is not None:
            with suppress(StationdError):
                service.step(self.desk, case.id, event, by)

    def tell(self, kind: str, by: Person, **more: str) -> None:
        case = self.case()
        if case is None:
            return
        said = {**SAID.get(kind, {"text": "so"}), **more}
        if set(said) - {"text"} - set(KINDS[kind].fields):
            return
        with suppress(StationdError):
            service.record_fact(self.desk, case.id, kind, said, by, document=PAPER)

    def supply(self) -> None:
        """Record what an honest clerk would, so that cases come far."""
        case = self.case()
        if case is None:
            return
        for kind in ("ending_statement", "nonpayment_reason", "vendor", "authority_letter"):
            self.tell(kind, PEOPLE["maria"])
        reviewer = PEOPLE["carl" if case.opened_by != "carl" else "maria"]
        self.tell("breach_review", reviewer)
        for step in STEPS:
            self.tell("contact", PEOPLE["carl"], step=step)
        if case.state == State.READY_FOR_NOTICE:
            self.tell("notice_draft", PEOPLE["carl"])
            self.approve_now(case)
            with suppress(StationdError):
                service.record_notice(
                    self.desk,
                    case.id,
                    PEOPLE["carl"],
                    document=PAPER,
                    channel="email",
                    address="a@example.com",
                    declaration=PAPER,
                )

    def approve_now(self, case: Case) -> None:
        with suppress(StationdError):
            asked = deciding.ask(self.desk, case.id, "notice_sent", self.confirmed("maria"))
            deciding.approve(self.desk, asked.id, self.confirmed("mona"))


def test_whatever_happens_a_case_is_not_done_wrongly(migrated_file: Path) -> None:
    machine = type("Station", (Terminations,), {"template": migrated_file})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=8,
            stateful_step_count=15,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
