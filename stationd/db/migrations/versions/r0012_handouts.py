"""What is handed out of bundles."""

import sqlalchemy as sa
from alembic import op

__all__ = ["upgrade"]

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    time = sa.String(length=27)
    op.create_table(
        "handouts",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("order_id", sa.String(length=40), nullable=False),
        sa.Column("way", sa.String(length=8), nullable=False, comment="link or copy"),
        sa.Column("recipient", sa.Text(), nullable=False, comment="the one person it is for"),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column(
            "doc", sa.LargeBinary(length=32), nullable=False, comment="recipient and purpose"
        ),
        sa.Column("asked_by", sa.String(length=64), nullable=False),
        sa.Column("asked_at", time, nullable=False),
        sa.Column(
            "valid", sa.Integer(), nullable=False, comment="seconds that links are good; 0: none"
        ),
        sa.Column(
            "state", sa.String(length=8), nullable=False, comment="asked, ready, done or refused"
        ),
        sa.Column(
            "why", sa.Text(), nullable=False, comment="why it was refused; empty: it was not"
        ),
        sa.Column("links", sa.Text(), comment="sealed addresses by file; NULL: none, or no longer"),
        sa.Column("made_at", time, comment="NULL: not verified and made yet"),
        sa.Column("expires_at", time, comment="of the links; NULL: none"),
        sa.Column("count", sa.Integer(), nullable=False, comment="times shown or copied"),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_handouts_order_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_handouts")),
        comment="What was handed out of bundles: to whom, for what, how often.",
    )
    op.create_index(op.f("ix_handouts_order_id"), "handouts", ["order_id"])
    op.create_index("ix_handouts_state", "handouts", ["state"])
