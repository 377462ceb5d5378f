import io
import json
import subprocess
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from archive.report import alarm_history_pdf
from tests.archive.report_making import at, facts, form, summary


def text_of(path: Path) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(path.read_bytes())).pages)


@pytest.fixture(scope="module")
def short(station, short_history, tmp_path_factory) -> Path:
    source = station.source(lambda: short_history(120))
    built = station.bag(source, tmp_path_factory.mktemp("short"))
    return built.folder / "alarm-history.pdf"


@pytest.fixture(scope="module")
def long(station, short_history, tmp_path_factory) -> Path:
    source = station.source(lambda: short_history(2100))
    built = station.bag(source, tmp_path_factory.mktemp("long"))
    return built.folder / "alarm-history.pdf"


def test_every_record_of_a_short_history_is_there(short: Path) -> None:
    text = text_of(short)

    assert "Records 1 to 120" in text
    words = text[text.index("Records 1 to 120", text.index("Contents") + 400) :].split()
    assert {str(seq) for seq in range(1, 121)} <= set(words)


def test_who_what_and_until_when_stand_on_the_cover(short: Path) -> None:
    cover = PdfReader(short).pages[0].extract_text()

    for words in ("Alarm history", "4821", "Łukasz & Söhne", "Corner shop", "C-77", "closing"):
        assert words in cover
    assert "America/New_York" in cover


def test_each_page_has_its_number_of_all_and_the_content_id(short: Path) -> None:
    pages = PdfReader(short).pages
    manifest = (short.parent / "README.txt").read_text().split("Content id: ")[1][:64]

    for number, page in enumerate(pages, start=1):
        text = page.extract_text()
        assert f"page {number} of {len(pages)}" in text
        assert f"content id {manifest}" in text


def test_times_are_the_sites_with_offset_and_zone(short: Path) -> None:
    assert "2026-01-01 19:02:00 -05:00 EST" in text_of(short)


def test_signs_the_font_has_not_are_shown_as_code_points(short: Path) -> None:
    text = text_of(short).replace("\n", "")

    assert "\\u{6771}\\u{4eac}" in text
    assert "\\u{7}" in text
    assert "\x07" not in text


def test_what_people_entered_is_marked(short: Path) -> None:
    text = text_of(short)

    assert "human" in text
    assert "Notice; by clerk; document" in text


def test_a_long_history_has_its_alarms_and_a_row_a_day(long: Path) -> None:
    text = text_of(long)

    assert "Alarms, duress and medical signals" in text
    assert "Day by day" in text
    assert "data/records/seg-000001.csv" in text
    assert "Records 1 to" not in text


def test_fonts_are_embedded_and_the_page_is_letter(short: Path) -> None:
    fonts = subprocess.run(
        ["pdffonts", str(short)], capture_output=True, text=True, check=True
    ).stdout.splitlines()[2:]

    assert len(fonts) >= 2
    assert all("SourceSansPro" in line for line in fonts)
    assert all("TrueType" in line and " yes yes yes " in line for line in fonts)
    box = PdfReader(short).pages[0].mediabox
    assert (float(box.width), float(box.height)) == (612, 792)


def test_gaps_corrections_and_long_details_are_shown(station, tmp_path, short_history) -> None:
    def records():
        for raw in short_history(20):
            if b'"seq":10,' in raw:
                fields = b'"type":"correction","corrects":4,"by":"clerk","why":{"a":["%s"]}' % (
                    b"word " * 200
                )
                yield b'{"acct":"4821","epoch":1,"seq":10,"origin":"human",%s}' % fields
            else:
                yield raw

    source = station.source(records)
    gaps = [
        {"from": f"2026-01-02T05:{n // 60:02}:{n % 60:02}.000000Z", "cause": "host_down"}
        for n in range(510)
    ]
    source = replace(source, facts={**source.facts, "gaps": gaps})

    built = station.bag(source, tmp_path)
    text = text_of(built.folder / "alarm-history.pdf").replace("\n", " ")

    assert "Corrections" in text
    assert "word ..." in text or "wo ..." in text
    assert "host_down" in text
    assert "still open" in text
    assert "11 more are in data/line-status.csv" in text


def test_a_history_without_alarms_says_so(station, tmp_path, short_history, monkeypatch) -> None:
    monkeypatch.setattr("archive.summary.ROWS", 4)
    source = station.source(lambda: (r for r in short_history(6) if b'"seq":6' not in r))
    source = replace(source, facts={})

    built = station.bag(replace(source, size=5), tmp_path)

    text = text_of(built.folder / "alarm-history.pdf")
    assert "None is recorded" in text
    assert "There is none in this history" in text


def test_more_alarms_than_fit_are_counted(station, tmp_path, short_history, monkeypatch) -> None:
    monkeypatch.setattr("archive.summary.ROWS", 3)
    monkeypatch.setattr("archive.report_incidents.ROWS", 3)

    built = station.bag(station.source(lambda: short_history(40)), tmp_path)

    text = text_of(built.folder / "alarm-history.pdf")
    assert "3 more are in data/records" in text


def test_a_step_of_a_case_is_a_sentence_and_no_dump(station, tmp_path, short_history) -> None:
    def records():
        for raw in short_history(20):
            if b'"seq":10,' in raw:
                step = b'"kind":"step","row":"T2","from":"opened","to":"verifying","event":"start"'
                more = b'"by":"morgan","guards":"%s","type":"case"' % (b"ab" * 32)
                yield b'{"acct":"4821","epoch":1,"seq":10,"origin":"human",%s,%s}' % (step, more)
            else:
                yield raw

    built = station.bag(station.source(records), tmp_path)
    text = text_of(built.folder / "alarm-history.pdf").replace("\n", " ")

    assert "Step T2: from opened to verifying; by morgan; event start" in text
    assert "ab" * 32 not in text


def test_a_correction_stands_beside_what_it_corrects(station, tmp_path, short_history) -> None:
    def records():
        for raw in short_history(20):
            if b'"seq":10,' in raw:
                yield (
                    b'{"acct":"4821","before":{"class":"alarm"},"class":"medical","corrects":4,'
                    b'"epoch":1,"origin":"machine","seq":10,"type":"correction"}'
                )
            else:
                yield raw

    source = station.source(records)
    late = {"seq": 3, "t": "2026-01-03T05:00:00.000000Z", "corrects": 5, "before": {"code": "BA"}}
    custody = [{**late, "epoch": 1, "code": "FA"}, {**late, "epoch": 2, "code": "ZZ"}]
    source = replace(source, facts={**source.facts, "custody": custody})

    built = station.bag(source, tmp_path)
    text = " ".join(text_of(built.folder / "alarm-history.pdf").split())

    assert "corrected by record 10" in text
    assert text.count("record 4 means: class medical. It said: class alarm") == 2
    assert "Record 3 of the station's chain" in text
    assert "record 5 means: code FA. It said: code BA" in text
    assert "ZZ" not in text


def printed(target: Path, made, **more: Any) -> str:
    alarm_history_pdf(target, facts(**more), made)
    return text_of(target)


def test_every_section_is_in_the_contents_and_the_bookmarks(short: Path) -> None:
    reader = PdfReader(short)
    titles = [it.title for it in reader.outline if not isinstance(it, list)]

    assert titles == [
        "Contents",
        "Summary by month and class",
        "Month by month",
        "Did it work? The functioning report",
        "Incidents, minute by minute",
        "Records 1 to 120",
        "Gaps and outages",
        "Corrections",
        "Chain of custody",
        "Codes and words used",
        "What is not here, and why",
        "How to check this",
    ]
    words = " ".join(reader.pages[1].extract_text().split())
    assert all(title in words for title in titles)


def test_contents_name_what_a_long_history_has_instead_of_its_records(long: Path) -> None:
    page = " ".join(PdfReader(long).pages[1].extract_text().split())
    contents = page[page.index("Contents") : page.index("Summary by month and class month")]

    assert "Alarms, duress and medical signals" in contents
    assert "Day by day" in contents
    assert "Records 1 to" not in contents


@pytest.mark.parametrize("history", ["short", "long"])
def test_contents_have_the_room_they_need(history: str, request) -> None:
    page = PdfReader(request.getfixturevalue(history)).pages[1]
    heights: dict[str, float] = {}

    def note(text: str, _cm, matrix, _font, _size) -> None:
        heights.setdefault(text.strip(), matrix[5])
        if text.strip() == "Summary by month and class":
            heights["last heading"] = matrix[5]

    page.extract_text(visitor_text=note)

    assert heights["How to check this"] - heights["last heading"] > 20


def test_the_document_has_language_title_and_structure(short: Path) -> None:
    catalog = PdfReader(short).trailer["/Root"]

    assert catalog["/Lang"] == "en-US"
    assert catalog["/MarkInfo"]["/Marked"]
    kinds = {kid.get_object()["/S"] for kid in catalog["/StructTreeRoot"]["/K"]["/K"]}
    assert kinds >= {"/H1", "/P", "/L", "/Sect"}


def test_the_paper_is_the_one_frozen_into_the_order(tmp_path) -> None:
    made = summary([{"t": at(1), "class": "test"}])
    printed(tmp_path / "a4.pdf", made, known={"report": {"paper": "a4"}})

    box = PdfReader(tmp_path / "a4.pdf").pages[0].mediabox
    assert (int(box.width), int(box.height)) == (595, 841)


def test_a_history_without_a_date_is_printed(tmp_path) -> None:
    text = printed(tmp_path / "x.pdf", summary([{"class": "alarm"}]))

    assert "No record has a date." in text


def test_silence_counts_to_the_close_or_to_the_checkpoint(tmp_path) -> None:
    begun = {"t": at(1), "class": "test"}
    closed = summary([begun, {"type": "close", "t": at(5)}])
    open_still = summary([begun])

    printed(tmp_path / "1.pdf", closed)
    printed(tmp_path / "2.pdf", open_still)

    assert closed.book.silence.end == at(5)
    assert open_still.book.silence.end == form().checkpoint_time


def test_months_that_are_not_drawn_are_counted(tmp_path) -> None:
    records = [
        {"t": f"{year}-{month:02}-02T12:00:00.000000Z", "class": "test"}
        for year in (2023, 2024, 2025)
        for month in range(1, 13)
    ]
    text = " ".join(printed(tmp_path / "x.pdf", summary(records)).split())

    assert "The newest 24 months are drawn; 12 earlier ones are in the tables." in text


# Texts in any script, some of them long; times that step, and what is no time.
_TEXT = st.one_of(
    st.text(max_size=20),
    st.sampled_from(["Ł" * 200, "東京 " * 60, "Ключ", "\x00\u202e", "a" * 200]),
)
_TIME = st.one_of(
    st.datetimes().map(lambda it: f"{it:%Y-%m-%dT%H:%M:%S.%fZ}"),
    st.integers(1, 28).map(at),
    st.sampled_from(["", "never", "0001-01-01T00:00:00.000000Z", "9999-12-31T23:59:59.999999Z"]),
)
_RECORD = st.fixed_dictionaries(
    {"type": st.sampled_from(["signal", "signal", "action", "line", "correction", "case", "odd"])},
    optional={
        "t": _TIME,
        "rx": _TIME,
        "class": st.sampled_from(["alarm", "test", "opening", "closing", "duress", "medical", "x"]),
        "code": _TEXT,
        "name": _TEXT,
        "text": _TEXT,
        "zone": _TEXT,
        "area": st.one_of(_TEXT, st.integers()),
        "origin": st.sampled_from(["human", "import", "", "odd"]),
        "kind": st.sampled_from(["polls", "step", "called"]),
        "count": st.integers(-1, 5),
        "corrects": st.one_of(st.integers(0, 5), _TEXT),
        "before": st.dictionaries(st.sampled_from(["class", "zone"]), _TEXT),
        "marks": st.lists(_TEXT, max_size=3),
        "other": _TEXT,
    },
)
_LINE = st.fixed_dictionaries(
    {}, optional={"kind": _TEXT, "cause": _TEXT, "from": _TIME, "to": st.one_of(_TIME, st.none())}
)


# An example has up to 12 records: these are some hundred of every shape.
@settings(max_examples=24, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(_RECORD, max_size=12), st.lists(_LINE, max_size=4), _TEXT)
def test_any_history_is_printed_the_same_twice(records, lines, customer: str) -> None:
    more = {"lines": lines, "form": form(customer=customer, records=len(records))}
    with tempfile.TemporaryDirectory() as folder:
        one, two = Path(folder, "1.pdf"), Path(folder, "2.pdf")
        pages = alarm_history_pdf(one, facts(**more), summary(records))
        alarm_history_pdf(two, facts(**more), summary(json.loads(json.dumps(records))))

        assert one.read_bytes() == two.read_bytes()
        assert len(PdfReader(one).pages) == pages
