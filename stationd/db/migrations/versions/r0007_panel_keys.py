"""Keys of receiver groups, and what frames show of the keys that panels use."""

import sqlalchemy as sa
from alembic import op

__all__ = ["upgrade"]

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the two tables; keys of numbers stay where they are."""
    op.create_table(
        "group_keys",
        sa.Column("receiver_group", sa.String(length=32), nullable=False),
        sa.Column("keys", sa.Text(), nullable=False, comment="sealed keys with validity dates"),
        sa.Column(
            "encrypted_only",
            sa.Boolean(),
            nullable=False,
            comment="whom these keys are for may not send in clear",
        ),
        sa.PrimaryKeyConstraint("receiver_group", name=op.f("pk_group_keys")),
        comment="Keys for numbers that nobody knows, and for accounts without their own.",
    )
    op.create_table(
        "key_uses",
        sa.Column("receiver_group", sa.String(length=32), nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column(
            "what",
            sa.String(length=16),
            nullable=False,
            comment="first use of a key, or a fault",
        ),
        sa.Column("key", sa.String(length=32), nullable=False, comment="the key's id; empty: none"),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("first_at", sa.String(length=27), nullable=False),
        sa.Column("last_at", sa.String(length=27), nullable=False),
        sa.PrimaryKeyConstraint(
            "receiver_group", "number", "what", "key", name=op.f("pk_key_uses")
        ),
        comment=(
            "What the frames of known numbers showed of their keys: an index, never the evidence."
        ),
    )
