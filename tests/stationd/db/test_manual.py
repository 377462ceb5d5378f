"""The manual's list of tables is made from the schema, and is not stale."""

from pathlib import Path

import pytest

from stationd.db.manual import BEGIN, END, tables_text
from stationd.db.schema import APPEND_ONLY, metadata

PAGE = Path(__file__).parents[3] / "docs/reference/station-database.md"


def test_the_page_has_the_tables_as_they_are() -> None:
    _, _, rest = PAGE.read_text().partition(BEGIN)
    listed, _, _ = rest.partition(END)
    assert listed.strip() == tables_text()


@pytest.mark.parametrize("table", sorted(metadata.tables))
def test_every_table_says_whether_its_rows_stay(table: str) -> None:
    part = tables_text().partition(f"### {table}\n")[2].partition("###")[0]
    assert ("Append-only." in part) == (table in APPEND_ONLY)
    assert all(f"| `{column.name}` |" in part for column in metadata.tables[table].c)
