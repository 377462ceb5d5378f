"""From what is wanted and what there is to what has to be done."""

import itertools
from datetime import UTC, date, datetime

import pytest

from stationd.accounts.model import Account, Contract, Customer, Link, Site, Transmitter
from stationd.errors import CheckFailedError
from stationd.imports.books import Books
from stationd.imports.model import Place
from stationd.imports.plan import Means, make_plan
from stationd.imports.wanted import Line, gather
from stationd.sealing import Sealer, new_sealing_key

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
ROW = {"account": "1", "customer": "Adler", "address": "12 Main", "zone": "America/Denver"}
PANEL = {"number": "01A4", "key": bytes(16), "window_back": 60, "switches": ("x",)}


@pytest.fixture
def means():
    sealer = Sealer(new_sealing_key())
    numbers = itertools.count()

    def make(**defaults):
        return Means(
            now=NOW,
            identifier=lambda: f"id-{next(numbers)}",
            sealer=lambda: sealer,
            defaults=defaults,
        )

    return make


def plan(means, *rows, books=None, bad=()):
    lines = [
        Line(Place("a.csv", number), row, frozenset(bad))
        for number, row in enumerate(rows, start=2)
    ]
    return make_plan(gather(lines), Books() if books is None else books, means)


def faults(made):
    return [str(fault) for fault in made.faults]


def test_what_is_new_stands_in_the_order_of_what_belongs_to_what(means):
    made = plan(means(), {**ROW, **PANEL})
    assert [type(one) for one in made.new] == [
        Customer,
        Site,
        Contract,
        Account,
        Transmitter,
        Link,
    ]
    assert (made.changed, made.faults) == ([], [])


def test_the_contract_has_the_accounts_number_where_none_is_given(means):
    (contract,) = (one for one in plan(means(), ROW).new if isinstance(one, Contract))
    assert (contract.number, contract.notice_days, contract.cure_days) == ("1", 30, None)


def test_defaults_count_where_no_cell_says_it(means):
    given = means(zone="UTC", cure_days=5, notice_days=0, tier="basic", window_ahead=9)
    made = plan(given, {**ROW, **PANEL})
    _, site, contract, _, panel, _ = made.new
    assert site.zone == "America/Denver"
    assert (contract.cure_days, contract.notice_days) == (5, 0)
    assert contract.terms == {"tier": "basic"}
    assert (panel.window_back, panel.window_ahead) == (60, 9)


def test_a_plan_made_again_changes_nothing(means):
    books, given = Books(), means()
    plan(given, {**ROW, **PANEL}, books=books)
    again = plan(given, {**ROW, **PANEL}, books=books)
    assert (again.new, again.changed, again.faults) == ([], [], [])


def test_a_day_begins_at_midnight_of_the_site(means):
    row = {**ROW, **PANEL, "from": date(2026, 3, 8), "until": date(2026, 3, 9)}
    link = plan(means(), row).new[-1]
    assert link.valid_from == datetime(2026, 3, 8, 7, tzinfo=UTC)
    assert link.valid_to == datetime(2026, 3, 9, 6, tzinfo=UTC)


def test_without_a_day_a_number_is_theirs_from_now_on(means):
    assert plan(means(), {**ROW, **PANEL}).new[-1].valid_from == NOW
    since = means(**{"from": date(2026, 1, 1)})
    assert plan(since, {**ROW, **PANEL}).new[-1].valid_from < NOW


def test_what_hangs_on_a_fault_is_passed_over_in_silence(means):
    made = plan(means(), {"account": "1", "customer": "Adler", "address": "X", **PANEL})
    assert faults(made) == ["a.csv:2: a new site needs zone"]


def test_what_is_broken_is_told_by_whoever_read_it(means):
    made = plan(means(), {**ROW, **PANEL}, bad=["phone"])
    assert made.faults == []
    assert [type(one) for one in made.new] == [Transmitter]


def test_one_address_described_twice_is_told(means):
    books = Books()
    plan(means(), ROW, {**ROW, "account": "2"}, books=books)
    moved = {**ROW, "address": "13 Main"}
    made = plan(means(), moved, {**ROW, "account": "2"}, books=books)
    assert faults(made) == ["a.csv:3: this is the site of a.csv:2, but described otherwise there"]


def test_keys_under_another_seal_stop_the_plan(means):
    books = Books()
    plan(means(), {**ROW, **PANEL}, books=books)
    other = Sealer(new_sealing_key())
    strange = Means(now=NOW, identifier=str, sealer=lambda: other)
    with pytest.raises(CheckFailedError, match="another key"):
        plan(strange, {**ROW, **PANEL}, books=books)
