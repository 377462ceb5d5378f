"""Journals as taken, ledger, signals, lines and gaps."""

import sqlalchemy as sa
from alembic import op

from stationd.db import triggers

__all__ = ["upgrade"]

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_APPEND_ONLY = ("entries", "records", "documents", "checkpoints", "notes")


def upgrade() -> None:
    """Make the tables."""
    _make_checkpoints()
    _make_documents()
    _make_entries()
    _make_gaps()
    _make_heads()
    _make_heartbeats()
    _make_journals()
    _make_lines()
    _make_listeners()
    _make_notes()
    _make_parked()
    _make_published()
    _make_records()
    _make_signals()
    triggers.create(op.get_bind(), _APPEND_ONLY)


def _make_checkpoints() -> None:
    op.create_table(
        "checkpoints",
        sa.Column("n", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("entry", sa.LargeBinary(), nullable=False, comment="canonical JSON"),
        sa.Column(
            "leaf", sa.LargeBinary(length=32), nullable=False, comment="its hash in the log's tree"
        ),
        sa.Column("time", sa.String(length=27), nullable=False),
        sa.PrimaryKeyConstraint("n", name=op.f("pk_checkpoints")),
        comment="The checkpoint log; n is unique, which fences a second worker.",
    )


def _make_documents() -> None:
    op.create_table(
        "documents",
        sa.Column(
            "doc", sa.LargeBinary(length=32), nullable=False, comment="H(tag, salt, content)"
        ),
        sa.Column("salt", sa.LargeBinary(length=16), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("media_type", sa.String(length=100), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("compartment", sa.String(length=12), nullable=False),
        sa.Column("stored_at", sa.String(length=27), nullable=False),
        sa.PrimaryKeyConstraint("doc", name=op.f("pk_documents")),
        comment="Contents that records name by hash.",
    )


def _make_entries() -> None:
    op.create_table(
        "entries",
        sa.Column("journal", sa.String(length=32), nullable=False),
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=True, comment="exact bytes; NULL: purged"),
        sa.Column("link", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("journal", "position", name=op.f("pk_entries")),
        comment="Entries of all journals, byte for byte.",
    )


def _make_gaps() -> None:
    op.create_table(
        "gaps",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column(
            "listener", sa.String(length=32), nullable=False, comment="empty: the whole node"
        ),
        sa.Column("node", sa.String(length=32), nullable=False),
        sa.Column("cause", sa.String(length=24), nullable=False),
        sa.Column("began_at", sa.String(length=27), nullable=False),
        sa.Column("ended_at", sa.String(length=27), nullable=True, comment="NULL: still open"),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gaps")),
        comment="Spans in which we cannot vouch that a signal would have been recorded.",
    )


def _make_heads() -> None:
    op.create_table(
        "heads",
        sa.Column("acct", sa.String(length=160), nullable=False),
        sa.Column("epoch", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("account_key", sa.LargeBinary(length=32), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("head", sa.LargeBinary(length=32), nullable=False),
        sa.Column("closed", sa.Boolean(), nullable=False, comment="ends with `close`"),
        sa.Column("covered", sa.Boolean(), nullable=False, comment="a checkpoint has all of it"),
        sa.PrimaryKeyConstraint("acct", "epoch", name=op.f("pk_heads")),
        sa.UniqueConstraint("account_key", name=op.f("uq_heads_account_key")),
        comment="Size and head of each chain; moved with every append.",
    )
    op.create_index(
        "ix_heads_uncovered",
        "heads",
        ["account_key"],
        unique=False,
        sqlite_where=sa.text("NOT covered"),
        postgresql_where=sa.text("NOT covered"),
    )


def _make_heartbeats() -> None:
    op.create_table(
        "heartbeats",
        sa.Column("journal", sa.String(length=32), nullable=False),
        sa.Column("listener", sa.String(length=32), nullable=False),
        sa.Column("hour", sa.BigInteger(), nullable=False, comment="hours since 1970 UTC"),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("first_ns", sa.BigInteger(), nullable=False),
        sa.Column("last_ns", sa.BigInteger(), nullable=False),
        sa.Column("first_position", sa.BigInteger(), nullable=False),
        sa.Column("last_position", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("journal", "listener", name=op.f("pk_heartbeats")),
        comment="Heartbeats of the running hour, which become one record when it is over.",
    )


def _make_journals() -> None:
    op.create_table(
        "journals",
        sa.Column(
            "id", sa.String(length=32), nullable=False, comment="the journal's random id, hex"
        ),
        sa.Column("node", sa.String(length=32), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False, comment="last entry taken"),
        sa.Column(
            "link",
            sa.LargeBinary(length=32),
            nullable=False,
            comment="its link, which the next must continue",
        ),
        sa.Column("taken_at", sa.String(length=27), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_journals")),
        comment="How far each node's journal has been taken.",
    )


def _make_lines() -> None:
    op.create_table(
        "lines",
        sa.Column("listener", sa.String(length=32), nullable=False),
        sa.Column("node", sa.String(length=32), nullable=False),
        sa.Column("up", sa.Boolean(), nullable=False),
        sa.Column("since", sa.String(length=27), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("heard_at", sa.String(length=27), nullable=True, comment="NULL: nothing yet"),
        sa.PrimaryKeyConstraint("listener", name=op.f("pk_lines")),
        comment="State of each listener's link, as the follower last read it.",
    )


def _make_listeners() -> None:
    op.create_table(
        "listeners",
        sa.Column("journal", sa.String(length=32), nullable=False),
        sa.Column("listener", sa.String(length=32), nullable=False),
        sa.Column("receiver", sa.String(length=32), nullable=False),
        sa.Column("receiver_group", sa.String(length=32), nullable=False),
        sa.Column("mode", sa.String(length=8), nullable=False),
        sa.Column("options", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("journal", "listener", name=op.f("pk_listeners")),
        comment="What each listener was when the daemon last started, from its `started` entry.",
    )


def _make_notes() -> None:
    op.create_table(
        "notes",
        sa.Column("n", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("note", sa.LargeBinary(), nullable=False, comment="signed note of tree size n+1"),
        sa.PrimaryKeyConstraint("n", name=op.f("pk_notes")),
        comment="Signed notes of the checkpoints.",
    )


def _make_parked() -> None:
    op.create_table(
        "parked",
        sa.Column("journal", sa.String(length=32), nullable=False),
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("part", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("reason", sa.String(length=24), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("receiver_group", sa.String(length=32), nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False, comment="empty: not readable"),
        sa.Column("listener", sa.String(length=32), nullable=False),
        sa.Column("peer", sa.String(length=100), nullable=False),
        sa.Column("received_at", sa.String(length=27), nullable=False),
        sa.Column("settled_at", sa.String(length=27), nullable=True, comment="NULL: still parked"),
        sa.PrimaryKeyConstraint("journal", "position", "part", name=op.f("pk_parked")),
        comment="Frames kept but not decoded or not assigned.",
    )
    op.create_index(
        "ix_parked_receiver_group_number", "parked", ["receiver_group", "number"], unique=False
    )


def _make_published() -> None:
    op.create_table(
        "published",
        sa.Column("acct", sa.String(length=160), nullable=False),
        sa.Column("epoch", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("account_key", sa.LargeBinary(length=32), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("head", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("acct", "epoch", name=op.f("pk_published")),
        sa.UniqueConstraint("account_key", name=op.f("uq_published_account_key")),
        comment="What the last checkpoint covered of each chain; only checkpoints write it.",
    )


def _make_records() -> None:
    op.create_table(
        "records",
        sa.Column("acct", sa.String(length=160), nullable=False),
        sa.Column("epoch", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("type", sa.String(length=12), nullable=False),
        sa.Column("origin", sa.String(length=8), nullable=False),
        sa.Column("t", sa.String(length=27), nullable=False),
        sa.Column(
            "body", sa.LargeBinary(), nullable=True, comment="exact record bytes; NULL: purged"
        ),
        sa.Column("leaf", sa.LargeBinary(length=32), nullable=False),
        sa.Column("head", sa.LargeBinary(length=32), nullable=False),
        sa.Column(
            "journal", sa.String(length=32), nullable=True, comment="NULL: not from a journal"
        ),
        sa.Column("position", sa.BigInteger(), nullable=True),
        sa.Column(
            "part",
            sa.Integer(),
            nullable=True,
            comment="1 … in a frame; 0: no frame; NULL: no journal",
        ),
        sa.PrimaryKeyConstraint("acct", "epoch", "seq", name=op.f("pk_records")),
        comment="The ledger: exact bytes, leaf and head of every record of every chain.",
    )
    op.create_index(
        "uq_records_entry", "records", ["journal", "position", "part", "acct"], unique=True
    )


def _make_signals() -> None:
    op.create_table(
        "signals",
        sa.Column("acct", sa.String(length=160), nullable=False),
        sa.Column("epoch", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("received_at", sa.String(length=27), nullable=False),
        sa.Column("listener", sa.String(length=32), nullable=False),
        sa.Column("receiver_group", sa.String(length=32), nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("signal_class", sa.String(length=12), nullable=False),
        sa.Column("code", sa.String(length=24), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("zone", sa.String(length=40), nullable=False),
        sa.Column("user", sa.String(length=40), nullable=False),
        sa.Column("area", sa.String(length=40), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("marks", sa.Text(), nullable=False, comment="comma-separated handling marks"),
        sa.PrimaryKeyConstraint("acct", "epoch", "seq", name=op.f("pk_signals")),
        comment="Decoded columns of signal records: an index, never the evidence.",
        sqlite_with_rowid=False,
    )
    op.create_index("ix_signals_acct_received_at", "signals", ["acct", "received_at"], unique=False)
    # ### end Alembic commands ###
