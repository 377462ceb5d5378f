"""Cases, bundles, due steps, leases and checks."""

import sqlalchemy as sa
from alembic import op

from stationd.db import triggers

__all__ = ["upgrade"]

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_APPEND_ONLY = ("case_facts", "case_steps")


def upgrade() -> None:
    """Make the tables."""
    _make_checks()
    _make_leases()
    _make_orders()
    _make_objects()
    _make_cases()
    _make_case_facts()
    _make_case_steps()
    _make_due_steps()
    triggers.create(op.get_bind(), _APPEND_ONLY)


def _make_checks() -> None:
    op.create_table(
        "checks",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("outcome", sa.String(length=12), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("at", sa.String(length=27), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_checks")),
        comment="Last outcome of each check of our surroundings, such as the archive's.",
    )


def _make_leases() -> None:
    op.create_table(
        "leases",
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("holder", sa.String(length=64), nullable=False),
        sa.Column("until", sa.String(length=27), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_leases")),
        comment="One worker at a time holds the lease for schedule, checkpoints and bundles.",
    )


def _make_orders() -> None:
    op.create_table(
        "orders",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column(
            "kind", sa.String(length=12), nullable=False, comment="primary, closing or on_request"
        ),
        sa.Column("acct", sa.String(length=32), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.String(length=40), nullable=True, comment="NULL: no case"),
        sa.Column("ordered_by", sa.String(length=64), nullable=False),
        sa.Column("ordered_at", sa.String(length=27), nullable=False),
        sa.Column(
            "state",
            sa.String(length=12),
            nullable=False,
            comment="ordered built stored verified failed",
        ),
        sa.Column("checkpoint", sa.BigInteger(), nullable=True, comment="NULL: none yet"),
        sa.Column(
            "name",
            sa.String(length=200),
            nullable=True,
            comment="base name; NULL: no checkpoint yet",
        ),
        sa.Column("facts", sa.Text(), nullable=True, comment="frozen facts; NULL: none yet"),
        sa.Column("content_id", sa.String(length=64), nullable=True, comment="NULL: not built"),
        sa.Column("retain_until", sa.String(length=27), nullable=True, comment="NULL: not decided"),
        sa.Column("legal_hold", sa.Boolean(), nullable=False),
        sa.Column("records", sa.BigInteger(), nullable=True, comment="NULL: not built"),
        sa.Column("progress", sa.Integer(), nullable=False, comment="0 … 100"),
        sa.Column("why", sa.Text(), nullable=False, comment="last trouble; empty: none"),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("retry_at", sa.String(length=27), nullable=False),
        sa.Column(
            "lease_by", sa.String(length=64), nullable=True, comment="NULL: nobody works on it"
        ),
        sa.Column(
            "lease_until", sa.String(length=27), nullable=True, comment="NULL: nobody works on it"
        ),
        sa.Column(
            "verified_at",
            sa.String(length=27),
            nullable=True,
            comment="last good read-back; NULL: none",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_orders")),
        comment="Bundles ordered, and how far each is.",
    )
    op.create_index(op.f("ix_orders_acct"), "orders", ["acct"], unique=False)


def _make_objects() -> None:
    op.create_table(
        "objects",
        sa.Column("order_id", sa.String(length=40), nullable=False),
        sa.Column("file", sa.String(length=255), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("path", sa.Text(), nullable=False, comment="sealed local copy"),
        sa.Column("version_id", sa.Text(), nullable=True, comment="NULL: not stored yet"),
        sa.Column(
            "retain_until",
            sa.String(length=27),
            nullable=True,
            comment="as the store told; NULL: not stored yet",
        ),
        sa.Column(
            "mode",
            sa.String(length=12),
            nullable=True,
            comment="lock mode as the store told; NULL: not stored yet",
        ),
        sa.Column(
            "legal_hold",
            sa.Boolean(),
            nullable=True,
            comment="as the store told; NULL: not stored yet",
        ),
        sa.Column(
            "verified_at", sa.String(length=27), nullable=True, comment="NULL: not read back yet"
        ),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_objects_order_id")),
        sa.PrimaryKeyConstraint("order_id", "file", name=op.f("pk_objects")),
        comment="Files of a bundle; their hashes are recorded before the first upload.",
    )


def _make_cases() -> None:
    op.create_table(
        "cases",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("acct", sa.String(length=32), nullable=False),
        sa.Column("contract_id", sa.String(length=40), nullable=False),
        sa.Column(
            "open_contract_id",
            sa.String(length=40),
            nullable=True,
            comment="NULL: the case is over",
        ),
        sa.Column("reason", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column(
            "previous_state",
            sa.String(length=20),
            nullable=True,
            comment="to return to from a hold; NULL: none",
        ),
        sa.Column("version", sa.Integer(), nullable=False, comment="grows with every step"),
        sa.Column("overdue", sa.Boolean(), nullable=False),
        sa.Column("opened_at", sa.String(length=27), nullable=False),
        sa.Column("opened_by", sa.String(length=64), nullable=False),
        sa.Column("noticed_at", sa.String(length=27), nullable=True, comment="NULL: no notice yet"),
        sa.Column(
            "effective_at", sa.String(length=27), nullable=True, comment="NULL: no notice yet"
        ),
        sa.Column("ended_at", sa.String(length=27), nullable=True, comment="NULL: service goes on"),
        sa.Column("closed_at", sa.String(length=27), nullable=True, comment="NULL: not closed"),
        sa.ForeignKeyConstraint(["acct"], ["accounts.acct"], name=op.f("fk_cases_acct")),
        sa.ForeignKeyConstraint(
            ["contract_id"], ["contracts.id"], name=op.f("fk_cases_contract_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cases")),
        sa.UniqueConstraint("open_contract_id", name=op.f("uq_cases_open_contract_id")),
        comment="Terminations; open_contract_id being unique allows one open case a contract.",
    )
    op.create_index(op.f("ix_cases_acct"), "cases", ["acct"], unique=False)


def _make_case_facts() -> None:
    op.create_table(
        "case_facts",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("case_id", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("fact", sa.Text(), nullable=False),
        sa.Column(
            "doc", sa.LargeBinary(length=32), nullable=True, comment="its document; NULL: none"
        ),
        sa.Column("author", sa.String(length=64), nullable=False),
        sa.Column("at", sa.String(length=27), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_case_facts_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_facts")),
        comment="What was recorded about a case; never changed.",
    )
    op.create_index(op.f("ix_case_facts_case_id"), "case_facts", ["case_id"], unique=False)


def _make_case_steps() -> None:
    op.create_table(
        "case_steps",
        sa.Column("case_id", sa.String(length=40), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("row", sa.String(length=4), nullable=False, comment="T1 … T19"),
        sa.Column("event", sa.String(length=32), nullable=False),
        sa.Column("from_state", sa.String(length=20), nullable=False),
        sa.Column("to_state", sa.String(length=20), nullable=False),
        sa.Column("by", sa.String(length=64), nullable=False),
        sa.Column("at", sa.String(length=27), nullable=False),
        sa.Column("results", sa.Text(), nullable=False, comment="every guard's result"),
        sa.Column("results_hash", sa.LargeBinary(length=32), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_case_steps_case_id")),
        sa.PrimaryKeyConstraint("case_id", "version", name=op.f("pk_case_steps")),
        comment="Every step a case took.",
    )


def _make_due_steps() -> None:
    op.create_table(
        "due_steps",
        sa.Column("case_id", sa.String(length=40), nullable=False),
        sa.Column("step", sa.String(length=24), nullable=False),
        sa.Column("due_at", sa.String(length=27), nullable=False),
        sa.Column("done_at", sa.String(length=27), nullable=True, comment="NULL: still due"),
        sa.Column("outcome", sa.Text(), nullable=True, comment="NULL: still due"),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_due_steps_case_id")),
        sa.PrimaryKeyConstraint("case_id", "step", "due_at", name=op.f("pk_due_steps")),
        comment="When a case must be looked at again; the scheduler reads this and owns nothing.",
    )
    # ### end Alembic commands ###
