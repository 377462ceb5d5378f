from archive.report_incidents import incident_pages, incident_rows, touching
from archive.report_pages import Layout
from tests.archive.report_making import at, facts, said, summary

ALARM = {"class": "alarm", "code": "1130", "name": "Burglary", "zone": "003"}
GAP = {"kind": "receiver_link", "listener": "tcp1", "from": at(2, 14), "to": at(2, 16)}


def pages(records, **more) -> str:
    layout = Layout()
    incident_pages(layout, facts(**more), summary(records))
    return said(layout)


def test_an_incident_has_what_was_recorded_around_it() -> None:
    text = pages(
        [
            {"class": "closing", "rx": at(1)},
            {**ALARM, "rx": at(2)},
            {"type": "action", "origin": "human", "kind": "called", "t": at(2, 15, 3)},
            {"class": "opening", "rx": at(2, 20)},
        ]
    )

    assert "Incident 1: Burglary, z 003, 2026-03-02 10:00:00 -05:00 EST" in text
    assert "alarm, record 2" in text
    assert "1 alarm, duress or medical signals" in text
    assert "mixed that day" in text
    assert "no gap, outage or clock step is recorded for this span" in text
    assert "+3:00 3 action Called human" in text


def test_lines_and_clocks_that_were_out_of_order_are_named() -> None:
    text = pages([{**ALARM, "rx": at(2)}], lines=[GAP, {**GAP, "from": at(9), "to": None}])

    assert "the line to a receiver was down, tcp1, from 2026-03-02 09:00:00 -05:00 EST to" in text
    assert "still open" not in text


def test_many_outages_are_counted() -> None:
    text = pages([{**ALARM, "rx": at(2)}], lines=[{**GAP, "kind": "", "to": None}] * 10)

    assert "gap, tcp1, from 2026-03-02 09:00:00 -05:00 EST to still open" in text
    assert "2 more in data/line-status.csv" in text


def test_records_beyond_the_rows_of_an_incident_are_counted() -> None:
    text = pages([{**ALARM, "rx": at(2)}, *[{"class": "status", "rx": at(2)}] * 70])

    assert "11 more records of this span are in data/records, from record 60 on." in text


def test_that_there_was_more_before_an_incident_is_said() -> None:
    before = [{"class": "status", "rx": at(2)}]

    assert "before record 2 are in data/records." in pages([*before * 13, {**ALARM, "rx": at(2)}])
    assert "before record" not in pages([*before * 12, {**ALARM, "rx": at(2)}])


def test_incidents_without_a_page_are_counted() -> None:
    records = [{**ALARM, "rx": at(day, hour)} for day in range(1, 7) for hour in range(0, 24, 2)]

    assert "12 further incidents have no page of their own" in pages(records)


def test_a_history_without_an_incident_says_so() -> None:
    assert "There is no alarm, duress or medical signal in this history." in pages([{"t": at(1)}])


def test_an_incident_without_a_time_or_a_name_is_shown() -> None:
    text = pages([{"class": "duress"}])

    assert "Incident 1: " in text
    assert "unknown that day" in text


def test_a_span_is_touched_by_what_overlaps_it() -> None:
    rows = [GAP, {"from": at(9), "to": at(8)}, {"from": at(1)}, {"from": at(20)}, {}]

    assert touching(rows, at(2, 15), at(2, 17)) == [GAP, {"from": at(1)}, {}]
    assert touching(rows, at(8, 12), at(8, 18)) == [rows[1], rows[2], {}]


def test_every_incident_signal_of_a_long_history_has_a_row(monkeypatch) -> None:
    monkeypatch.setattr("archive.summary.ROWS", 2)
    monkeypatch.setattr("archive.report_incidents.ROWS", 2)
    layout = Layout()
    incident_rows(layout, summary([{**ALARM, "rx": at(2)}] * 5))

    assert "3 more are in data/records." in said(layout)


def test_a_long_history_without_an_incident_says_so() -> None:
    layout = Layout()
    incident_rows(layout, summary([]))

    assert "There is none in this history." in said(layout)
