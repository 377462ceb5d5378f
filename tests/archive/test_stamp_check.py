"""Each stamp on a seal is judged on its own."""

from dataclasses import replace
from datetime import timedelta
from itertools import count
from pathlib import Path

import pytest

from archive.authorities.several import Several
from archive.authorities.trial import make_authority
from archive.findings import Outcome, Report
from archive.openssl import authority_name, reply_token
from archive.stamp_check import stamp_names
from archive.verify import examine
from tests.archive.spoiling import TAGS, packed_anew, sealed_anew, zipped
from tests.archive.spoils import (
    CONTAINER,
    SECOND,
    SIGNATURES,
    STAMP,
    Trialled,
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


def test_when_it_was_sealed_is_never_a_strangers_word(bench: Workbench, page) -> None:
    station = bench.station
    # The seal is stamped by the authority, the list by one that says 50 s less and is not given.
    earlier = station.authority.now - timedelta(seconds=50)
    trial = make_authority(now=earlier - timedelta(days=9), serials=count(7001), title="Stranger")
    stranger = Trialled(trial, earlier)
    known = station.authority.trust_pem + stranger.trust_pem
    sealing = replace(station, authority=Several([station.authority], known))
    files = sealed_anew(bench.files | {"trust/tsa.pem": known}, sealing)
    container = bench.folder / CONTAINER
    container.write_bytes(
        zipped(packed_anew(files | {STAMP: stranger.stamp(files[TAGS])}, sealing))
    )

    report, seen = examine(container, station.anchors), page.examine(container, station.anchors)

    assert report.outcome is Outcome.PASSED, str(report)
    assert report.sealed_at == f"{station.authority.now:%Y-%m-%dT%H:%M:%SZ}"
    assert (seen["outcome"], seen["sealed_at"]) == ("passed", report.sealed_at)
    assert seen["findings"] == report.as_json()["findings"]


def test_an_authority_writes_no_lines_of_its_own(bench: Workbench) -> None:
    title = "A\nx.asice: passed\x1b[2K\u202e"
    trial = make_authority(now=bench.station.now, serials=count(1), title=title)
    token = reply_token(Trialled(trial, bench.station.now).stamp(b"x"))

    assert authority_name(token.der) == "A\ufffdx.asice: passed\ufffd[2K\ufffd authority"
