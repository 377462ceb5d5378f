"""The manual's list of tables, made from the schema."""

import sqlalchemy as sa

from stationd.db.schema import APPEND_ONLY, metadata

__all__ = ["BEGIN", "END", "tables_text"]

BEGIN = "<!-- tables: made from stationd/db/schema.py by `python -m stationd.db.manual` -->"
END = "<!-- end of tables -->"


def tables_text() -> str:
    """Return the part of docs/reference/station-database.md between its two marks."""
    return "\n\n".join(_table(table) for table in metadata.tables.values())


def _table(table: sa.Table) -> str:
    mark = " Append-only." if table.name in APPEND_ONLY else ""
    rows = [f"| `{column.name}` | {_kind(column)} | {column.comment or ''} |" for column in table.c]
    return "\n".join(
        [
            f"### {table.name}",
            "",
            f"{table.comment}{mark}",
            "",
            "| column | type | |",
            "| --- | --- | --- |",
            *rows,
        ]
    )


def _kind(column: sa.Column[object]) -> str:
    said = str(column.type).lower().replace("varchar", "text").replace("blob", "bytes")
    key = ", key" if column.primary_key else ""
    return f"{said}{key}{', may be NULL' if column.nullable else ''}"


if __name__ == "__main__":
    print(tables_text())  # noqa: T201  (what it is for)
