from archive.redaction import Censor
from archive.report_pages import Layout
from archive.report_redaction import (
    not_counted,
    title,
    warning,
    withheld_in_short,
)
from archive.report_redaction import redaction as withheld_section
from tests.archive.redacting import SPAN, redaction
from tests.archive.report_making import at, facts, said, summary


def copy_of(runs=((2, 3, "health"), (5, 5, "third_party,network")), **more):
    censor = Censor(redaction(**more))
    censor.runs = list(runs)
    return facts(censor=censor)


def counted(withheld: int):
    made = summary([{"t": at(1)}, {"t": at(2)}])
    for _ in range(withheld):
        made.withhold()
    return made


def test_a_whole_bundle_says_nothing_of_redaction() -> None:
    layout = Layout()

    warning(layout, facts(), counted(0))
    withheld_section(layout, facts())

    assert said(layout) == ""
    assert title(facts()) == "Alarm history"
    assert "no record" in withheld_in_short(facts(), counted(0))


def test_the_cover_of_a_copy_says_what_it_is() -> None:
    layout = Layout()

    warning(layout, copy_of(profile="incident", span=SPAN), counted(3))

    words = said(layout)
    assert "This is a redacted copy" in words
    assert "3 of 5 records are withheld" in words
    assert "Reason given for this copy: claim 17" in words
    assert "2026-01-01 19:05:00" in words
    assert title(copy_of()) == "Redacted copy of an alarm history"


def test_the_section_lists_every_run_and_its_reason_in_words() -> None:
    layout, one = Layout(), copy_of()
    one.censor.masks["customer: contact"] = 2
    one.censor.documents[b"d"] = "outside"

    withheld_section(layout, one)

    words = said(layout)
    assert "health: a medical signal" in words
    assert "third_party: may concern another account; network: a network address" in words
    assert "contact: names, addresses" in words
    assert "document" in words
    assert "3 of 5 records, 1 documents they name, and facts of 1 kinds" in withheld_in_short(
        one, counted(3)
    )


def test_runs_beyond_a_limit_are_counted() -> None:
    layout = Layout()

    withheld_section(layout, copy_of([(2 * n, 2 * n, "health") for n in range(1, 303)]))

    assert "2 more runs are in data/index.json" in said(layout)


def test_a_copy_may_withhold_no_record_at_all() -> None:
    layout = Layout()

    withheld_section(layout, copy_of([]))

    assert "No record is withheld" in said(layout)
    assert not not_counted(layout, counted(0), "Month by month")


def test_nothing_is_drawn_of_a_part_that_could_be_taken_for_the_whole() -> None:
    layout = Layout()

    assert not_counted(layout, counted(3), "Month by month")
    assert "3 records are withheld, and what would be counted" in said(layout)
