import dataclasses

from stationd.approvals.model import Approval, Purpose


def test_what_was_approved_cannot_be_changed_in_memory():
    assert Approval.__dataclass_params__.frozen
    named = {one.name for one in dataclasses.fields(Approval)}
    assert {"results_hash", "alone", "used_at"} <= named


def test_a_purpose_fits_its_column():
    assert all(len(one.value) <= 8 for one in Purpose)
