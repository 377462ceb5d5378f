"""Changes of the log key, signed off by the key before."""

import sqlalchemy as sa
from alembic import op

from stationd.db import triggers

__all__ = ["upgrade"]

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table, whose rows are never changed."""
    op.create_table(
        "log_keys",
        sa.Column(
            "n",
            sa.BigInteger(),
            autoincrement=False,
            nullable=False,
            comment="the last checkpoint whose note the key before signs",
        ),
        sa.Column("sign_off", sa.LargeBinary(), nullable=False, comment="signed by both keys"),
        sa.Column("epoch", sa.Integer(), nullable=False, comment="of the station's chain"),
        sa.Column("seq", sa.BigInteger(), nullable=False, comment="its record in that chain"),
        sa.Column("changed_at", sa.String(length=27), nullable=False),
        sa.PrimaryKeyConstraint("n", name=op.f("pk_log_keys")),
        comment="Changes of the log key; each is a record of the station's chain too.",
    )
    triggers.create(op.get_bind(), ("log_keys",))
