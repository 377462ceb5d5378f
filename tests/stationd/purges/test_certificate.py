"""The certificate: nothing is left out, what was refused neither."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from archive.canonical import encode
from stationd.purges.certificate import STAYS, certificate, words
from stationd.purges.model import Item, ItemState, Purge, PurgeState
from stationd.retention.model import DataClass
from stationd.staff.model import Role

AT = datetime(2036, 1, 1, tzinfo=UTC)
RULE = {"author": "", "months": 84, "source": "law 7"}
LISTED = {
    "items": [
        {
            "acct": "1234",
            "class": "records",
            "due_at": "2033",
            "epochs": [{"epoch": 1, "head": "0102", "records": 40}],
            "kept_in": [{"name": "b-1", "content_id": "cc"}],
            "rule": RULE,
            "start": "2026",
            "start_why": "case closed",
        },
        {
            "acct": "1234",
            "bundles": [
                {
                    "name": "b-1",
                    "content_id": "cc",
                    "objects": [{"key": "k", "version_id": "v", "sha256": "ab"}],
                }
            ],
            "class": "bundles",
            "due_at": "2036",
            "rule": {**RULE, "author": "maria"},
            "start": "2026",
            "start_why": "case closed",
        },
    ]
}
PURGE = Purge(
    id="p",
    state=PurgeState.APPROVED,
    ground="the register",
    listed=encode(LISTED).decode(),
    list_sha256="9f86",
    proposed_by="maria",
    proposed_role=Role.MANAGER,
    proposed_at=AT,
    approved_by="ada",
    approved_role=Role.ADMINISTRATOR,
    approved_at=AT + timedelta(days=1),
    due_at=AT + timedelta(days=15),
)
RECORDS = Item(
    purge_id="p",
    acct="1234",
    data_class=DataClass.RECORDS,
    place=0,
    state=ItemState.DONE,
    counts={"records": 40, "entries": 0},
)
BUNDLES = replace(RECORDS, data_class=DataClass.BUNDLES, place=1, counts={"objects": 4})


def made(*items, purge=PURGE):
    return certificate(purge, items, station="south", now=AT, remains="The file was rewritten.")


def test_it_names_persons_ground_list_rule_hashes_and_what_stays():
    said = words(made(RECORDS, BUNDLES))
    for part in (
        "Ground: the register",
        "by maria (manager)",
        "by ada (administrator)",
        "9f86",
        "Nothing was removed before 2036-01-16T00:00:00.000000Z.",
        "Account 1234, records: destroyed\n",
        "84 months from 2026 (case closed), so until 2033; law 7\n",
        "law 7, set by maria",
        "  records: 40\n",
        "epoch 1: 40 records, head 0102",
        "kept in b-1, content id cc",
        "k version v sha256 ab",
        "  files in the archive, by version id: 4\n",
        "The file was rewritten.",
        *STAYS,
    ):
        assert part in said
    assert "journal entries: 0" not in said
    assert "Stopped by" not in said


@pytest.mark.parametrize(
    ("state", "counts", "outcome"),
    [
        (ItemState.DONE, {}, "destroyed"),
        (ItemState.REFUSED, {}, "not destroyed"),
        (ItemState.REFUSED, {"records": 0}, "not destroyed"),
        (ItemState.REFUSED, {"records": 5}, "destroyed in part"),
    ],
)
def test_it_says_of_each_item_what_became_of_it(state, counts, outcome):
    one = replace(RECORDS, state=state, counts=counts, why="hold h1")
    value = made(one)
    assert value["items"][0]["outcome"] == outcome
    assert f"Account 1234, records: {outcome} (hold h1)" in words(value)


def test_it_says_who_stopped_it():
    assert "Stopped by olga before it was through." in words(
        made(RECORDS, purge=replace(PURGE, ended_by="olga"))
    )
