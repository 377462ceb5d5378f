import pytest

from archive.report_limits import checks, codes, corrections, custody, gap_list, limits
from archive.report_pages import Layout
from tests.archive.report_making import NEW_YORK, at, facts, said, summary


def test_a_gap_has_its_cause_and_length() -> None:
    layout = Layout()
    row = {"kind": "daemon_down", "listener": "node n1", "from": at(1, 15), "to": at(1, 17)}
    gap_list(layout, [{**row, "cause": "killed", "detail": "by hand"}], NEW_YORK)

    text = said(layout)
    assert "the recording program was not running node n1" in text
    assert "2 h killed; by hand" in text


def test_gaps_of_another_kind_and_open_ones_are_shown_and_more_are_counted() -> None:
    layout = Layout()
    rows = [{"kind": "eclipse", "node": "n1", "from": at(1)}] * 502
    gap_list(layout, rows, NEW_YORK)

    text = said(layout)
    assert "eclipse n1 2026-03-01 10:00:00 -05:00 EST still open" in text
    assert "2 more are in data/line-status.csv." in text


def test_custody_is_told_act_by_act() -> None:
    layout = Layout()
    act = {"seq": 9, "t": at(1), "act": "link_made", "by": "morgan", "order": "o1"}
    more = {"bundle": "b1", "object": "bundles/x", "sha256": "ab" * 32}
    custody(layout, facts(known={"custody": [act | more] * 302}), NEW_YORK)

    text = said(layout)
    assert "9 2026-03-01 10:00:00 -05:00 EST link made morgan o1 b1 bundles/x" in text
    assert "abababababab..." in text
    assert "2 more are in data/custody/custody.csv." in text


def test_without_acts_custody_says_so() -> None:
    layout = Layout()
    custody(layout, facts(), NEW_YORK)

    assert "No act is recorded." in said(layout)


def test_without_corrections_the_report_says_so() -> None:
    layout = Layout()
    corrections(layout, facts(), summary([{"t": at(1)}]))

    assert "None is recorded." in said(layout)


def test_codes_that_occur_are_told_in_words() -> None:
    layout = Layout()
    records = [
        {"class": "alarm", "code": "1130", "name": "Burglary", "marks": ["repeat"]},
        {"class": "odd", "code": "ZZ"},
        {"class": "status", "code": "OG", "name": "armed", "table": "own:south:1"},
    ]
    codes(layout, facts(table="t-1", dictionary={"1130": "Burglary alarm"}), summary(records))

    text = said(layout)
    assert "1130 Burglary alarm t-1 ZZ not in the table t-1 OG armed own:south:1" in text
    assert "alarm a detector or a person called for help" in text
    assert "repeat the same frame came again on one path" in text


def test_more_codes_than_fit_are_counted_and_none_is_nothing() -> None:
    layout = Layout()
    codes(layout, facts(), summary([{"code": str(number)} for number in range(405)]))
    assert "5 more are in data/dictionary.csv." in said(layout)

    layout = Layout()
    codes(layout, facts(), summary([]))
    assert said(layout) == "Codes and words used"


@pytest.mark.parametrize(
    ("lines", "origin", "words"),
    [
        ([], "machine", "No gap is recorded for this span."),
        ([{}], "machine", "1 are listed under Gaps and outages"),
        ([], "machine", "Nothing was taken over from another system"),
        ([], "import", "1 records were taken over from another system"),
    ],
)
def test_limits_say_what_is_not_here(lines, origin: str, words: str) -> None:
    layout = Layout()
    limits(layout, facts(lines=lines), summary([{"t": at(1), "origin": origin}]))

    text = said(layout)
    assert words in text
    assert "Nothing before 2026-03-01 10:00:00 -05:00 EST" in text
    assert "Nothing after checkpoint 7 of 2026-05-31 20:00:00 -04:00 EDT." in text


def test_the_way_to_check_names_commands_and_fingerprints() -> None:
    layout = Layout()
    checks(layout, facts())

    text = said(layout)
    for words in ("openssl cms -verify", "openssl ts -verify", "AA:BB", "ab" * 32):
        assert words in text
    assert text.count("sha256sum -c --strict") == 2
    assert "verify/ledger.py . LOG.pub.pem TSA.pem" in text
    # sha256sum does not see a file that no list names, nor a verifier the signature in the PDF.
    assert "A file that was added is told by stationd-verify" in text
    assert "a PDF reader checks those" in text
