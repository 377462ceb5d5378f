"""`stationctl ledger`, as a person calls it."""

from itertools import count

import pytest

from archive.ceremony import make_keys
from archive.seal import LogKey
from stationd.anchors import store
from stationd.anchors.service import begin
from stationd.anchors.views import States
from stationd.clock import SystemClock
from stationd.ledger.service import LedgerTree, checkpoint

LINE = "\u2014 witness.example.com AAAAAGZ1cnRoZXI="


@pytest.fixture
def signed(opened, desk, config, tmp_path):
    """A station with one signed checkpoint."""
    made = make_keys(tmp_path / "keys", station="south", now=SystemClock().now(), serials=count(1))
    with config.open("a") as file:
        file.write(f'\n[keys]\nlog_key = "{made.log_key}"\n')
    tree = LedgerTree.load(desk)
    log_key = LogKey.load(made.log_key)
    checkpoint(desk, tree, origin="log.example.com/south", log_key=log_key)
    return tree


def test_a_note_goes_out_and_comes_back_with_a_witness(signed, ok, value, tmp_path):
    note = ok("ledger", "note")
    path = tmp_path / "witnessed.note"
    path.write_text(f"{note}{LINE}\n", encoding="utf-8")
    assert "1 further signature line(s)" in ok("ledger", "cosign", path)
    assert value("ledger", "note", "0")["note"].splitlines()[-1] == LINE


def test_anchors_are_listed(signed, desk, ok, value, tmp_path):
    assert "No checkpoint was stamped yet." in ok("ledger", "anchors")
    begin(desk, signed, States(tmp_path / "states"))
    now = desk.clock.now()
    stamp = store.Stamp(
        n=0, place=0, authority="one", reply=b"x", stamped_at=now, policy="1.2", good=True
    )
    with desk.database.writing() as connection:
        store.record_stamps(connection, [stamp])
    assert "a point" in ok("ledger", "anchors")
    (told,) = value("ledger", "anchors", "--count", "3")
    assert (told["checkpoint"], told["point"], told["objects"]) == (0, True, [])
    assert told["stamps"][0]["authority"] == "one"
