import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stationd.billing.csv_lines import read_csv
from stationd.billing.mapping import Arrangement, Offered
from stationd.imports.model import Fault

MAPPING = Arrangement(
    source="books", columns={"Doc No": "number", "Acct": "account"}, defaults={"currency": "USD"}
)
GOOD = "Doc No;Acct;kind;on;amount\nR-1;1001;invoice;2026-05-01;5.00\n"


def read(data: bytes) -> list[Offered | Fault]:
    return list(read_csv("f.csv", io.BytesIO(data), MAPPING))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_columns_are_found_by_the_mapping(encoding: str) -> None:
    (line,) = read(GOOD.encode(encoding))
    assert isinstance(line, Offered)
    assert (line.number, line.account, line.place.line) == ("R-1", "1001", 2)


def test_a_table_without_what_every_line_needs_is_refused_at_its_head() -> None:
    faults = [str(one) for one in read(b"a;b\n1;2\n")]
    assert faults[0].startswith("f.csv:1: no column is number")
    assert len(faults) == 4


def test_two_columns_of_one_meaning_are_refused() -> None:
    (fault,) = read(GOOD.replace("kind", "number").encode())
    assert "two columns give number" in str(fault)


@given(st.binary(max_size=300))
def test_whatever_bytes_come_they_are_lines_or_faults(data: bytes) -> None:
    read(GOOD.encode() + data)
    read(data)
