"""Supervision of accounts, their silences, and when each listener was heard."""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

__all__ = ["upgrade"]

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables, and fill in when each journal began."""
    _make_starts()
    op.create_table(
        "heard_hours",
        sa.Column("listener", sa.String(length=32), nullable=False),
        sa.Column(
            "hour", sa.BigInteger(), autoincrement=False, nullable=False, comment="since 1970"
        ),
        sa.Column("minutes", sa.BigInteger(), nullable=False, comment="bit n: heard in minute n"),
        sa.PrimaryKeyConstraint("listener", "hour", name=op.f("pk_heard_hours")),
        comment=(
            "When each listener was heard: proof that its line lived while an account was silent."
        ),
    )
    _make_supervision()
    _make_silences()
    _fill_starts()


def _make_starts() -> None:
    op.create_table(
        "starts",
        sa.Column("journal", sa.String(length=32), nullable=False),
        sa.Column(
            "first_at",
            sa.String(length=27),
            comment="when its first entry came; NULL: that was purged",
        ),
        sa.Column(
            "started_at",
            sa.String(length=27),
            comment="its daemon's last start; NULL: none was told",
        ),
        sa.Column(
            "boot", sa.String(length=40), comment="the machine's boot id then; NULL: not told"
        ),
        sa.PrimaryKeyConstraint("journal", name=op.f("pk_starts")),
        comment="When each journal began, and when the daemon that writes it last started.",
    )


def _keys() -> list[sa.Column[str]]:
    return [
        sa.Column("acct", sa.String(length=32), nullable=False),
        sa.Column("way", sa.String(length=8), nullable=False, comment="tests or polls"),
        sa.Column("receiver_group", sa.String(length=32), nullable=False, comment="empty: tests"),
        sa.Column("number", sa.String(length=40), nullable=False, comment="empty: tests"),
    ]


def _make_supervision() -> None:
    op.create_table(
        "supervision",
        *_keys(),
        sa.Column("interval", sa.Integer(), nullable=False, comment="seconds; 0: not known yet"),
        sa.Column("grace", sa.Integer(), nullable=False, comment="seconds"),
        sa.Column(
            "counts", sa.String(length=8), nullable=False, comment="what is a test: test or any"
        ),
        sa.Column(
            "state", sa.String(length=8), nullable=False, comment="ok, late, missed or returned"
        ),
        sa.Column("since", sa.String(length=27), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("supervised_at", sa.String(length=27), nullable=False),
        sa.Column("heard_at", sa.String(length=27), comment="as of the last look; NULL: not yet"),
        sa.Column(
            "told_at", sa.String(length=27), comment="last entry about its polls; NULL: none"
        ),
        sa.Column("longest", sa.Integer(), nullable=False, comment="longest silence, seconds"),
        sa.Column("listener", sa.String(length=32), nullable=False, comment="empty: not known"),
        sa.Column("epoch", sa.Integer(), nullable=False, comment="the last signal looked at"),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column(
            "due_at",
            sa.String(length=27),
            comment="NULL: not before something is heard",
        ),
        sa.ForeignKeyConstraint(["acct"], ["accounts.acct"], name=op.f("fk_supervision_acct")),
        sa.PrimaryKeyConstraint(
            "acct", "way", "receiver_group", "number", name=op.f("pk_supervision")
        ),
        comment="How each supervised account stands: one row a way in which it is supervised.",
    )
    op.create_index(op.f("ix_supervision_due_at"), "supervision", ["due_at"])
    op.create_index("ix_supervision_state", "supervision", ["state"])


def _make_silences() -> None:
    op.create_table(
        "silences",
        *_keys(),
        sa.Column(
            "began_at", sa.String(length=27), nullable=False, comment="last sign of life before"
        ),
        sa.Column("missed_at", sa.String(length=27), nullable=False),
        sa.Column("ended_at", sa.String(length=27), comment="NULL: it lasts"),
        sa.Column("listener", sa.String(length=32), nullable=False, comment="empty: not known"),
        sa.Column("interval", sa.Integer(), nullable=False, comment="seconds"),
        sa.Column("patience", sa.Integer(), nullable=False, comment="seconds until it was missed"),
        sa.Column(
            "alive_at",
            sa.String(length=27),
            comment="others heard last before the miss; NULL: not told",
        ),
        sa.ForeignKeyConstraint(["acct"], ["accounts.acct"], name=op.f("fk_silences_acct")),
        sa.PrimaryKeyConstraint(
            "acct", "way", "receiver_group", "number", "began_at", name=op.f("pk_silences")
        ),
        comment="Times in which an account was not heard though it should have been.",
    )


def _fill_starts() -> None:
    """Take the first entry's time from its body: eight bytes behind layout and kind."""
    entries = sa.table("entries", sa.column("journal"), sa.column("position"), sa.column("body"))
    starts = sa.table("starts", sa.column("journal"), sa.column("first_at"))
    query = sa.select(entries.c.journal, entries.c.body).where(entries.c.position == 1)
    rows = [
        {
            "journal": journal,
            "first_at": None if body is None else _text(int.from_bytes(body[2:10], "big")),
        }
        for journal, body in op.get_bind().execute(query).all()
    ]
    if rows:
        op.bulk_insert(starts, rows)


def _text(nanoseconds: int) -> str:
    seconds, rest = divmod(nanoseconds, 10**9)
    whole = datetime.fromtimestamp(seconds, UTC)
    return f"{whole:%Y-%m-%dT%H:%M:%S}.{rest // 1000:06}Z"
