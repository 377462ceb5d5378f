from archive.examination import Examination
from archive.findings import Outcome, Report
from archive.opened import Opened


def examination(station) -> Examination:
    return Examination(Opened(), station.anchors, Report(bundle="x.asice"), map)


def test_what_is_found_goes_into_the_report(station) -> None:
    work = examination(station)

    work.failed("bag", "a.txt", "is missing")
    work.undecided("digests", "b.txt", "cannot be read")

    assert [(it.step, it.outcome, it.subject) for it in work.report.findings] == [
        ("bag", Outcome.FAILED, "a.txt"),
        ("digests", Outcome.UNDECIDED, "b.txt"),
    ]


def test_a_file_that_is_away_has_no_value_and_no_finding(station) -> None:
    work = examination(station)

    assert work.json("bag", "data/index.json") is None
    assert work.report.findings == []
