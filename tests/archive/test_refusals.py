"""One table of cases, all verifiers, the same verdicts (`tests/archive/refusals.py`)."""

import subprocess
import sys
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest

from archive.findings import Anchors, Outcome, Report
from archive.verify import examine
from tests.archive.refusals import TABLE, Refusal, manual
from tests.archive.spoils import CONTAINER, Workbench, changed, in_twice, rekeyed, stamped_twice
from tests.page.verifying import VerifyingPage

COMMANDS = {
    "cms": "openssl cms -verify -cades -binary -inform DER -in tagmanifest-sha256.txt.p7s "
    "-content tagmanifest-sha256.txt -CAfile ../root.pem -out /dev/null",
    "ts": "openssl ts -verify -data tagmanifest-sha256.txt -in tagmanifest-sha256.txt.tsr "
    "-CAfile ../tsa.pem",
    "tags": "sha256sum -c --strict tagmanifest-sha256.txt",
    "manifest": "sha256sum -c --strict manifest-sha256.txt",
    "ledger": f"{sys.executable} -I verify/ledger.py . ../log.pem ../tsa.pem",
}


@pytest.fixture
def bench(proved_once, station, other_station, logbook, tmp_path) -> Workbench:
    return Workbench(proved_once.container, station, other_station, lambda: logbook, tmp_path)


def unpacked(container: Path, folder: Path) -> Iterator[str]:
    """Unpack as a person would; yield the name of the tool where it cannot be done."""
    try:
        with zipfile.ZipFile(container) as archive:
            archive.extractall(folder)
    except (zipfile.BadZipFile, zlib.error):
        yield "unzip"


def ordinary_tools(container: Path, anchors: Anchors, folder: Path) -> list[str]:
    """Return which of unzip, the four commands and the bundle's own checker refuse."""
    there = folder / "there"
    refusing = list(unpacked(container, there))
    if refusing:
        return refusing
    assert anchors.log_pub_pem
    for name, pem in (
        ("root", anchors.root_pem),
        ("tsa", anchors.tsa_pem),
        ("log", anchors.log_pub_pem),
    ):
        (folder / f"{name}.pem").write_bytes(pem)
    running = {
        name: subprocess.Popen(
            command.split(), cwd=there, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        for name, command in COMMANDS.items()
    }
    return [name for name, process in running.items() if process.wait(60)]


def finds(report: Report, case: Refusal) -> bool:
    """Tell whether a report has the finding of a case."""
    return any(
        it.outcome is Outcome.FAILED
        and it.step == case.step
        and fnmatchcase(it.subject, case.subject)
        and case.words in it.text
        for it in report.findings
    )


def told(findings: list[Any]) -> set[tuple[str, str, str]]:
    """Return step, outcome and file of every finding; how its reason is said may differ."""
    return {(it["step"], it["outcome"], it["subject"]) for it in findings}


def spoilt(case: Refusal, bench: Workbench) -> Path:
    container = bench.folder / CONTAINER
    container.write_bytes(case.spoil(bench))
    return container


def test_the_whole_bundle_is_accepted_by_all(bench: Workbench, page: VerifyingPage) -> None:
    anchors = bench.station.anchors

    report = examine(bench.container, anchors, processes=1)
    seen = page.examine(bench.container, anchors)

    assert report.outcome is Outcome.PASSED, str(report)
    assert ordinary_tools(bench.container, anchors, bench.folder) == []
    said, same = report.as_json(), seen.keys() & report.as_json().keys()
    assert {key: seen[key] for key in same - {"not_checked"}} == {
        key: said[key] for key in same - {"not_checked"}
    }


@pytest.mark.parametrize("given", ["both", "first"])
def test_a_bundle_with_two_stamps_is_accepted_by_all(
    given: str, bench: Workbench, page: VerifyingPage
) -> None:
    station = stamped_twice(bench)
    container = bench.folder / CONTAINER
    container.write_bytes(in_twice()(bench))
    first = bench.station.anchors.tsa_pem

    anchors = station.anchors if given == "both" else replace(station.anchors, tsa_pem=first)
    agreed(container, anchors, page)

    findings = examine(container, station.anchors).findings
    (said,) = [it.text for it in findings if it.step == "timestamp"]
    assert said.endswith(", stamped by Trial time-stamp authority, Second time-stamp authority")


@pytest.mark.parametrize("given", ["old", "new", "new and the changes"])
def test_a_bundle_of_a_changed_log_key_is_accepted_by_all(
    given: str, bench: Workbench, page: VerifyingPage
) -> None:
    old, new = bench.station.log_pub_pem, bench.other.log_pub_pem
    pems = {"old": old, "new": new, "new and the changes": new + changed(bench)}
    container = bench.folder / CONTAINER
    container.write_bytes(rekeyed()(bench))
    anchors = replace(bench.station.anchors, log_pub_pem=pems[given])

    report = agreed(container, anchors, page)

    assert any(it.subject == "trust/log-keys.txt" for it in report.findings)
    assert ordinary_tools(container, anchors, bench.folder) == []


def agreed(container: Path, anchors: Anchors, page: VerifyingPage) -> Report:
    """Check that both verifiers accept a bundle, and say the same of it."""
    report, seen = examine(container, anchors, processes=1), page.examine(container, anchors)
    assert report.outcome is Outcome.PASSED, str(report)
    assert seen["findings"] == report.as_json()["findings"]
    assert [it for it in seen["not_checked"] if "stamps of" in it] == [
        it for it in report.not_checked if "stamps of" in it
    ]
    return report


@pytest.mark.parametrize("case", TABLE, ids=lambda case: case.name)
def test_what_is_refused_is_refused_by_every_verifier_for_its_reason(
    case: Refusal, bench: Workbench, page: VerifyingPage
) -> None:
    container, anchors = spoilt(case, bench), case.given(bench)

    report = examine(container, anchors, processes=1, demand_proofs=case.demand_proofs)
    seen = page.examine(container, anchors, demand_proofs=case.demand_proofs)

    assert report.outcome is Outcome.FAILED, str(report)
    assert finds(report, case), "\n".join(report.lines())
    assert ordinary_tools(container, anchors, bench.folder) == case.tools.split()
    assert seen["outcome"] == "failed"
    assert told(seen["findings"]) == told(report.as_json()["findings"])  # type: ignore[arg-type]
    assert any(case.words in it["text"] for it in seen["findings"])


def test_where_ordinary_tools_see_nothing_the_table_says_why() -> None:
    assert [case.name for case in TABLE if bool(case.tools) == bool(case.unseen)] == []


def test_the_table_has_what_must_be_shown() -> None:
    assert len(TABLE) >= 40
    assert len({case.name for case in TABLE}) == len(TABLE)
    assert sum(case.by == "station" for case in TABLE) >= 6


def test_the_manual_has_the_table() -> None:
    page = Path(__file__).parents[2] / "docs/reference/refusals.md"

    assert page.read_text("utf-8") == manual(), "python -m tests.archive.refusals " + str(page)
