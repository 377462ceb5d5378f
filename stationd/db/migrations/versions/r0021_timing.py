"""Rounds: what is done station-wide by the clock."""

import sqlalchemy as sa
from alembic import op

__all__ = ["upgrade"]

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    time = sa.String(length=27)
    op.create_table(
        "rounds",
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("ran_at", time, comment="when it last went well; NULL: not yet"),
        sa.Column("next_at", time, nullable=False, comment="when it is due"),
        sa.Column(
            "tries", sa.Integer(), nullable=False, comment="failures since it last went well"
        ),
        sa.Column("said", sa.Text(), nullable=False, comment="what the last try came to"),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_rounds")),
        comment="What is done station-wide every hour, day, week or month: last and next time.",
    )
