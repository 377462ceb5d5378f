from typing import Any

from archive.report_case import termination
from archive.report_pages import Layout
from tests.archive.report_making import NEW_YORK, at, facts, said

CASE: dict[str, Any] = {
    "id": "c-1",
    "reason": "nonpayment",
    "state": "noticed",
    "opened_at": at(1),
    "noticed_at": at(4),
    "effective_at": at(20),
    "steps": [
        {"row": "T1", "from": "", "to": "opened", "by": "casey", "at": at(1), "guards": []},
        {
            "row": "T12",
            "from": "ready_for_notice",
            "to": "noticed",
            "by": "casey",
            "at": at(4),
            "guards": [
                {"id": "G4", "status": "waived", "text": "The dispute is open."},
                {"id": "G14", "status": "na", "text": "No bankruptcy."},
            ],
        },
    ],
    "facts": [
        {
            "kind": "promise",
            "fact": {"amount": "129.50", "text": "will pay on Friday"},
            "doc": "ab" * 32,
            "by": "casey",
            "at": at(2),
        },
        {
            "kind": "clearance",
            "fact": {"compartment": "privileged"},
            "doc": None,
            "by": "avery",
            "at": at(3),
        },
        {
            "kind": "effective",
            "fact": {
                "bounds": {"notice": at(19), "clause": at(10)},
                "effective_at": at(20),
                "mail_allowance_s": 259200,
                "notice_days": 30,
                "roll": True,
            },
            "doc": None,
            "by": "casey",
            "at": at(4),
        },
    ],
    "approvals": [
        {
            "row": "T12",
            "waived": ["G4"],
            "code": "no_answer",
            "shown": "cd" * 32,
            "asked_by": "casey",
            "asked_at": at(3, 16),
            "decided_by": "morgan",
            "decided_at": at(3, 17),
            "approved": True,
            "sole_operator": False,
        }
    ],
}


def told(**changes: Any) -> str:
    layout = Layout()
    termination(layout, facts(known={"case": CASE | changes}), NEW_YORK)
    return said(layout)


def test_a_bundle_of_no_case_has_no_such_section() -> None:
    layout = Layout()
    termination(layout, facts(), NEW_YORK)
    assert said(layout) == ""


def test_the_story_is_told_in_the_order_of_time() -> None:
    text = told()
    places = [
        text.index(words)
        for words in (
            "T1: from the beginning to opened",
            "Promise: amount 129.50 text will pay on Friday; file abababababab...",
            "Clearance: recorded; what it says is privileged and not in this bundle",
            "Asked for approval of waiving G4 for step T12 (no answer)",
            "Approved: waiving G4",
            "Effective: computed as stated below",
            "T12: from ready for notice to noticed; waived by two persons: G4",
        )
    ]
    assert places == sorted(places)
    assert "nonpayment" in text
    assert "2026-03-04 10:00:00 -05:00 EST" in text


def test_the_instant_is_shown_with_what_it_was_computed_from() -> None:
    text = told()
    assert "end of the notice period 2026-03-19" in text
    assert "date that a clause names 2026-03-10" in text
    assert "rolled forward to the station's hour on a business day: 2026-03-20" in text
    assert "Computed from: added for the mail 3 d; days of notice 30." in text


def test_what_every_guard_said_is_shown() -> None:
    text = told()
    assert "T12 G4 waived The dispute is open." in text
    assert "T12 G14 not asked No bankruptcy." in text


def test_a_redacted_copy_says_that_a_fact_is_withheld_and_not_what_it_says() -> None:
    masked = [{**CASE["facts"][0], "fact": {"masked": "money"}, "doc": None}]
    text = told(facts=masked, steps=[{**CASE["steps"][1], "guards": None}])
    assert "Promise: recorded; withheld from this copy" in text
    assert "129.50" not in text
    assert "What the guards said" not in text


def test_one_who_gave_both_acts_is_named_as_such() -> None:
    text = told(approvals=[{**CASE["approvals"][0], "waived": [], "sole_operator": True}])
    assert "Asked for approval of step T12; what was shown has the hash cdcdcdcdcdcd..." in text
    assert "the station has one operator, who gave both acts" in text


def test_a_case_of_another_form_is_told_as_far_as_it_can_be() -> None:
    text = told(steps="none", facts=[{"kind": "note"}, 5], approvals=None, reason=None)
    assert "Note" in text
    assert "How the instant" not in text


def test_what_does_not_fit_is_counted() -> None:
    guards = [{"id": "G1", "status": "passed", "text": "so"}] * 302
    text = told(steps=[{**CASE["steps"][1], "guards": guards}])
    assert "2 more are in data/case.json." in text
