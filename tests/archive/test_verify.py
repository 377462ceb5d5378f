import base64
import json
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from archive.errors import BundleRejectedError
from archive.findings import Anchors, Outcome
from archive.verify import examine, verify
from archive.xades import SIGNATURES
from archive.zip_layout import read_layout
from tests.archive.spoiling import records_of, reseal, write_records


def subjects(bundle: Path, anchors: Anchors) -> set[str]:
    report = examine(bundle, anchors, processes=1)
    assert report.outcome is not Outcome.PASSED
    return report.failed_subjects()


def said(bundle: Path, anchors: Anchors) -> str:
    return str(examine(bundle, anchors, processes=1))


# --- What passes ---


def test_a_container_passes_every_check(sealed, station) -> None:
    report = examine(sealed.container, station.anchors)

    assert report.outcome is Outcome.PASSED, str(report)
    assert [finding.step for finding in report.findings] == [
        "container",
        "bag",
        "digests",
        "trust",
        "signature",
        "signature",
        "timestamp",
        "ledger",
        "rows",
        "documents",
    ]
    assert report.content_id == sealed.finished.content_id
    assert report.records == 40
    assert report.base == sealed.source.base


def test_a_folder_passes_and_says_what_it_could_not_check(sealed, station) -> None:
    report = examine(sealed.folder, station.anchors)

    assert report.outcome is Outcome.PASSED, str(report)
    assert any("form of the ZIP" in text for text in report.not_checked)


def test_without_a_log_key_the_report_says_on_whose_word(sealed, station) -> None:
    report = examine(sealed.container, replace(station.anchors, log_pub_pem=None))

    assert report.outcome is Outcome.PASSED
    assert any("own word" in text for text in report.not_checked)


def test_verify_returns_the_bundle_as_verified(sealed, station) -> None:
    assert verify(sealed.container, station.anchors).report.outcome is Outcome.PASSED


def test_verify_raises_with_the_report(sealed, station) -> None:
    sealed.container.write_bytes(sealed.container.read_bytes()[:-1])

    with pytest.raises(BundleRejectedError) as caught:
        verify(sealed.container, station.anchors)

    assert caught.value.report.outcome is Outcome.FAILED


def test_several_processes_say_the_same_as_one(sealed, station, monkeypatch) -> None:
    monkeypatch.setattr("archive.verify._WORTH_PROCESSES", 0)

    report = examine(sealed.container, station.anchors, processes=2)

    assert report.as_json() == examine(sealed.container, station.anchors, processes=1).as_json()


def test_openssl_sha256sum_and_bagit_confirm_it_without_us(sealed, station, tmp_path) -> None:
    import bagit  # noqa: PLC0415 - its module configures logging when imported

    (tmp_path / "root.pem").write_bytes(station.root_pem)
    (tmp_path / "tsa.pem").write_bytes(station.authority.trust_pem)
    (tmp_path / "log.pem").write_bytes(station.log_pub_pem)

    ended = subprocess.run(
        ["sh", "verify/verify.sh", "../root.pem", "../tsa.pem", "../log.pem"],
        cwd=sealed.folder,
        capture_output=True,
        text=True,
        check=False,
    )

    assert ended.returncode == 0, ended.stderr
    assert "all checks passed" in ended.stdout
    assert bagit.Bag(str(sealed.folder)).validate()


def test_the_script_fails_where_a_record_was_changed(sealed, station, tmp_path) -> None:
    (tmp_path / "root.pem").write_bytes(station.root_pem)
    (tmp_path / "tsa.pem").write_bytes(station.authority.trust_pem)
    records = records_of(sealed.folder)
    write_records(sealed.folder, [records[0].replace(b"4821", b"4822"), *records[1:]])

    ended = subprocess.run(
        ["sh", "verify/verify.sh", "../root.pem", "../tsa.pem"],
        cwd=sealed.folder,
        capture_output=True,
        text=True,
        check=False,
    )

    assert ended.returncode == 1
    assert "seg-000001.jsonl: FAILED" in ended.stdout


# --- One byte ---


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_no_byte_of_a_container_can_be_changed_unnoticed(data, sealed_once, station, tmp_path):
    raw = bytearray(sealed_once.container.read_bytes())
    members = read_layout(sealed_once.container, stored_first="mimetype")
    # A part is drawn first: among all bytes, those of the report would be drawn nearly always.
    ends = [0, *(it.offset for it in members), *(it.offset + it.packed for it in members), len(raw)]
    parts = [part for part in pairwise(sorted(ends)) if part[0] < part[1]]
    start, end = data.draw(st.sampled_from(parts))
    at = data.draw(st.integers(start, end - 1))
    raw[at] ^= data.draw(st.sampled_from([1, 2, 4, 8, 16, 32, 64, 128, 255]))
    hit = {it.name for it in members if it.offset <= at < it.offset + it.packed}
    changed = tmp_path / "changed.asice"
    changed.write_bytes(raw)

    assert hit <= subjects(changed, station.anchors)


def test_a_changed_byte_in_any_file_names_that_file(sealed, station) -> None:
    unnamed = []
    for path in sorted(p for p in sealed.folder.rglob("*") if p.is_file()):
        original = path.read_bytes()
        middle = len(original) // 2
        path.write_bytes(original[:middle] + bytes([original[middle] ^ 1]) + original[middle + 1 :])
        name = path.relative_to(sealed.folder).as_posix()
        if name not in subjects(sealed.folder, station.anchors):
            unnamed.append(name)
        path.write_bytes(original)

    assert unnamed == []


# --- The container ---


def _junk_before(raw: bytes) -> bytes:
    return b"MZ junk" + raw


def _junk_after(raw: bytes) -> bytes:
    return raw + b"\0"


def _cut(raw: bytes) -> bytes:
    return raw[: len(raw) // 2]


@pytest.mark.parametrize("spoil", [_junk_before, _junk_after, _cut, lambda _: b""])
def test_a_container_that_is_not_just_the_zip_is_refused(
    spoil: Callable[[bytes], bytes], sealed, station
) -> None:
    sealed.container.write_bytes(spoil(sealed.container.read_bytes()))

    assert subjects(sealed.container, station.anchors) == {sealed.container.name}


def test_a_bundle_that_cannot_be_read_is_undecided(tmp_path, station) -> None:
    assert examine(tmp_path / "none.asice", station.anchors).outcome is Outcome.UNDECIDED


def test_an_extra_file_anywhere_is_refused(sealed, station) -> None:
    extra = ["data/extra.txt", "extra.txt", "META-INF/extra.p7s", "data/documents/extra.txt"]
    for name in extra:
        (sealed.folder / name).write_bytes(b"x")

    assert set(extra) <= subjects(sealed.folder, station.anchors)


def test_a_link_in_a_folder_is_refused(sealed, station) -> None:
    (sealed.folder / "link.txt").symlink_to("README.txt")

    assert subjects(sealed.folder, station.anchors) == {"link.txt"}


def test_every_missing_file_is_named(sealed, station) -> None:
    unnamed = []
    for path in sorted(p for p in sealed.folder.rglob("*") if p.is_file()):
        content = path.read_bytes()
        path.unlink()
        name = path.relative_to(sealed.folder).as_posix()
        if name not in subjects(sealed.folder, station.anchors):
            unnamed.append(name)
        path.write_bytes(content)

    assert unnamed == []


# --- What a bundle says of itself ---


def test_programs_in_a_bundle_that_may_lie_are_told_under_the_real_seal(sealed, station) -> None:
    before = examine(sealed.container, station.anchors, processes=1)
    assert not any("not this program's" in it for it in before.not_checked)
    (sealed.folder / "verify/point_check.py").write_text("check_proofs = lambda *_: []\n")
    container = reseal(sealed.folder, station, sealed.container)

    report = examine(container, station.anchors, processes=1)

    said = "verify/point_check.py: not this program's files; do not trust what they say"
    assert said in report.not_checked


def test_proofs_that_were_taken_out_are_missed_under_the_real_seal(proved, station) -> None:
    shutil.rmtree(proved.folder / "data/proofs")
    container = reseal(proved.folder, station, proved.container)

    report = examine(container, station.anchors, processes=1)

    assert report.failed_subjects() == {"data/proofs/proofs.json"}
    assert "is missing, and bag-info.txt says that it is there" in str(report)


def test_whoever_demands_proofs_is_not_given_the_first_form(proved, sealed, station) -> None:
    shutil.rmtree(proved.folder / "data/proofs")
    info = proved.folder / "bag-info.txt"
    info.write_text(re.sub("Ledger-Proofs: .*\n", "", info.read_text()))
    container = reseal(proved.folder, station, proved.container)

    assert examine(container, station.anchors, processes=1).outcome is Outcome.PASSED
    demanded = examine(container, station.anchors, processes=1, demand_proofs=True)
    assert demanded.failed_subjects() == {"data/proofs/proofs.json"}
    assert "Ledger-Proofs" not in (sealed.folder / "bag-info.txt").read_text()


def test_a_bundle_with_proofs_is_what_was_demanded(proved, station) -> None:
    report = examine(proved.container, station.anchors, processes=1, demand_proofs=True)
    assert report.outcome is Outcome.PASSED


# --- Seal, stamp, anchors ---


@pytest.mark.parametrize("name", ["tagmanifest-sha256.txt.p7s", "tagmanifest-sha256.txt.tsr"])
def test_a_missing_signature_or_stamp_is_refused(name: str, sealed, station) -> None:
    (sealed.folder / name).unlink()

    assert name in subjects(sealed.folder, station.anchors)


def test_another_root_is_refused(sealed, other_station, station) -> None:
    anchors = replace(station.anchors, root_pem=other_station.root_pem)

    assert subjects(sealed.container, anchors) == {
        *("trust/root.pem", "tagmanifest-sha256.txt.p7s", SIGNATURES)
    }


def test_another_authority_is_refused(sealed, other_station, station) -> None:
    anchors = replace(station.anchors, tsa_pem=other_station.authority.trust_pem)

    assert "tagmanifest-sha256.txt.tsr" in subjects(sealed.container, anchors)
    assert "trust/tsa.pem" in subjects(sealed.container, anchors)


def test_another_log_key_is_refused(sealed, other_station, station) -> None:
    anchors = replace(station.anchors, log_pub_pem=other_station.log_pub_pem)

    assert subjects(sealed.container, anchors) == {"trust/log.pub.pem", "data/checkpoint/0.note"}


def test_a_bundle_sealed_by_another_station_is_refused(sealed, other_station, station) -> None:
    container = reseal(sealed.folder, other_station, sealed.container)

    failed = subjects(container, station.anchors)

    assert "tagmanifest-sha256.txt.p7s" in failed


def test_another_root_in_trust_is_refused_under_the_real_seal(
    sealed, other_station, station
) -> None:
    (sealed.folder / "trust/root.pem").write_bytes(other_station.root_pem)
    container = reseal(sealed.folder, station, sealed.container)

    assert subjects(container, station.anchors) == {"trust/root.pem", SIGNATURES}


def test_a_stamp_of_another_list_is_refused(sealed, station) -> None:
    path = sealed.folder / "tagmanifest-sha256.txt.tsr"
    path.write_bytes(station.authority.stamp(b"something else"))

    assert "tagmanifest-sha256.txt.tsr" in subjects(sealed.folder, station.anchors)


def test_a_signature_without_a_stamp_is_refused(sealed, station) -> None:
    data = (sealed.folder / "tagmanifest-sha256.txt").read_bytes()
    bare = station.seal.sign(data, now=station.authority.now)
    (sealed.folder / "tagmanifest-sha256.txt.p7s").write_bytes(bare)

    assert "no stamp that can be read" in said(sealed.folder, station.anchors)


def test_a_bundle_stamped_before_its_checkpoint_is_refused(sealed, station) -> None:
    authority = replace(station.authority, now=station.authority.now - timedelta(hours=2))
    container = reseal(sealed.folder, replace(station, authority=authority), sealed.container)

    assert "before the checkpoint it covers" in said(container, station.anchors)


def test_without_openssl_nothing_is_passed(sealed, station, monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    report = examine(sealed.container, station.anchors, processes=1)

    assert report.outcome is Outcome.UNDECIDED
    assert "install OpenSSL" in str(report)


@pytest.mark.parametrize("part", ["root_pem", "tsa_pem"])
def test_anchors_that_hold_no_certificate_decide_nothing(part: str, sealed, station) -> None:
    report = examine(sealed.container, replace(station.anchors, **{part: b"nothing"}))

    assert report.outcome is Outcome.FAILED
    assert "holds no certificate" in str(report)


def test_a_certificate_that_is_not_base64_is_refused(sealed, station) -> None:
    broken = b"-----BEGIN CERTIFICATE-----\n!!!\n-----END CERTIFICATE-----\n"
    for name in ("root.pem", "signer.pem"):
        (sealed.folder / "trust" / name).write_bytes(broken)

    failed = said(sealed.folder, station.anchors)

    assert "trust/root.pem: holds a certificate that is not base64" in failed
    assert "trust/signer.pem: holds a certificate that is not base64" in failed


# --- Ledger statement, note ---


def edit_json(path: Path, **changes: object) -> None:
    value = json.loads(path.read_bytes())
    value.update(changes)
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    path.write_text(text + "\n")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"records": 39}, "data/ledger.json states 39"),
        ({"head": "0" * 64}, "do not hash to the head"),
        ({"epoch": 2}, "account_key that is not of its"),
        ({"acct": "4822"}, "account_key that is not of its"),
        ({"v": 2}, "not version 1"),
        ({"records": "40"}, "no whole number 'records'"),
        ({"head": 5}, "no text 'head'"),
    ],
)
def test_another_statement_is_refused_under_the_real_seal(
    changes: dict[str, object], words: str, sealed, station
) -> None:
    edit_json(sealed.folder / "data/ledger.json", **changes)
    container = reseal(sealed.folder, station, sealed.container)

    assert words in said(container, station.anchors)


@pytest.mark.parametrize(
    "changes", [{"acct": "1"}, {"checkpoint": 7}, {"redactions": ["x"]}, {"counts": {}}]
)
def test_an_index_that_disagrees_is_refused(changes, sealed, station) -> None:
    edit_json(sealed.folder / "data/index.json", **changes)
    container = reseal(sealed.folder, station, sealed.container)

    assert "data/index.json" in subjects(container, station.anchors)


def test_a_closing_bundle_must_end_in_close(station, tmp_path, short_history) -> None:
    source = station.source(lambda: short_history(12, closed=False))
    finished = station.make(source, tmp_path)

    assert "its last is not close" in said(finished.files[-1].path, station.anchors)


def test_another_kind_need_not_end_in_close(station, tmp_path, short_history) -> None:
    source = station.source(lambda: short_history(12, closed=False), kind="on_request")
    finished = station.make(source, tmp_path)

    assert finished.files[-1].path.name == "station-1-4821-e1-c0-on_request.asice"
    assert examine(finished.files[-1].path, station.anchors).outcome is Outcome.PASSED


def test_a_note_of_another_key_is_refused_under_the_real_seal(sealed, other_station, station):
    note = sealed.folder / "data/checkpoint/0.note"
    text, _, _ = note.read_bytes().partition(b"\n\n")
    key_id, blob = b"\0\0\0\0", other_station.log_key.sign(text + b"\n")
    line = base64.b64encode(key_id + blob).decode()
    origin = text.split(b"\n")[0].decode()
    note.write_text(f"{text.decode()}\n\n— {origin} {line}\n")
    container = reseal(sealed.folder, station, sealed.container)

    assert subjects(container, station.anchors) == {"data/checkpoint/0.note"}


def test_a_missing_note_is_named(sealed, station) -> None:
    (sealed.folder / "data/checkpoint/0.note").unlink()

    assert "data/checkpoint/0.note" in subjects(sealed.folder, station.anchors)


def test_an_entry_that_is_no_json_is_refused(sealed, station) -> None:
    path = sealed.folder / "data/ledger.json"
    value = json.loads(path.read_bytes())
    value["checkpoint"]["entry"] = "x"
    edit_json(path, checkpoint=value["checkpoint"])
    container = reseal(sealed.folder, station, sealed.container)

    assert "its checkpoint entry is not JSON" in said(container, station.anchors)


def test_a_log_key_that_is_none_is_refused(sealed, station) -> None:
    anchors = replace(station.anchors, log_pub_pem=b"nothing")

    assert "is not an Ed25519 public key" in said(sealed.container, anchors)


def test_a_reply_that_is_none_is_refused(sealed, station) -> None:
    (sealed.folder / "tagmanifest-sha256.txt.tsr").write_bytes(b"x")

    assert "is no reply that can be read" in said(sealed.folder, station.anchors)


def stepping_back(records: Iterator[bytes]) -> Iterator[bytes]:
    """The clock is set back by six hours between records 20 and 21."""
    for number, raw in enumerate(records, start=1):
        yield raw.replace(b'"t":"2026-01-02T00:', b'"t":"2026-01-01T18:') if number > 20 else raw


def test_a_clock_that_was_set_back_is_remarked_where_it_is_named(
    station, tmp_path, short_history
) -> None:
    source = station.source(lambda: stepping_back(short_history(40)))
    step = {
        "kind": "clock_step",
        "from": "2026-01-01T18:20:00.000000Z",
        "to": "2026-01-02T00:20:00.000000Z",
    }
    named = replace(source, facts={**source.facts, "gaps": [step]})

    good = examine(station.make(named, tmp_path / "1").files[-1].path, station.anchors)
    bad = examine(station.make(source, tmp_path / "2").files[-1].path, station.anchors)

    assert good.outcome is Outcome.PASSED, str(good)
    assert any("names a step of the clock" in finding.text for finding in good.findings)
    assert "record 21: t goes back" in str(bad)


# --- Lists ---


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda raw: raw.replace(b"  ", b" *", 1), "is not a list of hashes"),
        (lambda raw: raw[:-1], "is not a list of hashes"),
        (lambda raw: b"".join(reversed(raw.splitlines(keepends=True))), "is not sorted"),
        (lambda raw: raw + raw.splitlines(keepends=True)[-1], "is not sorted"),
    ],
)
def test_a_list_in_another_form_is_refused(change, words: str, sealed, station) -> None:
    path = sealed.folder / "manifest-sha256.txt"
    path.write_bytes(change(path.read_bytes()))

    assert words in said(sealed.folder, station.anchors)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("data/documents/index.json", b"not json"),
        ("data/documents/index.json", b"5"),
        ("data/documents/index.json", b'[{"doc":"x","file":"data/index.json"}]'),
        ("data/index.json", b"[" * 100_000),
        ("data/ledger.json", b"[]"),
        ("data/line-status.csv", b"\xff\xfe"),
        ("bagit.txt", b"BagIt-Version: 0.97\n"),
        ("bag-info.txt", b"\xff"),
        ("mimetype", b"application/zip"),
        ("META-INF/manifest.xml", b"<x/>"),
        ("data/records/seg-000001.csv", b"seq\r\n"),
        ("data/records/seg-000001.csv", b""),
        ("data/records/seg-000001.jsonl", b"[]\n5\n\xff\n"),
        ("data/records/seg-000001.jsonl", b"no line end"),
    ],
)
def test_a_file_of_another_shape_is_a_finding_and_never_a_crash(
    name: str, content: bytes, sealed, station
) -> None:
    (sealed.folder / name).write_bytes(content)

    assert name in subjects(sealed.folder, station.anchors)


def test_a_salt_that_is_not_hex_is_a_finding(sealed, station) -> None:
    index = sealed.folder / "data/documents/index.json"
    index.write_bytes(re.sub(rb'"salt":"..', b'"salt":"zz', index.read_bytes()))

    assert "cannot be checked" in said(sealed.folder, station.anchors)


def test_records_without_their_rows_are_named(sealed, station) -> None:
    (sealed.folder / "data/records/seg-000001.csv").unlink()

    assert "has no CSV file beside it" in said(sealed.folder, station.anchors)


def test_a_bundle_without_records_is_refused(sealed, station) -> None:
    shutil.rmtree(sealed.folder / "data/records")

    assert "a file of records is missing" in said(sealed.folder, station.anchors)


# --- Volumes ---


def test_volumes_beside_the_container_are_taken_in(volumes, station) -> None:
    report = examine(volumes.files[-1].path, station.anchors)

    assert report.outcome is Outcome.PASSED, str(report)
    assert len(volumes.files) > 1


def test_a_volume_that_is_away_leaves_the_records_undecided(volumes, station) -> None:
    volumes.files[0].path.unlink()

    report = examine(volumes.files[-1].path, station.anchors)

    assert report.outcome is Outcome.UNDECIDED
    assert volumes.files[0].path.name in report.failed_subjects()


def test_a_changed_byte_of_a_volume_names_the_volume(volumes, station) -> None:
    path = volumes.files[0].path
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2] ^= 1
    path.write_bytes(raw)

    assert path.name in subjects(volumes.files[-1].path, station.anchors)


def test_a_volume_with_junk_before_it_is_refused(volumes, station) -> None:
    path = volumes.files[0].path
    path.write_bytes(b"junk" + path.read_bytes())

    assert path.name in subjects(volumes.files[-1].path, station.anchors)


def test_a_folder_with_its_volumes_unpacked_passes(volumes, station, tmp_path) -> None:
    for file in volumes.files:
        shutil.unpack_archive(file.path, tmp_path / "all", "zip")

    report = examine(tmp_path / "all", station.anchors)

    assert report.outcome is Outcome.PASSED, str(report)
    assert any("form of the volumes" in text for text in report.not_checked)


# --- Sealed with every real key ---


def restate(folder: Path, station, container: Path, **changes: object) -> Path:
    """Change what data/ledger.json states, and seal as the station itself could."""
    path = folder / "data/ledger.json"
    value = json.loads(path.read_text())
    value["checkpoint"] |= {key: changes.pop(key) for key in set(changes) & {"entry", "note"}}
    path.write_text(json.dumps(value | changes, sort_keys=True, separators=(",", ":")) + "\n")
    return reseal(folder, station, container)


@pytest.mark.parametrize(
    "name",
    [
        "data/extra.txt",
        "data/records/seg-000002.csv",
        "data/checkpoint/7.note",
        "data/proofs/proofs.json",
        "extra.txt",
        "verify/more.sh",
        "data/documents/0123456789abcdef-letter.txt",
    ],
)
def test_an_extra_file_is_named_even_under_the_real_seal(name: str, sealed, station) -> None:
    (sealed.folder / name).parent.mkdir(exist_ok=True)
    (sealed.folder / name).write_bytes(b"x\n")

    assert subjects(reseal(sealed.folder, station, sealed.container), station.anchors) == {name}


def test_names_that_a_disk_may_take_for_one_are_refused(sealed, station) -> None:
    (sealed.folder / "readme.txt").write_bytes(b"Another.\n")

    container = reseal(sealed.folder, station, sealed.container)

    assert "differs from another name in upper and lower case" in said(container, station.anchors)


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("data/checkpoint/0.json", b'"accounts":1', b'"accounts":2'),
        ("data/account.json", b"{", b"not JSON {"),
        ("data/account.json", b"{", b'{"site":{},'),
        ("data/notices/notices.json", b"[", b"[ "),
        ("data/ledger.json", b"{", b'{"acct":"9999",'),
        ("data/index.json", b"{", b'{"acct":"9999",'),
        ("data/index.json", b'"last":40', b'"last":39'),
        ("data/index.json", b'"kind":"closing"', b'"kind":"primary"'),
        ("data/index.json", b'"kind":"closing"', b'"kind":"draft"'),
        ("data/index.json", b'"checkpoint_time":"2', b'"checkpoint_time":"1'),
    ],
)
def test_a_file_that_says_two_things_is_refused_under_the_real_seal(
    name: str, old: bytes, new: bytes, sealed, station
) -> None:
    path = sealed.folder / name
    assert old in path.read_bytes()
    path.write_bytes(path.read_bytes().replace(old, new, 1))

    assert subjects(reseal(sealed.folder, station, sealed.container), station.anchors) == {name}


def test_a_signer_who_did_not_sign_is_refused(sealed, station) -> None:
    # The root's certificate lies in the signature too, but did not sign.
    (sealed.folder / "trust/signer.pem").write_bytes(station.root_pem)

    container = reseal(sealed.folder, station, sealed.container)

    assert subjects(container, station.anchors) == {"trust/signer.pem", SIGNATURES}


def test_a_signer_may_be_given_with_its_chain(sealed, station) -> None:
    chain = station.seal.certificate_pem + station.root_pem
    (sealed.folder / "trust/signer.pem").write_bytes(chain)

    container = reseal(sealed.folder, station, sealed.container)

    assert examine(container, station.anchors).outcome is Outcome.PASSED


@pytest.mark.parametrize("year", ["0001-01-01T00:00:00", "9999-12-31T23:59:59"])
def test_a_checkpoint_at_the_end_of_time_is_a_finding_and_no_crash(
    year: str, sealed, station
) -> None:
    entry = json.loads((sealed.folder / "data/ledger.json").read_text())["checkpoint"]["entry"]
    entry = re.sub(r'"time":"[^.]*', f'"time":"{year}', entry)

    container = restate(sealed.folder, station, sealed.container, entry=entry)

    assert "data/checkpoint/0.json" in subjects(container, station.anchors)


@pytest.mark.parametrize("changes", [{"epoch": 2**32}, {"acct": "\ud800"}, {"records": 10**30}])
def test_a_statement_beyond_all_bounds_is_a_finding(changes, sealed, station) -> None:
    container = restate(sealed.folder, station, sealed.container, **changes)

    assert "data/ledger.json" in subjects(container, station.anchors)


@pytest.mark.parametrize("deep", range(900, 1000, 3))
def test_a_record_of_any_depth_is_a_finding(deep: int, sealed, station) -> None:
    records = records_of(sealed.folder)
    nested = b'{"Zz":' + b"[" * deep + b"]" * deep + b","
    write_records(sealed.folder, [*records[:8], nested + records[8][1:], *records[9:]])

    assert "data/records/seg-000001.csv" in subjects(sealed.folder, station.anchors)


def test_rows_that_are_not_utf8_are_refused_where_they_would_read_alike(sealed, station) -> None:
    records = [it.replace("Łódź".encode(), "\ufffd".encode()) for it in records_of(sealed.folder)]
    rows = sealed.folder / "data/records/seg-000001.csv"
    write_records(sealed.folder, records)
    rows.write_bytes(rows.read_bytes().replace("Łódź".encode(), b"\xff"))

    assert "a line is not UTF-8" in said(sealed.folder, station.anchors)


def test_a_document_named_again_and_again_is_read_once(sealed, station) -> None:
    path = sealed.folder / "data/documents/index.json"
    (row,) = json.loads(path.read_text())
    path.write_text(json.dumps([row, row], sort_keys=True, separators=(",", ":")) + "\n")

    assert "twice" in said(sealed.folder, station.anchors)


# --- What the machine cannot do ---


@pytest.mark.parametrize(
    "script",
    ["exit 1", "exit 127", "kill -9 $$", "echo OpenSSL 1.1.1w 11 Sep 2023", "echo LibreSSL 3.8"],
)
def test_an_openssl_that_is_none_decides_nothing(
    script: str, sealed, station, monkeypatch, tmp_path
) -> None:
    program = tmp_path / "openssl"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")

    report = examine(sealed.container, station.anchors, processes=1)

    assert report.outcome is Outcome.UNDECIDED
    assert "install OpenSSL 3" in str(report)


def test_an_openssl_that_is_killed_at_work_decides_nothing(
    sealed, station, monkeypatch, tmp_path
) -> None:
    program = tmp_path / "openssl"
    program.write_text('#!/bin/sh\n[ "$1" = version ] && echo OpenSSL 3.0.1 || kill -9 $$\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")

    report = examine(sealed.container, station.anchors, processes=1)

    assert report.outcome is Outcome.UNDECIDED
    assert "ended by signal 9" in str(report)


def test_no_room_for_openssls_files_decides_nothing(sealed, station, monkeypatch, tmp_path) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "gone"))

    report = examine(sealed.container, station.anchors, processes=1)

    assert report.outcome is Outcome.UNDECIDED
    assert "could not be asked" in str(report)


def test_what_cannot_be_read_when_it_is_needed_is_not_passed_over(
    sealed, station, monkeypatch
) -> None:
    def fail(*_: object) -> bytes:
        raise OSError(24, "Too many open files")

    monkeypatch.setattr("archive.zip_layout.PlaceStream.rest", fail)

    report = examine(sealed.container, station.anchors, processes=1)

    assert report.outcome is Outcome.FAILED
    silent = {"tagmanifest-sha256.txt", "tagmanifest-sha256.txt.p7s", "data/ledger.json"}
    assert silent <= report.failed_subjects()


def test_a_system_that_does_not_tell_our_cores_verifies_too(sealed, station, monkeypatch) -> None:
    monkeypatch.delattr("os.sched_getaffinity")

    assert examine(sealed.container, station.anchors).outcome is Outcome.PASSED


# --- Volumes that belong elsewhere ---


def test_a_volume_of_another_bundle_is_named(volumes, station, tmp_path) -> None:
    *first, container = volumes.files
    shutil.copy(first[1].path, first[0].path)

    failed = subjects(container.path, station.anchors)

    assert first[0].path.name in failed


def test_a_renamed_volume_is_one_that_is_away(volumes, station) -> None:
    *first, container = volumes.files
    first[0].path.rename(first[0].path.with_suffix(".old"))

    report = examine(container.path, station.anchors, processes=1)

    assert report.outcome is Outcome.UNDECIDED
    assert f"{first[0].path.name}: is not beside the container" in str(report)


def test_a_small_file_of_endless_lines_costs_little(sealed, station) -> None:
    # Unpacked from 20 kB: read to its end it took minutes and 640 MB.
    (sealed.folder / "data/records/seg-000001.jsonl").write_bytes(b"\n" * (20 << 20))
    begun = time.process_time()

    assert "1000 faults; the rest was not read" in said(sealed.folder, station.anchors)

    assert time.process_time() - begun < 20
