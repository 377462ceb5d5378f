"""Points are refused for what is wrong with them.

Forgeries with the station's real keys stand in the table of `refusals.py`.
"""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from archive import canonical, checkpoint, point_check
from archive.findings import Outcome
from archive.note_check import LedgerError
from archive.verify import examine

PROOFS = "data/proofs/proofs.json"
ORIGIN = "log.example-alarm.test/station-1"
HOUR = timedelta(hours=1)


def by_itself(unpacked: Path, station: Any, folder: Path) -> "subprocess.CompletedProcess[str]":
    """Run the bundle's own checker, away from this package."""
    log, tsa = folder / "log.pem", folder / "tsa.pem"
    log.write_bytes(station.log_pub_pem)
    tsa.write_bytes(station.authority.trust_pem)
    return subprocess.run(
        [sys.executable, "-I", str(unpacked / "verify/ledger.py"), unpacked, log, tsa],
        capture_output=True,
        text=True,
        check=False,
    )


# --- What passes ---


def test_the_bundles_own_checker_says_that_it_holds(proved, station, tmp_path) -> None:
    said = by_itself(proved.folder, station, tmp_path)
    assert (said.returncode, said.stdout) == (0, "the ledger holds\n")


def test_a_note_with_the_line_of_a_witness_holds(logbook, station, tmp_path) -> None:
    logbook.checkpoint(20)
    n = logbook.checkpoint(40)
    at = datetime(2026, 1, 2, 0, 41, tzinfo=UTC)
    logbook.notes[n] += "\u2014 witness.example.com AAAAAGZ1cnRoZXI=\n".encode()
    logbook.replies[n] = replace(station.authority, now=at).stamp(logbook.notes[n])
    finished = station.make(logbook.source(logbook.proofs([0, n])), tmp_path)
    assert examine(finished.files[-1].path, station.anchors).outcome is Outcome.PASSED


def test_a_month_that_is_named_as_unstamped_holds(station, tmp_path, logbook) -> None:
    logbook.records[30:] = [
        canonical.encode(json.loads(record) | {"t": "2026-04-01T00:00:00.000000Z"})
        for record in logbook.records[30:]
    ]
    logbook.checkpoint(20)
    logbook.checkpoint(40, datetime(2026, 4, 2, tzinfo=UTC))
    source = logbook.source(logbook.proofs([0, 1]))
    gap = {"kind": "unstamped", "from": "2026-01-02T00:20:30.000000Z", "listener": "ledger"}
    gap |= {"to": "2026-04-02T00:00:00.000000Z", "cause": "no time stamp", "detail": ""}
    source = replace(source, facts={**source.facts, "gaps": [gap]})
    finished = station.make(source, tmp_path)
    report = examine(finished.files[-1].path, station.anchors)
    assert report.outcome is Outcome.PASSED, str(report)


# --- Files changed by whoever has no key ---


def reason(folder: Path, station: Any, subject: str) -> str:
    report = examine(folder, station.anchors, processes=1)
    assert report.outcome is not Outcome.PASSED
    found = [it.text for it in report.findings if it.step == "proofs" and it.subject == subject]
    return "; ".join(found)


@pytest.mark.parametrize(
    ("name", "change", "words"),
    [
        ("1.note", lambda raw: raw.replace(b"\n2\n", b"\n3\n"), "is of tree size 3"),
        ("1.note", lambda raw: raw[:-12] + b"AAAA" + raw[-8:], "does not hold"),
        ("1.note", lambda raw: raw[:20], "not a checkpoint note"),
        ("1.note", None, "is missing"),
        ("1.tsr", lambda raw: raw[:-1], "is no reply that can be read"),
        ("1.tsr", lambda raw: raw[:-1] + bytes([raw[-1] ^ 1]), "does not hold"),
        ("1.tsr", None, "is missing"),
    ],
)
def test_a_note_or_reply_that_was_changed_is_told(
    proved, station, name: str, change: Callable[[bytes], bytes] | None, words: str
) -> None:
    path = proved.folder / "data/proofs/anchors" / name
    raw = path.read_bytes()
    path.unlink()
    if change is not None:
        path.write_bytes(change(raw))
    assert words in reason(proved.folder, station, f"data/proofs/anchors/{name}")


def test_a_reply_exchanged_for_anothers_is_told(proved, station) -> None:
    folder = proved.folder / "data/proofs/anchors"
    (folder / "1.tsr").write_bytes((folder / "0.tsr").read_bytes())
    assert "does not hold" in reason(proved.folder, station, "data/proofs/anchors/1.tsr")


def test_a_note_of_another_log_key_is_told(proved, station, other_station) -> None:
    stranger = replace(station.anchors, log_pub_pem=other_station.log_pub_pem)
    report = examine(proved.folder, stranger)
    assert any("is not signed, once, with the log key" in it.text for it in report.findings)


def test_the_bundles_own_checker_misses_proofs_that_are_stated(proved, station, tmp_path) -> None:
    shutil.rmtree(proved.folder / "data/proofs")
    said = by_itself(proved.folder, station, tmp_path)
    assert said.returncode == 1
    assert f"FAILED {PROOFS}: is missing, and bag-info.txt says" in said.stdout


def test_without_proofs_the_notes_and_replies_belong_to_nothing(proved, station) -> None:
    (proved.folder / PROOFS).unlink()
    report = examine(proved.folder, station.anchors)
    assert "data/proofs/anchors/1.note" in report.failed_subjects()


Change = Callable[[dict[str, Any]], object]


def changed(folder: Path, change: Change) -> Path:
    path = folder / PROOFS
    value = json.loads(path.read_bytes())
    change(value)
    path.write_bytes(canonical.encode(value) + b"\n")
    return folder


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda it: it["points"].pop(1), ""),
        (lambda it: it["points"].pop(), "its last point is not that of checkpoint 4"),
        (lambda it: it["points"].reverse(), "are not in order"),
        (lambda it: it["points"].append(it["points"][-1]), "are not in order"),
        (lambda it: it["points"].clear(), "holds no point"),
        (lambda it: it.update(v=2), "is not version 1"),
        (lambda it: it.update(extra=1), "exactly the members"),
        (lambda it: it["points"][0].pop("head"), "exactly the members"),
        (lambda it: it["points"][0].update(head="00"), "where a hash must be"),
        (lambda it: it["points"][0].update(siblings="00"), "no list of hashes"),
        (lambda it: it["points"][0]["siblings"].pop(), "does not stand in the state"),
        (lambda it: it["points"][0].update(size=11), "does not stand in the state"),
        (lambda it: it["points"][0].update(n=1), "has an entry of number 0 at the point of 1"),
        (lambda it: it["points"][0].update(entry="{}"), "none of a checkpoint"),
        (lambda it: it["points"][0].update(tree_size=9), "are not in order"),
        (lambda it: it["points"][1].update(tree_size=1), "lies beyond the log"),
        (lambda it: it["points"][0].update(note="data/x"), "names another note or reply"),
        (lambda it: it["points"][2]["inclusion"].pop(), "does not stand in the log of its note"),
        (lambda it: it["points"][1]["consistency"].pop(), "does not continue"),
        (lambda it: it["points"][4].update(size=39), "size and head that are stated"),
        (lambda it: it["next_epoch_absent"].update(other=[1, 2]), "a list of at most one"),
        (lambda it: it["next_epoch_absent"].update(more=1), "nothing else"),
        (lambda it: it["next_epoch_absent"]["siblings"].pop(), "does not hold"),
        (lambda it: it["next_epoch_absent"].update(at={}), "exactly the members"),
        (lambda it: it.update(records=39), "records is 39"),
        (lambda it: it.update(origin="elsewhere"), "origin is 'elsewhere'"),
        (lambda it: it.update(epoch=2), "epoch is 2"),
    ],
)
def test_proofs_that_were_changed_are_told(proved, station, change: Change, words: str) -> None:
    folder = changed(proved.folder, change)
    assert words in reason(folder, station, PROOFS)


def test_what_is_no_canonical_json_is_no_proof() -> None:
    with pytest.raises(LedgerError, match="not canonical"):
        point_check.read_proofs(b'{"v":1,"v":1}')


def test_an_openssl_that_cannot_say_decides_nothing(proved, station, monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    report = examine(proved.folder, station.anchors, processes=1)
    found = {it.outcome for it in report.findings if it.step == "proofs"}
    assert found == {Outcome.UNDECIDED}


# --- Months ---


def point_at(*times: datetime) -> list[point_check.Point]:
    return [
        point_check.Point(
            n=n,
            tree_size=n + 1,
            entry=point_check.Entry(n, time, bytes(32)),
            leaf=b"",
            size=1,
            head=b"",
            siblings=(),
            note="",
            tsr="",
            inclusion=(),
            consistency=(),
        )
        for n, time in enumerate(times)
    ]


def day(month: int, number: int = 15, year: int = 2026) -> datetime:
    return datetime(year, month, number, tzinfo=UTC)


@pytest.mark.parametrize(
    ("opened", "points", "spans", "missing"),
    [
        (day(1), [day(1)], [], []),
        (day(1, 31), [day(2)], [], []),
        (day(1), [day(1), day(3)], [], ["2026-02"]),
        (day(1), [day(4)], [], ["2026-02", "2026-03"]),
        (day(11), [day(1, year=2027), day(2, year=2027)], [], ["2026-12"]),
        (day(1), [day(1), day(4)], [(day(1), day(4))], []),
        (day(1), [day(1), day(4)], [(day(2), day(4))], ["2026-02"]),
        (day(1), [day(1), day(4)], [(day(1), day(3))], ["2026-03"]),
        (day(1), [day(1), day(4)], [(day(1), day(4, 1))], []),
    ],
)
def test_every_month_in_between_needs_its_point_or_a_reason(
    opened: datetime,
    points: list[datetime],
    spans: list[tuple[datetime, datetime]],
    missing: list[str],
) -> None:
    assert point_check.missing_months(opened, point_at(*points), spans) == missing


def test_many_spans_over_many_months_are_looked_at_once() -> None:
    looked: list[int] = []

    class Told(datetime):
        @property
        def year(self) -> int:
            looked.append(1)
            return super().year

    spans = [(day(1, year=1), Told(1, 1, 20, tzinfo=UTC))] * 200
    point_check.missing_months(day(1, year=1), point_at(day(1)), spans)
    assert len(looked) < 200 * 200


def test_an_entry_of_the_writer_is_read() -> None:
    at = day(3)
    raw = checkpoint.entry(accounts=1, n=7, previous=None, state_root=b"\1" * 32, time=at)
    read = point_check.read_entry("x", raw.decode())
    assert (read.n, read.time, read.state_root) == (7, at, b"\1" * 32)
