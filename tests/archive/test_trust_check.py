"""What lies in ``trust/`` is compared with what was given."""

from dataclasses import replace
from pathlib import Path

import pytest

from archive.findings import Report
from archive.verify import examine
from tests.archive.spoils import CONTAINER, Workbench, in_twice, stamped_twice


@pytest.fixture
def bench(proved_once, station, other_station, logbook, tmp_path: Path) -> Workbench:
    return Workbench(proved_once.container, station, other_station, lambda: logbook, tmp_path)


def trusted(report: Report) -> list[tuple[str, str]]:
    return [(it.outcome.value, it.subject) for it in report.findings if it.step == "trust"]


def test_trust_agrees_and_says_so(bench: Workbench) -> None:
    report = examine(bench.container, bench.station.anchors)
    assert trusted(report) == [("passed", "trust/")]


def test_one_authority_of_several_is_enough_and_none_is_not(bench: Workbench) -> None:
    container = bench.folder / CONTAINER
    container.write_bytes(in_twice()(bench))
    anchors = bench.station.anchors
    second = stamped_twice(bench).authority.authorities[1].trust_pem
    for pem, outcome in (
        (anchors.tsa_pem, ("passed", "trust/")),
        (second, ("passed", "trust/")),
        (bench.other.authority.trust_pem, ("failed", "trust/tsa.pem")),
    ):
        assert trusted(examine(container, replace(anchors, tsa_pem=pem))) == [outcome]
