"""Purges: what is proposed, approved and removed, and the triggers that let it through."""

import sqlalchemy as sa
from alembic import op

from stationd.db import purging, triggers

__all__ = ["upgrade"]

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_TIME = sa.String(length=27)
_HASH = sa.LargeBinary(length=32)


def upgrade() -> None:
    """Make the tables and columns, and change the triggers."""
    _make_purges()
    _make_items()
    _make_documents()
    op.add_column(
        "objects",
        sa.Column("going_at", _TIME, comment="when a purge began to remove it; NULL: none did"),
    )
    op.add_column(
        "objects", sa.Column("gone_at", _TIME, comment="when it was removed; NULL: it is there")
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "COMMENT ON COLUMN orders.state IS 'ordered built stored verified failed purged'"
        )
    triggers.create(op.get_bind(), ("purged_documents",))
    purging.create(op.get_bind())


def _make_purges() -> None:
    op.create_table(
        "purges",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column(
            "state",
            sa.String(length=10),
            nullable=False,
            comment="proposed approved ended withdrawn",
        ),
        sa.Column("ground", sa.Text(), nullable=False),
        sa.Column("list", sa.Text(), nullable=False, comment="what goes, canonical JSON"),
        sa.Column("list_sha256", sa.String(length=64), nullable=False, comment="what was approved"),
        sa.Column("proposed_by", sa.String(length=64), nullable=False),
        sa.Column("proposed_role", sa.String(length=2), nullable=False),
        sa.Column("proposed_at", _TIME, nullable=False),
        sa.Column("approved_by", sa.String(length=64), comment="another person; NULL: nobody yet"),
        sa.Column("approved_role", sa.String(length=2), comment="NULL: nobody approved yet"),
        sa.Column("approved_at", _TIME, comment="NULL: nobody approved yet"),
        sa.Column("due_at", _TIME, comment="nothing goes before; NULL: not approved"),
        sa.Column("retry_at", _TIME, comment="when it goes on after a trouble; NULL: at once"),
        sa.Column("why", sa.Text(), nullable=False, comment="last trouble; empty: none"),
        sa.Column("ended_at", _TIME, comment="NULL: not over"),
        sa.Column("ended_by", sa.String(length=64), comment="who withdrew it; NULL: nobody"),
        sa.Column("certificate", _HASH, comment="the document; NULL: none yet"),
        sa.Column("certificate_text", _HASH, comment="the same in words; NULL: none yet"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_purges")),
        comment="Removals that a person proposed and another one approves.",
    )
    op.create_index(op.f("ix_purges_due_at"), "purges", ["due_at"])


def _make_items() -> None:
    op.create_table(
        "purge_items",
        sa.Column("purge_id", sa.String(length=40), nullable=False),
        sa.Column("acct", sa.String(length=32), nullable=False),
        sa.Column("data_class", sa.String(length=16), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False, comment="the order in which they go"),
        sa.Column(
            "state",
            sa.String(length=8),
            nullable=False,
            comment="listed, running, done or refused",
        ),
        sa.Column(
            "why", sa.Text(), nullable=False, comment="why it was refused; empty: it was not"
        ),
        sa.Column("began_at", _TIME, comment="NULL: nothing of it has gone"),
        sa.Column("ended_at", _TIME, comment="NULL: not done and not refused"),
        sa.Column("cursor", sa.Text(), comment="the last record that has gone; NULL: none"),
        sa.Column("counts", sa.Text(), nullable=False, comment="what has gone, by kind, JSON"),
        sa.ForeignKeyConstraint(["acct"], ["accounts.acct"], name=op.f("fk_purge_items_acct")),
        sa.ForeignKeyConstraint(["purge_id"], ["purges.id"], name=op.f("fk_purge_items_purge_id")),
        sa.PrimaryKeyConstraint("purge_id", "acct", "data_class", name=op.f("pk_purge_items")),
        comment="What a purge removes: a class of an account each.",
    )
    op.create_index(op.f("ix_purge_items_acct"), "purge_items", ["acct"])


def _make_documents() -> None:
    op.create_table(
        "purged_documents",
        sa.Column("doc", _HASH, nullable=False),
        sa.Column("purge_id", sa.String(length=40), nullable=False),
        sa.Column("acct", sa.String(length=32), nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["purge_id"], ["purges.id"], name=op.f("fk_purged_documents_purge_id")
        ),
        sa.PrimaryKeyConstraint("doc", name=op.f("pk_purged_documents")),
        comment="What stays of documents that a purge removed.",
    )
