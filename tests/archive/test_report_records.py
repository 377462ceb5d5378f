import pytest

from archive.report_pages import TINT, Layout
from archive.report_records import event, legend, place, record_table, window_table
from tests.archive.report_making import NEW_YORK, at, said, summary


def rows_of(*records: dict[str, object]) -> str:
    layout = Layout()
    made = summary(records)
    record_table(layout, made.rows, made)
    return said(layout)


def test_a_signal_has_its_class_code_words_place_and_frame() -> None:
    text = rows_of(
        {"class": "alarm", "code": "1130", "name": "Burglary", "zone": "003", "area": "01"}
        | {"rx": at(1), "rcv": "1/1", "frame": "616263", "vendor": "acme", "table": "t-1"}
    )

    assert "2026-03-01 10:00:00 -05:00 EST alarm 1130 Burglary; vendor acme z 003 a 01 1/1" in text
    assert "machine ba7816bf8f01" in text
    assert "t-1" not in text


def test_what_is_missing_is_left_empty() -> None:
    text = rows_of({"t": at(1), "listener": "tcp1", "origin": None, "frame": "odd"})

    assert text.endswith("1 2026-03-01 10:00:00 -05:00 EST signal tcp1 no origin")


def test_marks_and_corrections_stand_beside_the_origin() -> None:
    made = summary(
        [
            {"t": at(1), "class": "test", "marks": ["on_test", "repeat"]},
            {"type": "correction", "corrects": 1, "before": {"class": "test"}, "class": "alarm"},
            {"type": "correction", "text": "the zone was 3", "corrects": 9},
        ]
    )
    layout = Layout()
    record_table(layout, made.rows, made)

    text = said(layout)
    assert "machine, on_test," in text
    assert "corrected by record 2" in text
    assert "record 1 means: class alarm. It said: class test" in text
    assert "the zone was 3; corrects 9" in text


@pytest.mark.parametrize(
    ("origin", "tinted"), [("machine", 0), ("human", 1), ("import", 1), ("", 1)]
)
def test_what_no_machine_sent_is_on_a_tinted_row(origin: str, tinted: int) -> None:
    layout = Layout()
    made = summary([{"type": "action", "kind": "called", "origin": origin, "t": at(1)}])
    record_table(layout, made.rows, made)

    tint = " ".join(f"{part:.2f}".rstrip("0").rstrip(".") for part in TINT)
    assert sum(f"{tint} rg" in mark.code for mark in layout._marks) == tinted
    assert (origin or "no origin") in said(layout)


def test_rows_around_an_incident_count_from_its_first_signal() -> None:
    made = summary(
        [
            {"rx": at(1, 15, 1), "class": "status", "code": "1570"},
            {"rx": at(1, 15, 2), "class": "alarm", "code": "1130", "name": "Burglary"},
            {
                "t": at(1, 15, 4),
                "type": "action",
                "origin": "human",
                "kind": "called",
                "by": "anna",
            },
            {"t": "never", "type": "action", "kind": "noted"},
        ]
    )
    layout = Layout()
    window_table(layout, made.rows, at(1, 15, 2), made)

    text = said(layout)
    assert "-1:00 1 status 1570 machine" in text
    assert "+0:00 2 alarm Burglary (1130) machine" in text
    assert "+2:00 3 action Called; by anna human" in text
    assert "never 4 action Noted machine" in text


def test_a_long_text_is_cut() -> None:
    assert event({"text": "x" * 500}, NEW_YORK).endswith("x ...")
    assert place({"user": 4}, NEW_YORK) == "u 4"


def test_the_legend_says_what_a_tint_means() -> None:
    layout = Layout()
    legend(layout)

    assert "human, on a tinted row" in said(layout)
