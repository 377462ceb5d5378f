"""How far the audit is, and what it found."""

import sqlalchemy as sa
from alembic import op

__all__ = ["upgrade"]

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "audit_cursor",
        sa.Column("name", sa.String(length=16), nullable=False),
        sa.Column("acct", sa.String(length=160), nullable=False, comment="empty: a pass begins"),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False, comment="the last record hashed again"),
        sa.Column("passes", sa.BigInteger(), nullable=False),
        sa.Column(
            "passed_at", sa.String(length=27), nullable=True, comment="NULL: no pass has ended yet"
        ),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_audit_cursor")),
        comment="How far the running audit is.",
    )
    op.create_table(
        "mismatches",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("acct", sa.String(length=160), nullable=False, comment="empty: the whole ledger"),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False, comment="record, or checkpoint; 0: none"),
        sa.Column("what", sa.String(length=16), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("found_at", sa.String(length=27), nullable=False),
        sa.Column(
            "settled_at", sa.String(length=27), nullable=True, comment="NULL: it blocks closings"
        ),
        sa.Column(
            "settled_by", sa.String(length=64), nullable=True, comment="NULL: it blocks closings"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mismatches")),
        sa.UniqueConstraint(
            "acct", "epoch", "seq", "what", name=op.f("uq_mismatches_acct_epoch_seq_what")
        ),
        comment="What the audit found to differ, and who has answered for it.",
    )
