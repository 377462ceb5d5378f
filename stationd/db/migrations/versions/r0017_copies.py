"""Of what whole bundle an order is a redacted copy, and how it is redacted."""

import sqlalchemy as sa
from alembic import op

__all__ = ["upgrade"]

revision = "0017"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns."""
    op.add_column(
        "orders",
        sa.Column(
            "source_id", sa.String(length=40), comment="the whole bundle it copies; NULL: whole"
        ),
    )
    op.add_column(
        "orders",
        sa.Column("redaction", sa.Text(), comment="profile, reason and span; NULL: whole"),
    )
