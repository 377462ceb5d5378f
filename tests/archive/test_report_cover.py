from archive.report_cover import count_rows, cover, day_tables, summary_tables, told_date
from archive.report_pages import Layout
from tests.archive.report_making import at, facts, form, said, summary

RECORDS = [
    {"class": "alarm", "rx": at(1)},
    {"class": "medical", "rx": at(2)},
    {"type": "action", "origin": "human", "t": at(3)},
]


def test_the_cover_is_one_page_that_says_what_this_is() -> None:
    layout = Layout()
    cover(layout, facts(lines=[{}, {}]), summary(RECORDS))

    text = said(layout)
    assert layout.pages == 1
    assert "This is the record of every signal and every act" in text
    assert "from 1 March 2026 to 3 March 2026" in text
    assert (
        "3 records in all 2 alarm, duress and medical signals 3 days with a record 2 gaps" in text
    )
    assert "1 records of what people entered" in text
    assert "How to read this, and how to check it" in text
    assert "Withheld no record; of documents, those that are internal or privileged" in text
    assert "ab" * 32 in text
    assert "AA:BB" in text


def test_names_of_any_length_do_not_spoil_the_cover() -> None:
    layout = Layout("a4")
    cover(layout, facts(form=form(customer="Ł" * 200, site="東 " * 100)), summary(RECORDS))

    assert layout.pages <= 3
    assert said(layout).replace(" ", "").count("Ł") == 200


def test_a_cover_of_nothing_has_no_dates() -> None:
    layout = Layout()
    cover(layout, facts(form=form(site="")), summary([]))

    assert "from an unknown day to an unknown day" in said(layout)


def test_totals_stand_by_month_and_class() -> None:
    layout = Layout()
    summary_tables(layout, summary([*RECORDS, {"class": "test", "t": at(4), "marks": ["poll"]}]))

    text = said(layout)
    assert "2026-03 1 1 1 1 4 all 1 1 1 1 4" in text
    assert "Handling marks: poll 1." in text


def test_totals_without_a_mark_name_none() -> None:
    layout = Layout()
    summary_tables(layout, summary(RECORDS))

    assert "Handling marks" not in said(layout)


def test_days_stand_in_order_and_name_the_files() -> None:
    layout = Layout()
    day_tables(layout, facts(segments=3), summary([*reversed(RECORDS), {"class": ""}]))

    text = said(layout)
    assert "(3 in all)" in text
    assert text.index("no date") < text.index("2026-03-01") < text.index("2026-03-03")


def test_a_row_counts_what_has_no_column_as_other() -> None:
    assert count_rows({"2026-03": {"alarm": 2, "test": 3}}, ["alarm"]) == [
        (["2026-03", "2", "3", "5"], False)
    ]


def test_a_day_is_told_in_the_sites_time() -> None:
    assert told_date("2026-03-01T03:00:00.000000Z", summary([])) == "28 February 2026"
