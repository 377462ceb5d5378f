"""Renewals: lists of all stored bundles, stamped anew each year."""

import sqlalchemy as sa
from alembic import op

from stationd.db import triggers

__all__ = ["upgrade"]

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

_TIME = sa.String(length=27)
_TABLES = ("object_digests", "renewals", "renewal_stamps", "renewal_objects")


def upgrade() -> None:
    """Make the tables, whose rows are never changed."""
    _make_lists()
    _make_stamps()
    _make_objects()
    triggers.create(op.get_bind(), _TABLES)


def _make_lists() -> None:
    op.create_table(
        "object_digests",
        sa.Column("key", sa.String(length=400), nullable=False),
        sa.Column("version_id", sa.String(length=200), nullable=False),
        sa.Column(
            "sha512", sa.String(length=128), nullable=False, comment="of what was read back whole"
        ),
        sa.Column("read_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("key", "version_id", name=op.f("pk_object_digests")),
        comment="The second hash of stored objects, read once for the first list that names them.",
    )
    op.create_table(
        "renewals",
        sa.Column("n", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column(
            "content", sa.LargeBinary(), nullable=False, comment="the list, as it is stamped"
        ),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("sha512", sa.String(length=128), nullable=False),
        sa.Column("objects", sa.Integer(), nullable=False),
        sa.Column("made_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("n", name=op.f("pk_renewals")),
        comment="Lists of all stored bundles, each with the hashes of the one before.",
    )


def _make_stamps() -> None:
    op.create_table(
        "renewal_stamps",
        sa.Column("n", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column(
            "place", sa.Integer(), autoincrement=False, nullable=False, comment="0: the first"
        ),
        sa.Column("authority", sa.String(length=32), nullable=False),
        sa.Column("reply", sa.LargeBinary(), nullable=False, comment="TimeStampResp, DER"),
        sa.Column("stamped_at", _TIME, nullable=False, comment="as the authority says"),
        sa.PrimaryKeyConstraint("n", "place", name=op.f("pk_renewal_stamps")),
        comment="RFC 3161 replies over the lists.",
    )


def _make_objects() -> None:
    op.create_table(
        "renewal_objects",
        sa.Column("key", sa.String(length=300), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("version_id", sa.Text(), nullable=False),
        sa.Column(
            "mode", sa.String(length=12), comment="lock mode as the store told; NULL: no lock"
        ),
        sa.Column("retain_until", _TIME, comment="as the store told; NULL: no lock"),
        sa.Column("stored_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_renewal_objects")),
        comment="What of each list lies in the archive; the list itself is its last row.",
    )
    op.create_index(op.f("ix_renewal_objects_n"), "renewal_objects", ["n"])
