"""What the writer of proofs writes, somebody else's reader reads."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from archive import point_check
from archive.findings import Outcome
from archive.note_check import read_entry
from archive.proofs import proof_files
from archive.verify import examine


def test_every_point_has_its_note_and_reply_and_one_file_all_proofs(logbook) -> None:
    for size in (10, 20, 40):
        logbook.checkpoint(size)
    files = dict(proof_files(logbook.proofs([0, 2])))
    base = "data/proofs/anchors"
    assert list(files) == [
        f"{base}/0.note",
        f"{base}/0.tsr",
        f"{base}/2.note",
        f"{base}/2.tsr",
        "data/proofs/proofs.json",
    ]
    value = json.loads(files["data/proofs/proofs.json"])
    assert sorted(value) == [
        "acct",
        "epoch",
        "next_epoch_absent",
        "origin",
        "points",
        "records",
        "station",
        "v",
    ]
    assert sorted(value["points"][0]) == [
        "consistency",
        "entry",
        "head",
        "inclusion",
        "n",
        "note",
        "siblings",
        "size",
        "tree_size",
        "tsr",
    ]
    assert value["points"][1]["consistency"] == []
    assert sorted(value["next_epoch_absent"]) == ["other", "siblings"]
    read = point_check.read_proofs(files["data/proofs/proofs.json"])
    assert [(point.n, point.size) for point in read.points] == [(0, 10), (2, 40)]


def test_a_bundle_with_proofs_passes_every_check(proved, station) -> None:
    for bundle in (proved.container, proved.folder):
        report = examine(bundle, station.anchors)
        assert report.outcome is Outcome.PASSED, str(report)
        assert report.points == 5
        assert not any("no proofs inside" in text for text in report.not_checked)
    assert [finding.step for finding in report.findings] == [
        "container",
        "bag",
        "digests",
        "trust",
        "signature",
        "signature",
        "timestamp",
        "ledger",
        "proofs",
        "rows",
        "documents",
    ]


def test_building_again_gives_the_same_proofs(proved, station, tmp_path) -> None:
    again = station.make(proved.source, tmp_path / "again")
    assert again.content_id == proved.finished.content_id


def test_a_close_that_later_signals_followed_is_proved_at_its_own_checkpoint(
    logbook, station, tmp_path
) -> None:
    logbook.checkpoint(20)
    closed = logbook.checkpoint(40)
    at = read_entry("", logbook.entries[closed].decode()).time + timedelta(minutes=5)
    later = logbook.checkpoint(40, at, others=[("4821", 2)])
    absent = replace(logbook.absence(closed), at=logbook.at_close(closed, later))
    source = logbook.source(logbook.proofs([0, later], absent=absent))
    finished = station.make(source, tmp_path / "late")
    report = examine(finished.files[-1].path, station.anchors)
    assert report.outcome is Outcome.PASSED, str(report)


@pytest.mark.parametrize("kind", ["on_request", "closing"])
def test_without_any_proof_of_absence_only_a_closed_epoch_on_request_passes(
    logbook, station, tmp_path, kind: str
) -> None:
    logbook.checkpoint(20)
    logbook.checkpoint(40)
    source = logbook.source(logbook.proofs([0, 1], absent=None), kind=kind)
    finished = station.make(source, tmp_path / kind)
    report = examine(finished.files[-1].path, station.anchors)
    assert (report.outcome is Outcome.PASSED) is (kind == "on_request"), str(report)
    assert any("later epoch" in text for text in report.not_checked)
