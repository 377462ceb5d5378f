"""Holds of wider scope than an account, lifted by two persons."""

from typing import Any

import sqlalchemy as sa
from alembic import op

__all__ = ["upgrade"]

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Widen the table of holds; those there are remain holds on accounts."""
    for column in _columns():
        op.add_column("holds", column)
    with op.batch_alter_table("holds") as holds:
        holds.alter_column(
            "acct",
            existing_type=sa.String(length=32),
            nullable=True,
            comment="NULL: a wider scope",
        )


def _columns() -> list[sa.Column[Any]]:
    return [
        sa.Column(
            "scope",
            sa.String(length=8),
            nullable=False,
            server_default="account",
            comment="account, site, customer, receiver or station",
        ),
        sa.Column(
            "scope_id",
            sa.String(length=64),
            comment="site, customer or receiver group; NULL: none",
        ),
        sa.Column(
            "since", sa.String(length=27), comment="only what was kept from then on; NULL: always"
        ),
        sa.Column("until", sa.String(length=27), comment="only what was kept before; NULL: always"),
        sa.Column(
            "lift_asked_by", sa.String(length=64), comment="who asked to lift it; NULL: nobody"
        ),
        sa.Column("lift_asked_at", sa.String(length=27), comment="NULL: nobody asked"),
        sa.Column(
            "lift_doc", sa.LargeBinary(length=32), comment="counsel's document; NULL: none given"
        ),
    ]
