"""Each stamp on a seal is judged on its own."""

from dataclasses import replace
from pathlib import Path

import pytest

from archive.findings import Outcome, Report
from archive.stamp_check import stamp_names
from archive.verify import examine
from tests.archive.spoils import (
    CONTAINER,
    SECOND,
    SIGNATURES,
    STAMP,
    Workbench,
    in_twice,
    stamped_twice,
)


@pytest.fixture
def bench(proved_once, station, other_station, logbook, tmp_path: Path) -> Workbench:
    return Workbench(proved_once.container, station, other_station, lambda: logbook, tmp_path)


@pytest.fixture
def container(bench: Workbench) -> Path:
    path = bench.folder / CONTAINER
    path.write_bytes(in_twice()(bench))
    return path


def unsure(report: Report) -> list[str]:
    return [it for it in report.not_checked if "not among those given" in it]


def test_replies_are_found_in_their_order() -> None:
    names = [f"tagmanifest-sha256.txt.{it}tsr" for it in ("10.", "2.", "", "1.", "02.", "x.")]
    assert stamp_names(names) == [STAMP, SECOND, "tagmanifest-sha256.txt.10.tsr"]


def test_both_are_named_and_the_earliest_counts(container: Path, bench: Workbench) -> None:
    report = examine(container, stamped_twice(bench).anchors)
    assert report.outcome is Outcome.PASSED
    assert unsure(report) == []
    assert report.sealed_at == f"{bench.station.authority.now:%Y-%m-%dT%H:%M:%SZ}"


def test_the_stamps_of_an_authority_that_was_not_given_are_not_judged(
    container: Path, bench: Workbench
) -> None:
    report = examine(container, bench.station.anchors)
    assert report.outcome is Outcome.PASSED
    (said,) = unsure(report)
    assert "Second time-stamp authority" in said


def test_where_only_the_second_is_given_the_seal_holds_by_its_stamps(
    container: Path, bench: Workbench
) -> None:
    second = stamped_twice(bench).authority.authorities[1]
    report = examine(container, replace(bench.station.anchors, tsa_pem=second.trust_pem))
    assert [it.outcome for it in report.findings if it.step == "timestamp"] == [Outcome.PASSED]
    assert report.sealed_at == f"{second.now:%Y-%m-%dT%H:%M:%SZ}"
    # The points have one stamp each, and it is the first's.
    assert {it.step for it in report.findings if it.outcome is Outcome.FAILED} == {"proofs"}


def test_where_neither_is_given_no_part_is_stamped(container: Path, bench: Workbench) -> None:
    stranger = bench.other.authority.trust_pem
    report = examine(container, replace(bench.station.anchors, tsa_pem=stranger))
    failed = {it.subject for it in report.findings if it.step == "timestamp"}
    assert {STAMP, SECOND, SIGNATURES} <= failed
