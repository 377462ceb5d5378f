"""The history of a checked bundle, as the page lets one read it."""

from typing import Any

import pytest

from tests.page.verifying import VerifyingPage, eventually

COUNT = "document.getElementById('count').textContent"
ROWS = "[...document.querySelectorAll('#rows .row')].map(it => it.innerText.split('\\n'))"


@pytest.fixture
def history(page: VerifyingPage, proved_once, station) -> VerifyingPage:
    """The history of the whole bundle, just opened."""
    page.tab.size(1280, 900)
    report = page.examine(proved_once.container, station.anchors)
    assert report["outcome"] == "passed"
    page.tab.run(eventually(f"{COUNT}.startsWith('All 40 records')"))
    page.tab.run(eventually("document.querySelectorAll('#rows .row').length > 10"))
    return page


def narrow(page: VerifyingPage, name: str, text: str, count: int) -> list[list[str]]:
    """Fill in a field of the filter; return the rows that are left."""
    page.tab.run(
        f"(() => {{ const it = document.getElementById('{name}'); it.value = '{text}';"
        " it.dispatchEvent(new Event('input')); })()"
    )
    return left(page, count)


def left(page: VerifyingPage, count: int) -> list[list[str]]:
    page.tab.run(eventually(f"{COUNT}.startsWith('{count} of 40 records')"))
    page.tab.run(
        eventually(f"document.querySelectorAll('#rows .row').length === Math.min({count}, 40)")
    )
    rows: list[list[str]] = page.tab.run(ROWS)
    return rows


def test_records_are_listed_in_their_order_at_the_sites_time(history) -> None:
    rows: Any = history.tab.run(ROWS)

    assert rows[0][:3] == ["1", "2026-01-01 19:01:00", "open"]
    assert [row[0] for row in rows] == [str(n) for n in range(1, len(rows) + 1)]
    assert "America/New_York" in history.tab.run(COUNT)


def test_times_can_be_shown_in_utc(history) -> None:
    history.tab.run("document.getElementById('utc').click()")
    history.tab.run(eventually(f"{COUNT}.includes('times of UTC')"))
    history.tab.run(eventually(f"{ROWS}[0]?.[1] === '2026-01-02 00:01:00'"))
    history.tab.run("document.getElementById('utc').click()")


def test_words_of_a_record_find_it(history) -> None:
    rows = narrow(history, "text", "łódź", 1)

    assert rows[0][0] == "6"


def test_a_zone_narrows_the_list_whatever_zeros_it_is_written_with(history) -> None:
    assert {row[-1] for row in narrow(history, "zone", "5", 4)} == {"zone 005"}


def test_a_kind_narrows_the_list(history) -> None:
    history.tab.run(
        "[...document.querySelectorAll('.chip')]"
        ".find(it => it.textContent.startsWith('alarm')).click()"
    )

    assert {row[2] for row in left(history, 6)} == {"alarm"}
    pressed = history.tab.run("document.querySelector('.chip[aria-pressed=true]').textContent")
    assert pressed.startswith("alarm")


def test_days_of_the_site_narrow_the_list(history) -> None:
    assert narrow(history, "from", "2026-01-02", 0) == []
    history.tab.run("document.getElementById('from').value = ''")
    narrow(history, "text", "burglary", 12)


def test_the_timeline_draws_every_record_and_the_gaps(history) -> None:
    history.tab.run(eventually("document.querySelectorAll('#timeline .bar').length > 20"))

    titles = history.tab.run(
        "[...document.querySelectorAll('#timeline .bar title')].map(it => it.textContent)"
    )
    counts = [
        int(part.split()[0])
        for it in titles
        for part in it.split(": ")[1].split(", ")
        if part[0].isdigit()
    ]
    assert sum(counts) == 40
    assert "gap" in history.tab.run("document.getElementById('timeline-words').innerText")


def test_a_press_on_the_timeline_goes_nearer_and_back(history) -> None:
    history.tab.run(
        "[...document.querySelectorAll('#timeline .bar')].find(it => it.querySelector('.kind'))"
        ".dispatchEvent(new MouseEvent('click'))"
    )
    history.tab.run(eventually(f"/^\\d+ of 40/.test({COUNT})"))
    history.tab.run("document.querySelector('#count .link').click()")
    history.tab.run(eventually(f"{COUNT}.startsWith('All 40 records')"))


def test_a_record_is_shown_whole(history) -> None:
    history.tab.run("document.querySelectorAll('#rows .row')[5].click()")

    shown = history.tab.run("document.getElementById('record').innerText")
    history.tab.run("document.getElementById('record').close()")
    assert "Record 6" in shown
    assert '=HYPERLINK("x")' in shown
    assert "salt" in shown


def test_the_keyboard_moves_a_mark_and_opens_the_record(history) -> None:
    press = (
        "document.getElementById('table').dispatchEvent(new KeyboardEvent('keydown', {key: '%s'}))"
    )
    for key in ("ArrowDown", "ArrowDown", "ArrowDown", "ArrowUp", "End", "ArrowUp"):
        history.tab.run(press % key)
    history.tab.run(eventually("document.querySelector('#marked-row .seq')?.textContent === '39'"))
    history.tab.run(press % "Enter")

    title = history.tab.run("document.getElementById('record-title').textContent")
    history.tab.run("document.getElementById('record').close()")
    assert title == "Record 39"


def test_only_rows_in_sight_are_there(history) -> None:
    """The list is as long as its records, and holds no more than what is seen of it."""
    there = history.tab.run("document.querySelectorAll('#rows .row').length")
    height = history.tab.run("document.getElementById('rows').style.height")

    assert there < 40 or history.tab.run("document.getElementById('table').clientHeight") > 40 * 34
    assert height == f"{40 * 34}px"


def test_a_bundle_that_did_not_pass_is_shown_with_a_warning(
    page: VerifyingPage, proved_once, station, tmp_path
) -> None:
    spoilt = tmp_path / "spoilt.asice"
    raw = bytearray(proved_once.container.read_bytes())
    raw[raw.index(b"README.txt") + 40] ^= 1
    spoilt.write_bytes(raw)

    report = page.examine(spoilt, station.anchors)

    assert report["outcome"] == "failed"
    page.tab.run(eventually(f"{COUNT}.startsWith('All 40 records')"))
    assert not page.tab.run("document.getElementById('history-warning').hidden")
