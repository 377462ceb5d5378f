from datetime import UTC, datetime

from stationd.approvals.model import Approval, Purpose
from stationd.cli.case_text import approval_row, approval_value, shown

NOW = datetime(2026, 3, 2, 15, tzinfo=UTC)


def approval(**more):
    values = {
        "id": "0123456789",
        "case_id": "c",
        "purpose": Purpose.STEP,
        "row": "T12",
        "guards": (),
        "results": (),
        "results_hash": b"h",
        "doc": b"d",
        "asked_by": "maria",
        "asked_at": NOW,
    }
    return Approval(**(values | more))


def test_an_approval_says_for_what_it_is_and_what_became_of_it():
    assert approval_row(approval())[1:] == ["take T12", "2026-03-02 15:00:00 UTC", "maria", "waits"]
    said = {"decided_by": "mona", "decided_at": NOW, "approved": True, "used_at": NOW}
    waived = approval(purpose=Purpose.OVERRIDE, guards=("G13", "G20"), row="T14", **said)
    assert approval_row(waived)[1] == "waive G13, G20 in T14"
    assert approval_row(waived)[4] == "approved by mona, 2026-03-02 15:00:00 UTC, used"
    assert approval_row(approval(**said | {"approved": False}))[4].startswith("refused by mona")


def test_for_programs_an_approval_is_plain_values():
    told = approval_value(approval())
    assert (told["waive"], told["decided_at"], told["shown"]) == ([], None, "68")


def test_no_moment_is_shown_as_nothing():
    assert shown(None) == ""
