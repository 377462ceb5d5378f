import pytest

from archive.report_facts import ReportFacts, paper_of


@pytest.mark.parametrize(
    ("known", "paper"),
    [
        ({}, "letter"),
        ({"report": {"paper": "a4"}}, "a4"),
        ({"report": {"paper": "letter"}}, "letter"),
        ({"report": {"paper": "a0"}}, "letter"),
        ({"report": {"paper": ["a4"]}}, "letter"),
        ({"report": "a4"}, "letter"),
    ],
)
def test_the_paper_is_letter_unless_the_order_says_a4(known, paper: str) -> None:
    assert paper_of(known) == paper


@pytest.mark.parametrize(
    ("rows", "acts"),
    [
        ([{"act": "ordered"}, {"corrects": 3}, "odd"], [{"act": "ordered"}]),
        (None, []),
        ("none", []),
    ],
)
def test_acts_on_bundles_are_custody_and_corrections_are_not(rows, acts) -> None:
    facts = ReportFacts(
        form=None,  # type: ignore[arg-type]
        fingerprints=(),
        transmitters=(),
        lines=(),
        documents=0,
        segments=0,
        known={"custody": rows},
    )

    assert facts.custody == acts
