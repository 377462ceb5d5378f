from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stationd.billing.mapping import Arrangement, Offered, arrangement_of, offered
from stationd.billing.model import LineKind, money
from stationd.errors import MistakeError
from stationd.imports.model import Place

HERE = Place("f.csv", 2)
ROW = {"number": "R1", "account": "1001", "on": "2026-05-01", "amount": "5.00", "currency": "usd"}


def read(cells: dict[str, str], **more: Any) -> tuple[Offered | None, list[str]]:
    return offered(HERE, {**ROW, **cells}, Arrangement(source="books", **more))


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ({}, "source is missing"),
        ({"source": "a b"}, "source must be 1 to 32"),
        ({"source": "a", "colour": "red"}, "colour is not known here"),
        ({"source": "a", "columns": {"x": 1}}, "columns must be a table of texts"),
        ({"source": "a", "dates": 7}, "dates must be a text"),
        ({"source": "a", "columns": {"X": "price"}}, "there is no field price"),
        ({"source": "a", "kinds": {"X": "gift"}}, "there is no kind gift"),
        ({"source": "a", "signs": "both"}, "signs is 'both'"),
        ({"source": "a", "decimal": ";"}, "decimal is ';'"),
        ({"source": "a", "thousands": "."}, "thousands must be one sign, and another"),
        ({"source": "a", "delimiter": "::"}, "delimiter must be one sign"),
    ],
)
def test_a_wrong_mapping_is_told_with_its_fault(content: dict[str, Any], says: str) -> None:
    with pytest.raises(MistakeError, match=says):
        arrangement_of("m.toml", content)


@pytest.mark.parametrize(
    ("cells", "more", "kind", "amount"),
    [
        ({"kind": "invoice"}, {}, LineKind.INVOICE, 500),
        ({"kind": "PAY"}, {"kinds": {"PAY": "payment"}}, LineKind.PAYMENT, 500),
        ({}, {"signs": "balance"}, LineKind.INVOICE, 500),
        ({"amount": "-5"}, {"signs": "balance"}, LineKind.PAYMENT, 500),
        ({"amount": "(5.00)"}, {"signs": "balance"}, LineKind.PAYMENT, 500),
        ({"amount": "-5"}, {"signs": "customer"}, LineKind.INVOICE, 500),
        ({"amount": "5"}, {"signs": "customer", "negative": "credit"}, LineKind.CREDIT, 500),
        ({"amount": "", "debit": "7.10"}, {}, LineKind.INVOICE, 710),
        ({"amount": "", "credit": "7.1"}, {}, LineKind.PAYMENT, 710),
        ({"amount": "", "debit": "7", "kind": "refund"}, {}, LineKind.REFUND, 700),
        (
            {"kind": "fee", "amount": "1.234.567,89"},
            {"decimal": ",", "thousands": "."},
            LineKind.FEE,
            123_456_789,
        ),
    ],
)
def test_kind_and_amount_follow_from_kind_sign_or_column(
    cells: dict[str, str], more: dict[str, Any], kind: LineKind, amount: int
) -> None:
    found, faults = read(cells, **more)
    assert faults == []
    assert found is not None
    assert (found.kind, found.amount, found.currency) == (kind, amount, "USD")


@pytest.mark.parametrize(
    ("cells", "says"),
    [
        ({}, "kind is missing"),
        ({"kind": "invoice", "amount": "0"}, "must be more than 0"),
        ({"kind": "invoice", "amount": "-1"}, "must be more than 0"),
        ({"kind": "invoice", "amount": ""}, "amount is missing"),
        ({"kind": "invoice", "amount": "1.234,5"}, "must be an amount such as 1129.50"),
        ({"kind": "invoice", "amount": "9" * 12}, "is larger than any bill"),
        ({"kind": "payment", "amount": "", "debit": "5"}, "has not the sign of a line of kind"),
        ({"kind": "invoice", "amount": "", "debit": "5", "credit": "5"}, "are both told"),
        ({"kind": "gift"}, "kind is 'gift'"),
        ({"kind": "invoice", "number": ""}, "number is missing"),
        ({"kind": "invoice", "on": ""}, "on is missing"),
        ({"kind": "invoice", "on": "1.5.26"}, "such as 2026-03-31"),
        ({"kind": "invoice", "account": ""}, "contract or account is missing"),
        ({"kind": "invoice", "account": "a b"}, "is no account's number"),
        ({"kind": "invoice", "currency": "$"}, "must be three letters"),
        ({"kind": "invoice", "due_on": "9999-12-31"}, "its year must be from 1900 to 2199"),
        ({"kind": "invoice", "period_from": "0001-01-01"}, "its year must be from 1900 to 2199"),
        ({"kind": "invoice", "text": "a\x00b"}, "text holds a control character"),
        ({"kind": "invoice", "text": "x" * 501}, "has 501 characters"),
        (
            {"kind": "invoice", "period_from": "2026-05-02", "period_through": "2026-05-01"},
            "is before the first day",
        ),
    ],
)
def test_a_cell_that_cannot_be_read_is_told(cells: dict[str, str], says: str) -> None:
    found, faults = read(cells)
    assert found is None
    assert any(says in fault for fault in faults), faults


@given(st.integers(1, 10**11), st.sampled_from([(".", ""), (",", "."), (".", ","), (",", " ")]))
def test_every_amount_is_read_as_it_was_written(cents: int, signs: tuple[str, str]) -> None:
    decimal, thousands = signs
    whole, _, rest = money(cents).partition(".")
    grouped = f"{int(whole):,}".replace(",", thousands) if thousands else whole
    text = f"{grouped}{decimal}{rest}"
    found, faults = read({"kind": "fee", "amount": text}, decimal=decimal, thousands=thousands)
    assert (faults, found and found.amount) == ([], cents)


@given(st.dictionaries(st.sampled_from([*ROW, "kind", "due_on", "debit"]), st.text(max_size=20)))
def test_whatever_stands_in_a_row_it_is_a_line_or_faults(cells: dict[str, str]) -> None:
    found, faults = read({name: cell.strip() for name, cell in cells.items()})
    assert (found is None) == bool(faults)
