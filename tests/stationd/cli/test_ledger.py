"""`stationctl ledger`, as a person calls it."""

from itertools import count

import pytest

from archive.ceremony import make_keys
from archive.seal import LogKey
from stationd.anchors import store
from stationd.anchors.service import begin
from stationd.anchors.views import States
from stationd.audit.model import Fault
from stationd.audit.store import record_mismatch
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


def test_the_ledger_is_derived_again_and_what_differs_is_told(
    signed, desk, ok, run, value, tmp_path
):
    assert "0 difference(s)" in ok("ledger", "fsck")
    assert "1 chains" in ok("ledger", "fsck", "1001")
    public = tmp_path / "keys/log.pub.pem"
    assert value("ledger", "fsck", "--log", public)["differs"] == []
    with desk.database.writing() as connection:
        connection.exec_driver_sql("DROP TRIGGER records_no_update")
        connection.exec_driver_sql("UPDATE records SET body = x'7b7d' WHERE acct = '1001'")
    result = run("ledger", "fsck")
    assert result.exit_code == 1
    assert "1001, epoch 1: record 1 does not hash to the leaf beside it" in result.stdout


def test_a_file_that_is_no_log_key_is_named(signed, run, tmp_path):
    (tmp_path / "no.pem").write_text("no key")
    result = run("ledger", "fsck", "--log", tmp_path / "no.pem")
    assert result.exit_code == 2
    assert "not an Ed25519 public key" in result.output


def test_a_mismatch_is_listed_and_answered_for(signed, desk, ok, run, tmp_path):
    assert "Nothing differs." in ok("ledger", "mismatches")
    fault = Fault("1001", 1, 7, "leaf", "1001, epoch 1: record 7 was changed")
    with desk.database.writing() as connection:
        record_mismatch(connection, "3f2a" * 8, fault, desk.clock.now())
    assert "record 7 was changed" in ok("ledger", "mismatches")
    report = tmp_path / "report.pdf"
    report.write_bytes(b"%PDF")
    assert run("ledger", "settle", "9", "--document", report).exit_code == 2
    assert "Answered by maria" in ok("ledger", "settle", "3f2a", "--document", report)
    assert "Nothing differs." in ok("ledger", "mismatches")
    assert "maria" in ok("ledger", "mismatches", "--all")
