"""Marks, stamps and stored objects of anchors."""

import sqlalchemy as sa
from alembic import op

from stationd.db import triggers

__all__ = ["upgrade"]

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_APPEND_ONLY = ("marks", "cosignatures", "anchors", "stamps", "anchor_objects")


def upgrade() -> None:
    """Make the tables; every chain counts as changed since a mark that never was."""
    op.add_column(
        "published",
        sa.Column(
            "marked",
            sa.Boolean(),
            server_default=sa.false(),
            nullable=False,
            comment="its size stands in marks",
        ),
    )
    op.create_index(
        "ix_published_unmarked",
        "published",
        ["account_key"],
        unique=False,
        sqlite_where=sa.text("NOT marked"),
        postgresql_where=sa.text("NOT marked"),
    )
    _make_marks()
    _make_anchors()
    _make_stamps()
    _make_objects()
    triggers.create(op.get_bind(), _APPEND_ONLY)


def _make_marks() -> None:
    op.create_table(
        "marks",
        sa.Column("account_key", sa.LargeBinary(length=32), nullable=False),
        sa.Column("n", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("acct", sa.String(length=160), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False, comment="of the chain at checkpoint n"),
        sa.PrimaryKeyConstraint("account_key", "n", name=op.f("pk_marks")),
        comment="Sizes of the chains that changed since the mark before, at checkpoints to be "
        "anchored; the state of any anchor is made of them.",
        sqlite_with_rowid=False,
    )


def _make_anchors() -> None:
    op.create_table(
        "cosignatures",
        sa.Column("n", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("line", sa.String(length=600), nullable=False, comment="without its line feed"),
        sa.PrimaryKeyConstraint("n", "line", name=op.f("pk_cosignatures")),
        comment="Further signature lines on notes, by witnesses; kept and not judged.",
    )
    op.create_table(
        "anchors",
        sa.Column("n", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("note", sa.LargeBinary(), nullable=False, comment="the bytes that are stamped"),
        sa.Column("begun_at", sa.String(length=27), nullable=False),
        sa.PrimaryKeyConstraint("n", name=op.f("pk_anchors")),
        comment="Checkpoints that were to be stamped; an anchor is one that has a stamp.",
    )


def _make_stamps() -> None:
    op.create_table(
        "stamps",
        sa.Column("n", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column(
            "place", sa.Integer(), autoincrement=False, nullable=False, comment="0: the first"
        ),
        sa.Column("authority", sa.String(length=32), nullable=False),
        sa.Column("reply", sa.LargeBinary(), nullable=False, comment="TimeStampResp, DER"),
        sa.Column(
            "stamped_at", sa.String(length=27), nullable=False, comment="as the authority says"
        ),
        sa.Column(
            "policy", sa.String(length=100), nullable=False, comment="the authority's policy OID"
        ),
        sa.Column("good", sa.Boolean(), nullable=False, comment="0 to 26 h after the checkpoint"),
        sa.PrimaryKeyConstraint("n", "place", name=op.f("pk_stamps")),
        comment="RFC 3161 replies over the notes of anchors.",
    )


def _make_objects() -> None:
    op.create_table(
        "anchor_objects",
        sa.Column("key", sa.String(length=300), nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("version_id", sa.Text(), nullable=False),
        sa.Column(
            "mode",
            sa.String(length=12),
            nullable=True,
            comment="lock mode as the store told; NULL: no lock",
        ),
        sa.Column(
            "retain_until",
            sa.String(length=27),
            nullable=True,
            comment="as the store told; NULL: no lock",
        ),
        sa.Column("stored_at", sa.String(length=27), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_anchor_objects")),
        comment="What of each anchor lies in the archive; its last row makes it complete.",
    )
    op.create_index(op.f("ix_anchor_objects_n"), "anchor_objects", ["n"], unique=False)
