"""How long classes of data are kept for jurisdictions and dealers."""

import sqlalchemy as sa
from alembic import op

__all__ = ["upgrade"]

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "retention_rules",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("data_class", sa.String(length=16), nullable=False),
        sa.Column("months", sa.Integer(), nullable=False),
        sa.Column("jurisdiction", sa.String(length=32), nullable=False, comment="empty: any"),
        sa.Column("dealer_id", sa.String(length=40), nullable=False, comment="empty: any"),
        sa.Column(
            "source", sa.Text(), nullable=False, comment="the law, contract or letter behind it"
        ),
        sa.Column("author", sa.String(length=64), nullable=False),
        sa.Column("set_at", sa.String(length=27), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_retention_rules")),
        comment="How long classes are kept where that is not the default; the last one set counts.",
    )
