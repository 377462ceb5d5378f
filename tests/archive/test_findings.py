import pytest

from archive.findings import Anchors, Outcome, Report


def report_of(*outcomes: Outcome) -> Report:
    report = Report(bundle="b.asice")
    for outcome in outcomes:
        report.add("digests", outcome, "x.txt", "a sentence")
    return report


@pytest.mark.parametrize(
    ("outcomes", "whole"),
    [
        ([], Outcome.UNDECIDED),
        ([Outcome.PASSED], Outcome.PASSED),
        ([Outcome.PASSED, Outcome.UNDECIDED], Outcome.UNDECIDED),
        ([Outcome.UNDECIDED, Outcome.FAILED, Outcome.PASSED], Outcome.FAILED),
    ],
)
def test_the_whole_is_the_worst_of_all(outcomes: list[Outcome], whole: Outcome) -> None:
    assert report_of(*outcomes).outcome is whole


def test_a_step_that_found_something_is_not_concluded() -> None:
    report = report_of(Outcome.FAILED)

    report.conclude("digests", "", "all good")
    report.conclude("trust", "", "all good")

    assert [(it.step, it.outcome) for it in report.findings] == [
        ("digests", Outcome.FAILED),
        ("trust", Outcome.PASSED),
    ]


def test_the_text_names_what_did_not_pass() -> None:
    assert str(report_of(Outcome.FAILED)) == "b.asice failed: x.txt: a sentence"
    assert str(report_of(Outcome.PASSED)) == "b.asice passed: nothing to report"
    assert report_of(Outcome.FAILED, Outcome.PASSED).failed_subjects() == {"x.txt"}


def test_the_lines_end_with_the_outcome() -> None:
    report = report_of(Outcome.PASSED)
    report.add("bag", Outcome.PASSED, "", "no file in particular")
    report.not_checked.append("something")
    report.content_id = "ab"

    assert report.lines() == [
        "passed     digests    x.txt: a sentence",
        "passed     bag        no file in particular",
        "-          not checked: something",
        "content id ab",
        "b.asice: passed",
    ]


def test_anchors_are_read_from_their_files(tmp_path) -> None:
    for name in ("root", "tsa", "log"):
        (tmp_path / name).write_text(name)

    anchors = Anchors.load(tmp_path / "root", tmp_path / "tsa", tmp_path / "log")

    assert anchors == Anchors(b"root", b"tsa", b"log")
    assert Anchors.load(tmp_path / "root", tmp_path / "tsa").log_pub_pem is None


def test_without_a_content_id_no_line_names_one() -> None:
    assert report_of(Outcome.PASSED).lines()[-1] == "b.asice: passed"
    assert len(report_of(Outcome.PASSED).lines()) == 2
