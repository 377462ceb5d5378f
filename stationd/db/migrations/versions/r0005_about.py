"""Which account a record of the `station` chain is about; journals that are retired."""

import json

import sqlalchemy as sa
from alembic import op

__all__ = ["upgrade"]

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_PAGE = 5000


def upgrade() -> None:
    """Make the tables, and fill the index from the records that are there."""
    op.create_table(
        "about",
        sa.Column("acct", sa.String(length=32), nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("acct", "seq", name=op.f("pk_about")),
        comment="Which account a record of the `station` chain is about: an index over records.",
    )
    op.create_table(
        "retired_journals",
        sa.Column("journal", sa.String(length=32), nullable=False),
        sa.Column("node", sa.String(length=32), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False, comment="last entry taken"),
        sa.Column(
            "doc",
            sa.LargeBinary(length=32),
            nullable=False,
            comment="the document that says why",
        ),
        sa.Column("by", sa.String(length=64), nullable=False),
        sa.Column("at", sa.String(length=27), nullable=False),
        sa.PrimaryKeyConstraint("journal", name=op.f("pk_retired_journals")),
        comment="Journals that nothing more comes from, so that no closing waits for them.",
    )
    _fill()


def _fill() -> None:
    """Read the `station` chain once, page by page."""
    records = sa.table("records", sa.column("acct"), sa.column("seq"), sa.column("body"))
    about = sa.table("about", sa.column("acct"), sa.column("seq"))
    after = 0
    while True:
        query = (
            sa.select(records.c.seq, records.c.body)
            .where(records.c.acct == "station", records.c.seq > after)
            .order_by(records.c.seq)
            .limit(_PAGE)
        )
        page = op.get_bind().execute(query).all()
        rows = [
            {"acct": acct, "seq": row.seq}
            for row in page
            if row.body is not None and (acct := json.loads(row.body).get("of", {}).get("acct"))
        ]
        if rows:
            op.bulk_insert(about, rows)
        if len(page) < _PAGE:
            return
        after = page[-1].seq
