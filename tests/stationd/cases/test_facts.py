from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from stationd.cases import store
from stationd.cases.facts import closing_epoch, notice_fact, read_facts
from stationd.cases.model import AlarmFact, ChainFact, Facts, NodeFact, Reason
from stationd.clock import iso
from stationd.db.schema import signals
from stationd.holds.model import HoldKind
from stationd.holds.service import set_hold

Office = Any
DAY = timedelta(days=1)


def facts(office: Office, case_id: str) -> Facts:
    with office.desk.database.reading() as connection:
        case = store.read_case(connection, case_id)
        return read_facts(connection, office.desk, case, office.clock.now())


def test_a_new_case_has_its_ground_and_nothing_else(office: Office) -> None:
    found = facts(office, office.open().id)
    kinds = {one.kind for one in found.recorded}
    assert kinds == {"customer_writing", "snapshot", "preflight"}
    assert (found.notices, found.bundles, found.chain, found.since) == ((), (), None, None)
    assert found.methods == ("post", "email")
    assert [(one.kind, one.own) for one in found.holds] == [("records", True)]


def test_a_hold_of_others_is_told_apart_from_the_cases_own(office: Office) -> None:
    case = office.open()
    set_hold(office.desk, "1234", HoldKind.RECORDS, "claim", by=office.manager)
    assert sorted(one.own for one in facts(office, case.id).holds) == [False, True]


def test_a_notice_counts_from_the_round_it_belongs_to(office: Office) -> None:
    case = office.ready()
    ready_at: datetime = office.clock.now()
    office.clock.advance(DAY)
    office.notice(case)
    found = facts(office, case.id)
    assert (found.since, found.notices[0].at) == (ready_at, ready_at + DAY)
    assert found.notices[0].declared


def test_a_step_that_stays_does_not_enter_its_state_anew(office: Office) -> None:
    case = office.noticed()
    entered = facts(office, case.id).entered_at
    office.clock.advance(DAY)
    office.fact(case, "notice_returned")
    office.step(case, "notice_returned")
    assert facts(office, case.id).entered_at == entered


def test_a_declaration_for_another_notice_does_not_count(office: Office) -> None:
    case = office.ready()
    first = office.notice(case, declaration=None)
    office.notice(case, declaration=None)
    office.execute(
        "INSERT INTO case_facts (id, case_id, kind, fact, author, at) VALUES "
        f"('d', '{case.id}', 'declaration', '{{\"notice\":\"{first}\"}}', 'm', "
        "'2026-03-02T15:00:00.000000Z')"
    )
    with office.desk.database.reading() as connection:
        rows = store.read_fact_rows(connection, case.id)
        told = {row.id: notice_fact(row, rows).declared for row in rows if row.kind == "notice"}
    assert sorted(told.values()) == [False, True]
    assert told[first]


def test_the_closing_bundle_is_seen_with_its_objects_and_its_chain(office: Office) -> None:
    case = office.sealed()
    found = facts(office, case.id)
    size = len(office.records())
    assert found.chain == ChainFact(epoch=1, size=size, first="open", last="close")
    closing = [one for one in found.bundles if one.kind == "closing"]
    assert [(one.state, one.records, len(one.objects)) for one in closing] == [
        ("verified", size, 1)
    ]
    assert len(found.stored) == 2
    with office.desk.database.reading() as connection:
        assert closing_epoch(connection, case.id) == 1


def test_journals_are_followed_as_far_as_the_closing_told(office: Office) -> None:
    case = office.ended()
    untold = facts(office, case.id).nodes
    assert untold == (NodeFact(journal="", node="every node", followed_at=None),)
    at = office.clock.now()
    node = {"journal": "j", "node": "n", "followed_at": iso(at)}
    with office.writing() as connection:
        store.record_fact_row(
            connection,
            fact_id="f",
            case_id=case.id,
            kind="followed",
            fact={"journals": [node]},
            doc=None,
            author="worker",
            at=at,
        )
    assert facts(office, case.id).nodes == (NodeFact(journal="j", node="n", followed_at=at),)


def test_the_ladder_is_the_one_the_case_began_with(office: Office) -> None:
    case = office.open(Reason.NONPAYMENT)
    office.execute("UPDATE contracts SET terms = json_set(terms, '$.late_fee_clause', '8.2')")
    in_force = facts(office, case.id).ladder
    assert in_force[-1] == "late-fee"
    office.step(case, "start")
    office.review(case)
    office.step(case, "facts_ok")
    office.execute("UPDATE contracts SET terms = json_remove(terms, '$.late_fee_clause')")
    assert facts(office, case.id).ladder == in_force


def test_an_alarm_that_nothing_settled_and_a_test_are_seen(office: Office) -> None:
    case = office.open()
    now = office.clock.now()
    assert (facts(office, case.id).alarm, facts(office, case.id).on_test_until) == (None, None)
    with office.writing() as connection:
        row = {
            "acct": "1234",
            "epoch": 1,
            "seq": 99,
            "received_at": iso(now - timedelta(minutes=5)),
        }
        empty = dict.fromkeys(
            ("listener", "receiver_group", "number", "code", "user", "area", "text", "marks"), ""
        )
        fire = {"signal_class": "alarm", "name": "fire alarm", "zone": "4"}
        connection.execute(sa.insert(signals), {**row, **empty, **fire})
    office.execute(f'UPDATE accounts SET details = \'{{"on_test_until":"{iso(now + DAY)}"}}\'')
    found = facts(office, case.id)
    assert found.alarm == AlarmFact(received_at=now - timedelta(minutes=5), name="fire alarm")
    assert found.on_test_until == now + DAY
    office.clock.advance(DAY)
    assert facts(office, case.id).alarm is None


def test_a_failed_bundle_is_no_stored_one(office: Office) -> None:
    case = office.noticed()
    assert len(facts(office, case.id).stored) == 1
    office.execute("UPDATE orders SET state = 'failed'")
    assert facts(office, case.id).stored == ()


def test_a_contract_without_methods_names_none(office: Office) -> None:
    case = office.open()
    office.execute("UPDATE contracts SET terms = '{}'")
    assert facts(office, case.id).methods == ()
