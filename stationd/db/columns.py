"""What all tables are made in, the types of their times and hashes, and what names a chain."""

from typing import Any

import sqlalchemy as sa

__all__ = ["Hash", "Time", "chain_columns", "metadata"]

metadata = sa.MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)

Time = sa.String(27)

Hash = sa.LargeBinary(32)
"""A SHA-256."""


def chain_columns() -> tuple[sa.Column[Any], ...]:
    """Return what a table has that says of each chain how far it reaches."""
    return (
        sa.Column("acct", sa.String(160), primary_key=True),
        sa.Column("epoch", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("account_key", Hash, nullable=False, unique=True),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("head", Hash, nullable=False),
    )
