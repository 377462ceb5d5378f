from datetime import timedelta

import pytest

from stationd.cases.model import Case
from stationd.cases.reporting import KIND, report_functioning
from stationd.cases.service import look
from stationd.cases.store import StoredFact
from stationd.reports import functioning
from tests.stationd.cases.conftest import Office

DAY = timedelta(days=1)


def facts(office: Office, case: Case, kind: str) -> list[StoredFact]:
    return [one for one in look(office.desk, case.id).facts if one.kind == kind]


def disputed(office: Office, **fields: str) -> Case:
    case = office.noticed()
    office.fact(case, "dispute", text="it does not work", **fields)
    return office.step(case, "dispute")


def test_a_dispute_gets_its_functioning_report_once(office: Office) -> None:
    case = disputed(office)

    assert report_functioning(office.desk, case.id).startswith("the report counts")
    assert report_functioning(office.desk, case.id).startswith("nothing to do")

    (fact,) = facts(office, case, KIND)
    (dispute,) = facts(office, case, "dispute")
    assert fact.author == "worker"
    assert fact.doc is not None
    assert fact.fact["dispute"] == dispute.id
    assert fact.fact["until"] == "2026-03-02T15:00:00.000000Z"
    assert fact.fact["since"] == "2025-12-02T15:00:00.000000Z"


def test_the_days_that_are_disputed_are_those_of_the_site(office: Office) -> None:
    case = disputed(office, since="2026-02-01", until="2026-02-03")
    report_functioning(office.desk, case.id)

    (fact,) = facts(office, case, KIND)
    assert (fact.fact["since"], fact.fact["until"]) == (
        "2026-02-01T06:00:00.000000Z",
        "2026-02-04T06:00:00.000000Z",
    )


def test_a_second_dispute_gets_one_of_its_own(office: Office) -> None:
    case = disputed(office)
    report_functioning(office.desk, case.id)
    office.fact(case, "dispute", text="and the bill is wrong")
    report_functioning(office.desk, case.id)

    assert len(facts(office, case, KIND)) == 2


def test_a_span_that_holds_too_much_is_said_and_stops_nothing(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = disputed(office)
    monkeypatch.setattr(functioning, "_MOST", -functioning._PAGE)

    said = report_functioning(office.desk, case.id)

    assert "account functioning" in said
    assert facts(office, case, KIND) == []


def test_a_case_without_a_dispute_has_nothing_to_report(office: Office) -> None:
    case = office.noticed()
    assert report_functioning(office.desk, case.id).startswith("nothing to do")
