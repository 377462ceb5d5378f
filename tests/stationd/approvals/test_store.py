from dataclasses import replace
from datetime import timedelta

import pytest

from stationd.approvals.model import Approval, Purpose
from stationd.approvals.store import (
    read_approval,
    read_approvals,
    record_approval,
    record_approval_used,
    record_decision,
)
from stationd.errors import NotFoundError


@pytest.fixture
def asked(clock):
    return Approval(
        id="a1b2",
        case_id="c",
        purpose=Purpose.OVERRIDE,
        row="T14",
        guards=("G13", "G20"),
        results=({"id": "G13", "status": "failed"},),
        results_hash=b"h" * 32,
        doc=b"d" * 32,
        asked_by="maria",
        asked_at=clock.now(),
        code="safety",
        file=b"f" * 32,
    )


def test_an_approval_is_read_as_it_was_written(database, clock, asked):
    with database.writing() as connection:
        record_approval(connection, asked)
        assert read_approval(connection, "a1") == asked
        assert read_approvals(connection, undecided=True) == [asked]
        at = clock.now() + timedelta(hours=1)
        record_decision(connection, "a1b2", by="mona", at=at, approved=True, alone=True)
        record_approval_used(connection, "a1b2", at=at)
        decided = replace(
            asked, decided_by="mona", decided_at=at, approved=True, alone=True, used_at=at
        )
        assert read_approvals(connection, case_id="c") == [decided]
        assert read_approvals(connection, undecided=True) == []
        assert read_approvals(connection, case_id="other") == []


@pytest.mark.parametrize("name", ["", "x", "a1"])
def test_the_beginning_of_an_id_must_be_only_one(database, asked, name):
    with database.writing() as connection:
        record_approval(connection, asked)
        record_approval(connection, replace(asked, id="a1c3"))
        with pytest.raises(NotFoundError, match="There is no approval"):
            read_approval(connection, name)
