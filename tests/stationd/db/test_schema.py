"""Every table says what it is for, and every NULL has one meaning."""

import pytest
import sqlalchemy as sa

from stationd.db.schema import APPEND_ONLY, metadata

TABLES = sorted(metadata.tables)


@pytest.mark.parametrize("table", TABLES)
def test_every_table_has_a_comment_and_a_key(table: str) -> None:
    assert metadata.tables[table].comment
    assert list(metadata.tables[table].primary_key.columns)


def test_append_only_tables_exist() -> None:
    assert set(APPEND_ONLY) <= set(TABLES)


@pytest.mark.parametrize("table", TABLES)
def test_text_columns_say_how_long_they_may_be(table: str) -> None:
    unbounded = [
        column.name
        for column in metadata.tables[table].columns
        if isinstance(column.type, sa.String)
        and not isinstance(column.type, sa.Text)
        and column.type.length is None
    ]
    assert unbounded == []
