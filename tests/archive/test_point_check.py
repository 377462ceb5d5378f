"""Points are refused for what is wrong with them, forgeries with the station's real keys included.

Each forgery is sealed and stamped as the station would: only the proofs tell it apart.
"""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from archive import canonical, checkpoint, merkle, point_check
from archive.findings import Outcome
from archive.note_check import LedgerError
from archive.verify import examine

PROOFS = "data/proofs/proofs.json"
ORIGIN = "log.example-alarm.test/station-1"
HOUR = timedelta(hours=1)


def judged(source: Any, station: Any, folder: Path) -> dict[str, list[str]]:
    """Build, seal and pack ``source`` with the real keys; return what each verifier found wrong."""
    finished = station.make(source, folder)
    report = examine(finished.files[-1].path, station.anchors)
    assert report.outcome is not Outcome.PASSED
    unpacked = folder / "unpacked"
    shutil.unpack_archive(finished.files[-1].path, unpacked, "zip")
    said = by_itself(unpacked, station, folder)
    assert said.returncode == 1, said.stdout
    found = [it for it in report.findings if it.outcome is Outcome.FAILED]
    return {
        "verify": [f"{it.step} {it.subject}: {it.text}" for it in found],
        "ledger.py": said.stdout.splitlines(),
    }


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


def told(found: dict[str, list[str]], words: str) -> None:
    for verifier, lines in found.items():
        assert any(words in line for line in lines), (verifier, words, lines)


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


# --- Forgeries with the station's real keys ---


def test_a_checkpoint_dated_back_is_told_by_its_stamp(logbook, station, tmp_path) -> None:
    logbook.checkpoint(20)
    logbook.checkpoint(40, stamped=27 * HOUR)
    found = judged(logbook.source(logbook.proofs([0, 1])), station, tmp_path)
    told(found, "more than 26 hours later: it is no point")


def test_a_checkpoint_dated_ahead_is_told_by_its_stamp(logbook, station, tmp_path) -> None:
    logbook.checkpoint(20)
    logbook.checkpoint(40, stamped=-HOUR)
    found = judged(logbook.source(logbook.proofs([0, 1])), station, tmp_path)
    told(found, "before it was made: it is no point")


def forged_history(logbook: Any, records: list[bytes]) -> Any:
    """Return the logbook with other records, its signed log left as it is."""
    return replace(logbook, records=records, sizes=[min(s, len(records)) for s in logbook.sizes])


def renumbered(records: list[bytes]) -> list[bytes]:
    rows = [json.loads(record) | {"seq": seq} for seq, record in enumerate(records, start=1)]
    return [canonical.encode(row) for row in rows]


def test_a_record_left_out_does_not_come_to_the_signed_state(logbook, station, tmp_path) -> None:
    for size in (20, 40):
        logbook.checkpoint(size)
    forged = forged_history(logbook, renumbered(logbook.records[:9] + logbook.records[10:]))
    found = judged(forged.source(forged.proofs([0, 1])), station, tmp_path)
    told(found, "does not stand in the state of its entry")


def test_a_record_altered_does_not_come_to_the_signed_state(logbook, station, tmp_path) -> None:
    for size in (20, 40):
        logbook.checkpoint(size)
    altered = canonical.encode(json.loads(logbook.records[9]) | {"name": "Nothing happened"})
    forged = forged_history(logbook, [*logbook.records[:9], altered, *logbook.records[10:]])
    found = judged(forged.source(forged.proofs([0, 1])), station, tmp_path)
    told(found, "point 1: the account does not stand in the state")


def test_a_tail_cut_off_does_not_come_to_the_signed_state(logbook, station, tmp_path) -> None:
    for size in (20, 40):
        logbook.checkpoint(size)
    forged = forged_history(logbook, logbook.records[:35])
    found = judged(forged.source(forged.proofs([0, 1]), kind="on_request"), station, tmp_path)
    told(found, "point 1: the account does not stand in the state")


def test_a_statement_with_another_entry_than_its_last_point_is_told(
    logbook, station, tmp_path
) -> None:
    for size in (20, 40):
        logbook.checkpoint(size)
    later = canonical.encode(
        json.loads(logbook.entries[1]) | {"time": "2026-01-02T00:45:00.000000Z"}
    )
    time = datetime(2026, 1, 2, 0, 45, tzinfo=UTC)
    source = logbook.source(logbook.proofs([0, 1]), checkpoint_entry=later, checkpoint_time=time)
    found = judged(source, station, tmp_path)
    told(found, "its last point has another entry than the one that is stated")


def test_a_second_note_of_the_same_size_is_told(logbook, station, tmp_path) -> None:
    for size in (20, 40):
        logbook.checkpoint(size)
    key = station.log_key
    other = checkpoint.note(origin=ORIGIN, size=2, root=bytes(32), sign=key.sign, public=key.public)
    found = judged(logbook.source(logbook.proofs([0, 1]), checkpoint_note=other), station, tmp_path)
    told(found, "data/checkpoint/1.note: signs another log than the note of the last point")


def test_a_second_epoch_cannot_be_hidden(logbook, station, tmp_path) -> None:
    logbook.checkpoint(20)
    logbook.checkpoint(40, others=[("4821", 2)])
    absent = replace(logbook.absence(1), other=None)
    found = judged(logbook.source(logbook.proofs([0, 1], absent=absent)), station, tmp_path)
    told(found, "the proof that there is no next epoch does not hold")


def test_a_second_epoch_is_not_hidden_behind_itself(logbook, station, tmp_path) -> None:
    logbook.checkpoint(20)
    logbook.checkpoint(40, others=[("4821", 2)])
    found = judged(logbook.source(logbook.proofs([0, 1])), station, tmp_path)
    told(found, "the proof that there is no next epoch does not hold")


def test_an_open_epoch_must_show_that_there_is_no_next(logbook, station, tmp_path) -> None:
    logbook.checkpoint(20)
    logbook.checkpoint(30)
    source = logbook.source(logbook.proofs([0, 1], absent=None), kind="on_request")
    found = judged(source, station, tmp_path)
    told(found, "does not show that there is no next epoch")


def test_a_close_that_was_not_there_yet_is_told(logbook, station, tmp_path) -> None:
    logbook.checkpoint(30)
    logbook.checkpoint(40, others=[("4821", 2)])
    absent = replace(logbook.absence(0), at=logbook.at_close(0, 1))
    found = judged(logbook.source(logbook.proofs([0, 1], absent=absent)), station, tmp_path)
    told(found, "the account was not closed with these records at checkpoint 0")


def test_a_close_of_another_log_is_told(logbook, station, tmp_path) -> None:
    logbook.checkpoint(20)
    logbook.checkpoint(40)
    at = replace(logbook.at_close(1, 1), inclusion=[bytes(32)])
    absent = replace(logbook.absence(1), at=at)
    found = judged(logbook.source(logbook.proofs([0, 1], absent=absent)), station, tmp_path)
    told(found, "the checkpoint of the close, 1, does not stand in the log")


def test_a_note_replayed_from_another_checkpoint_is_told(logbook, station, tmp_path) -> None:
    for size in (20, 30, 40):
        logbook.checkpoint(size)
    logbook.notes[1], logbook.replies[1] = logbook.notes[0], logbook.replies[0]
    found = judged(logbook.source(logbook.proofs([0, 1, 2])), station, tmp_path)
    told(found, "is of tree size 1, its point says 2")


def test_a_forked_log_does_not_continue_the_one_before(logbook, station, tmp_path) -> None:
    logbook.checkpoint(20)
    forked = replace(logbook, log=merkle.LogTree(), entries=[], notes=[], replies=[])
    forked.sizes, forked.states = [], []
    forked.checkpoint(19)
    forked.checkpoint(40)
    proofs = forked.proofs([0, 1])
    first = replace(logbook.point(0, 0), consistency=proofs.points[0].consistency)
    found = judged(
        forked.source(replace(proofs, points=[first, proofs.points[1]])), station, tmp_path
    )
    told(found, "point 0: the log of the last point does not continue that of its note")


def test_another_accounts_proofs_do_not_fit(logbook, station, tmp_path) -> None:
    for size in (20, 40):
        logbook.checkpoint(size)
    key = merkle.account_key("station-1", "1000", 1)
    swapped = replace(
        logbook.point(1, 1),
        siblings=logbook.states[1].siblings(key),
        head=sha256(key).digest(),
    )
    proofs = logbook.proofs([0, 1])
    source = logbook.source(replace(proofs, points=[proofs.points[0], swapped]))
    found = judged(source, station, tmp_path)
    told(found, "the account does not stand in the state of its entry with this size and head")


def test_proofs_that_say_to_be_anothers_are_told(logbook, station, tmp_path) -> None:
    for size in (20, 40):
        logbook.checkpoint(size)
    found = judged(logbook.source(logbook.proofs([0, 1], acct="1000")), station, tmp_path)
    told(found, "acct is '1000', data/ledger.json says '4821'")


def test_a_month_without_its_point_is_told(station, tmp_path, logbook) -> None:
    late = datetime(2026, 4, 2, tzinfo=UTC)
    logbook.records[30:] = [
        canonical.encode(json.loads(record) | {"t": "2026-04-01T00:00:00.000000Z"})
        for record in logbook.records[30:]
    ]
    logbook.checkpoint(20)
    logbook.checkpoint(40, late)
    found = judged(logbook.source(logbook.proofs([0, 1])), station, tmp_path)
    told(found, "has no point in 2026-02")
    told(found, "has no point in 2026-03")


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


@pytest.mark.parametrize(
    ("t", "words"),
    [
        ("2026-01-01T23:00:00.000000Z", "before point 0, which lacks it"),
        ("2026-01-02T03:00:00.000000Z", "after point 1, which covers it"),
    ],
)
def test_a_record_dated_outside_of_its_points_is_told(
    logbook, station, tmp_path, t: str, words: str
) -> None:
    moved = canonical.encode(json.loads(logbook.records[24]) | {"t": t})
    logbook.records[24] = moved
    for size in (20, 30, 40):
        logbook.checkpoint(size)
    found = judged(logbook.source(logbook.proofs([0, 1, 2])), station, tmp_path)
    told(found, words)


def test_a_point_whose_head_the_records_do_not_reach_is_told(logbook, station, tmp_path) -> None:
    for size in (20, 40):
        logbook.checkpoint(size)
    other = [canonical.encode(json.loads(logbook.records[2]) | {"name": "x"})]
    forged = replace(logbook, records=logbook.records[:2] + other + logbook.records[3:])
    proofs = forged.proofs([0, 1])
    honest = logbook.point(0, 1)
    found = judged(
        forged.source(replace(proofs, points=[honest, proofs.points[1]])), station, tmp_path
    )
    told(found, "the first 20 records do not come to the head of point 0")


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
        (lambda it: it["points"][3].update(size=39), "size and head that are stated"),
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


def test_an_entry_of_the_writer_is_read() -> None:
    at = day(3)
    raw = checkpoint.entry(accounts=1, n=7, previous=None, state_root=b"\1" * 32, time=at)
    read = point_check.read_entry("x", raw.decode())
    assert (read.n, read.time, read.state_root) == (7, at, b"\1" * 32)
