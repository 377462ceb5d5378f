import io
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from pypdf import PdfReader


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
    assert all(f"\n{seq}\n" in text for seq in range(1, 121))


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

    assert len(fonts) == 2
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
    monkeypatch.setattr("archive.report.ROWS", 3)

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
