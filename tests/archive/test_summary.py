from zoneinfo import ZoneInfo

import pytest

from archive.summary import ROWS, Summary, moment, site_time

NEW_YORK = ZoneInfo("America/New_York")


def signal(t: str, **more: object) -> dict[str, object]:
    return {"type": "signal", "origin": "machine", "class": "alarm", "rx": t, "t": t, **more}


def test_days_are_those_of_the_sites_calendar() -> None:
    summary = Summary(NEW_YORK)
    summary.add(signal("2026-01-02T04:59:59.000000Z"))
    summary.add(signal("2026-01-02T05:00:00.000000Z"))

    assert {day: dict(counts) for day, counts in summary.days.items()} == {
        "2026-01-01": {"alarm": 1},
        "2026-01-02": {"alarm": 1},
    }


def test_months_add_up_their_days() -> None:
    summary = Summary(NEW_YORK)
    for day in ("2026-01-10", "2026-01-11", "2026-02-01"):
        summary.add(signal(f"{day}T12:00:00.000000Z"))

    assert {month: sum(counts.values()) for month, counts in summary.months().items()} == {
        "2026-01": 2,
        "2026-02": 1,
    }


def test_every_record_counts_by_type_origin_class_and_mark() -> None:
    summary = Summary(NEW_YORK)
    summary.add(signal("2026-01-10T12:00:00.000000Z", marks=["on_test"], code="1130", name="B"))
    summary.add({"type": "action", "origin": "human", "t": "2026-01-10T12:00:00.000000Z"})
    summary.add({"type": "correction", "origin": "human", "t": "?", "code": 5})

    assert summary.types == {"signal": 1, "action": 1, "correction": 1}
    assert summary.origins == {"machine": 1, "human": 2}
    assert summary.classes == {"alarm": 1}
    assert summary.marks == {"on_test": 1}
    assert summary.codes == {"1130": "B"}
    assert len(summary.corrections) == 1
    assert summary.days[""] == {"correction": 1}


def test_rows_are_kept_up_to_the_limit_and_none_beyond() -> None:
    summary = Summary(NEW_YORK)
    for _ in range(ROWS):
        summary.add(signal("2026-01-10T12:00:00.000000Z"))
    assert len(summary.rows) == ROWS

    summary.add(signal("2026-01-10T12:00:00.000000Z"))

    assert summary.rows == []
    assert len(summary.incidents) == ROWS
    assert summary.incident_count == ROWS + 1


@pytest.mark.parametrize("text", ["", "yesterday", "0001-01-01T00:00:00.000000Z"])
def test_what_is_no_time_has_no_site_time(text: str) -> None:
    assert site_time(text, NEW_YORK) is None


def test_the_moment_of_a_signal_is_when_it_was_received() -> None:
    assert moment({"rx": "a", "t": "b"}) == "a"
    assert moment({"rx": 5, "t": "b"}) == "b"


def test_words_of_an_operators_own_table_stand_apart() -> None:
    summary = Summary(NEW_YORK)
    at = "2026-01-10T12:00:00.000000Z"
    summary.add(signal(at, code="OG", name="open group", table="stationd-codes-1:0"))
    for _ in range(2):
        summary.add(signal(at, code="OG", name="armed", table="own:south:1"))

    assert summary.codes == {"OG": "open group"}
    assert summary.own_codes == {("OG", "own:south:1"): "armed"}


def test_what_is_corrected_is_known_by_the_last_correction() -> None:
    summary = Summary(NEW_YORK)
    for seq in (7, 9):
        summary.add({"type": "correction", "seq": seq, "corrects": 4})
    summary.add({"type": "correction", "seq": 10, "corrects": "4"})

    assert summary.corrected == {4: 9}
    assert len(summary.corrections) == 3
