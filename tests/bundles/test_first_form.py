"""Bundles of the first form, kept as they were: every later verifier judges them so."""

import shutil
import subprocess
from pathlib import Path

import pytest

from archive.verify import Anchors, Outcome, examine

HERE = Path(__file__).parent / "first-form"
ANCHORS = Anchors.load(HERE / "root.pem", HERE / "tsa.pem", HERE / "log.pub.pem")


def test_the_good_one_passes() -> None:
    report = examine(HERE / "good.asice", ANCHORS)

    assert report.outcome is Outcome.PASSED, str(report)
    assert report.records == 12


@pytest.mark.parametrize(
    ("fault", "step", "subject"),
    [
        ("record-left-out-under-the-real-seal", "ledger", "data/records"),
        ("row-unlike-its-record", "rows", "data/records/seg-000001.csv"),
        ("stamp-before-checkpoint", "timestamp", "tagmanifest-sha256.txt.tsr"),
        ("junk-before", "container", "junk-before.asice"),
        ("one-byte-of-readme-changed", "digests", "README.txt"),
    ],
)
def test_each_bad_one_fails_by_its_fault(fault: str, step: str, subject: str) -> None:
    report = examine(HERE / f"{fault}.asice", ANCHORS)

    found = {(it.step, it.subject) for it in report.findings if it.outcome is Outcome.FAILED}
    assert (step, subject) in found


def test_openssl_and_sha256sum_agree_on_the_good_one(tmp_path: Path) -> None:
    shutil.unpack_archive(HERE / "good.asice", tmp_path / "bag", "zip")
    anchors = [str(HERE / name) for name in ("root.pem", "tsa.pem", "log.pub.pem")]

    ended = subprocess.run(
        ["sh", "verify/verify.sh", *anchors],
        cwd=tmp_path / "bag",
        capture_output=True,
        text=True,
        check=False,
    )

    # The seal's certificate is good for three years from 2026-06-01: at another time openssl needs
    # -attime, as the manual says.
    said = ended.stdout + ended.stderr
    assert any(words in said for words in ("all checks passed", "expired", "not yet valid"))
