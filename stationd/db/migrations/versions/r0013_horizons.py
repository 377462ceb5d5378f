"""When bundles are read back anew, and which ends of locks were alarmed."""

import sqlalchemy as sa
from alembic import op

__all__ = ["upgrade"]

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns."""
    op.add_column(
        "orders",
        sa.Column(
            "reverify_at",
            sa.String(length=27),
            comment="when it is read back anew; NULL: not set yet",
        ),
    )
    op.add_column(
        "orders",
        sa.Column(
            "horizon",
            sa.Integer(),
            comment="days before its lock ends, as alarmed; NULL: none",
        ),
    )
