"""From rows to what is wanted."""

import pytest

from stationd.imports.model import Place
from stationd.imports.wanted import Line, gather

SITE = {"customer": "Adler", "address": "12 Main", "zone": "UTC"}


def lines(*rows):
    return [Line(Place("a.csv", number), row) for number, row in enumerate(rows, start=2)]


def keys(gathered, entity):
    return [wanted.key for wanted in gathered.of(entity)]


def test_one_row_speaks_of_everything():
    row = {**SITE, "account": "1", "number": "01A4", "key": bytes(16), "areas": ("1",)}
    gathered = gather(lines(row))
    assert gathered.faults == []
    assert keys(gathered, "customer") == [("name", "Adler")]
    assert keys(gathered, "site") == [("at", "name", "Adler", "", "12 Main")]
    assert keys(gathered, "contract") == [("1",)]
    assert keys(gathered, "transmitter") == [("main", "01A4")]
    (link,) = gathered.of("link")
    assert link.values == {"areas": ("1",)}
    assert link.parent.values == {"number": "01A4", "key": bytes(16)}
    (account,) = gathered.of("account")
    assert account.parent.parent.parent.key == ("name", "Adler")


def test_rows_of_several_files_come_together():
    gathered = gather(
        lines(
            {"customer_no": "C1", "customer": "Adler"},
            {"site_no": "S1", "customer_no": "C1", "address": "12 Main"},
            {"account": "1", "contract": "K1", "site_no": "S1"},
            {"account": "1", "group": "lines", "number": "0042"},
        )
    )
    assert gathered.faults == []
    (account,) = gathered.of("account")
    assert account.parent.key == ("K1",)
    assert account.parent.parent.parent.values == {"customer_no": "C1", "customer": "Adler"}
    assert keys(gathered, "link") == [("lines", "0042", "1")]


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({}, "no cell of a known field"),
        ({"group": "main"}, "no cell of a known field"),
        ({"key": bytes(16), "account": "1"}, "needs its number"),
        ({"number": "1"}, "needs its account"),
        ({"tier": "tm"}, "contract needs contract or account"),
        ({"systems": ("fire",)}, "account needs account"),
        ({"phone": "1"}, "customer needs customer_no or customer"),
        ({"address": "12 Main", "customer": "A"}, "site needs site_no or account or contract"),
    ],
    ids=str,
)
def test_a_row_that_does_not_say_what_it_speaks_of_is_a_fault(row, words):
    gathered = gather(lines(row))
    assert [words in fault.text for fault in gathered.faults] == [True]
    assert gathered.rows == []


def test_two_lines_must_agree_and_the_value_is_not_told():
    rows = [{"account": "1", "number": "A", "key": bytes([n]) * 16} for n in (1, 1, 2)]
    (fault,) = gather(lines(*rows)).faults
    assert str(fault) == "a.csv:4: key of this transmitter is not what a.csv:2 says"


def test_a_thing_belongs_to_one_other():
    rows = [{**SITE, "account": "1"}, {**SITE, "customer": "Berg", "account": "1"}]
    (fault,) = gather(lines(*rows)).faults
    assert fault.text == "this contract has another site here than on a.csv:2"


def test_what_a_bad_cell_spoils_is_broken_and_the_rest_is_not():
    row = Line(Place("a.csv", 2), {**SITE, "account": "1"}, frozenset({"notice_days"}))
    gathered = gather([row])
    assert [wanted.broken for wanted in gathered.of("contract")] == [True]
    assert [wanted.broken for wanted in gathered.of("site")] == [False]


def test_a_row_whose_key_cannot_be_read_is_passed_over():
    row = Line(Place("a.csv", 2), SITE, frozenset({"account"}))
    gathered = gather([row])
    assert (gathered.rows, gathered.faults) == ([], [])


def test_a_site_without_its_customer_is_that_of_the_account():
    gathered = gather(lines({"account": "1", "zone": "UTC"}))
    assert keys(gathered, "site") == [("of", "1")]
    assert keys(gathered, "contract") == [("1",)]
