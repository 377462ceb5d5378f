"""Corrections, passes of reading anew, runaways, clocks of receivers and panels."""

import sqlalchemy as sa
from alembic import op

__all__ = ["upgrade"]

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    _corrections()
    _runaways()
    _clocks()


def _corrections() -> None:
    op.create_table(
        "corrections",
        sa.Column("acct", sa.String(length=160), nullable=False),
        sa.Column("epoch", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column(
            "by_acct", sa.String(length=160), nullable=False, comment="`station` for a closed epoch"
        ),
        sa.Column("by_epoch", sa.Integer(), nullable=False),
        sa.Column("by_seq", sa.BigInteger(), nullable=False),
        sa.Column(
            "count", sa.Integer(), nullable=False, comment="corrections of this record so far"
        ),
        sa.Column(
            "original", sa.Text(), nullable=False, comment="index columns before the first one"
        ),
        sa.PrimaryKeyConstraint("acct", "epoch", "seq", name=op.f("pk_corrections")),
        comment="The last correction of each record that has one: an index over records.",
    )
    op.create_table(
        "redecodings",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("asked", sa.Text(), nullable=False, comment="which entries, and what reads them"),
        sa.Column("by", sa.String(length=64), nullable=False),
        sa.Column("began_at", sa.String(length=27), nullable=False),
        sa.Column("ended_at", sa.String(length=27), nullable=True, comment="NULL: not finished"),
        sa.Column(
            "cursor", sa.Text(), nullable=True, comment="where it goes on; NULL: at the beginning"
        ),
        sa.Column("counts", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_redecodings")),
        comment="Passes of `stationctl redecode --apply`, and how far each is.",
    )


def _runaways() -> None:
    op.create_table(
        "runaways",
        sa.Column("acct", sa.String(length=160), nullable=False),
        sa.Column(
            "began_at",
            sa.String(length=27),
            nullable=False,
            comment="of the first signal that is folded",
        ),
        sa.Column("last_at", sa.String(length=27), nullable=False, comment="of the last one"),
        sa.Column(
            "ended_at",
            sa.String(length=27),
            nullable=True,
            comment="when it was quiet for long enough; NULL: it goes on",
        ),
        sa.Column("count", sa.BigInteger(), nullable=False, comment="signals from first to last"),
        sa.Column("most", sa.Integer(), nullable=False, comment="the policy: more than so many"),
        sa.Column(
            "within", sa.Integer(), nullable=False, comment="the policy: within so many seconds"
        ),
        sa.Column("quiet", sa.Integer(), nullable=False, comment="seconds of quiet that end it"),
        sa.PrimaryKeyConstraint("acct", "began_at", name=op.f("pk_runaways")),
        comment="Spans in which an account sent far more than normal; views fold their signals.",
    )


def _clocks() -> None:
    op.create_table(
        "clocks",
        sa.Column("node", sa.String(length=32), nullable=False),
        sa.Column("listener", sa.String(length=32), nullable=False),
        sa.Column(
            "number", sa.String(length=40), nullable=False, comment="empty: the receiver itself"
        ),
        sa.Column(
            "taken_at",
            sa.String(length=27),
            nullable=False,
            comment="when the last sample was received",
        ),
        sa.Column("last_ms", sa.BigInteger(), nullable=False, comment="its clock minus ours, then"),
        sa.Column(
            "offset_ms", sa.BigInteger(), nullable=False, comment="the middle of the samples"
        ),
        sa.Column("drift_ms", sa.BigInteger(), nullable=True, comment="a day; NULL: not known yet"),
        sa.Column("state", sa.String(length=8), nullable=False, comment="right, wrong or hours"),
        sa.Column("since", sa.String(length=27), nullable=False, comment="since when it is so"),
        sa.Column(
            "recent", sa.Text(), nullable=False, comment="samples, each [seconds, milliseconds]"
        ),
        sa.Column(
            "days", sa.Text(), nullable=False, comment="days, each [day since 1970, milliseconds]"
        ),
        sa.PrimaryKeyConstraint("node", "listener", "number", name=op.f("pk_clocks")),
        comment="What clocks of receivers and panels were, beside ours: a summary, no evidence.",
    )
