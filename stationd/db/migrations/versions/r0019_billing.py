"""Billing lines, what they come to, tasks of contact ladders, and what the board sorts by."""

import json

import sqlalchemy as sa
from alembic import op

from stationd.db import triggers

__all__ = ["upgrade"]

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables, and fill the column that comes from the contracts' terms."""
    _imports()
    _lines()
    _balances()
    _tasks()
    triggers.create(op.get_bind(), ("billing_imports", "billing_lines"))
    _contracts()


def _imports() -> None:
    op.create_table(
        "billing_imports",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("source", sa.String(length=32), nullable=False, comment="the billing system"),
        sa.Column("name", sa.String(length=200), nullable=False, comment="of the file"),
        sa.Column("sha256", sa.LargeBinary(length=32), nullable=False, comment="of the file"),
        sa.Column("by", sa.String(length=64), nullable=False),
        sa.Column("at", sa.String(length=27), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_billing_imports")),
        comment="Files that billing lines came from.",
    )


def _lines() -> None:
    day = sa.String(length=10)
    op.create_table(
        "billing_lines",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("contract_id", sa.String(length=40), nullable=False),
        sa.Column("source", sa.String(length=32), nullable=False, comment="the billing system"),
        sa.Column("number", sa.String(length=64), nullable=False, comment="its number there"),
        sa.Column("kind", sa.String(length=12), nullable=False, comment="invoice, payment …"),
        sa.Column("booked_on", day, nullable=False),
        sa.Column("due_on", day, comment="the last day to pay; NULL: its own day"),
        sa.Column("amount", sa.BigInteger(), nullable=False, comment="cents, positive"),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("period_from", day, comment="first day it pays for; NULL: none"),
        sa.Column("period_through", day, comment="last day it pays for; NULL: none"),
        sa.Column("import_id", sa.String(length=40), nullable=False),
        sa.Column("imported_at", sa.String(length=27), nullable=False),
        sa.ForeignKeyConstraint(
            ["contract_id"], ["contracts.id"], name=op.f("fk_billing_lines_contract_id")
        ),
        sa.ForeignKeyConstraint(
            ["import_id"],
            ["billing_imports.id"],
            name=op.f("fk_billing_lines_import_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_billing_lines")),
        sa.UniqueConstraint(
            "source", "number", "kind", name=op.f("uq_billing_lines_source_number_kind")
        ),
        comment="Invoices, payments, credits, as imported; never changed.",
    )
    op.create_index(op.f("ix_billing_lines_contract_id"), "billing_lines", ["contract_id"])


def _balances() -> None:
    day = sa.String(length=10)
    op.create_table(
        "billing_balances",
        sa.Column("contract_id", sa.String(length=40), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column(
            "balance", sa.BigInteger(), nullable=False, comment="cents; negative: paid ahead"
        ),
        sa.Column("overdue", sa.BigInteger(), nullable=False, comment="cents"),
        sa.Column("oldest_due", day, comment="of what is unpaid; NULL: nothing is"),
        sa.Column("paid_through", day, comment="NULL: no invoice has a period"),
        sa.Column(
            "standing", sa.String(length=20), nullable=False, comment="what the days past due make"
        ),
        sa.Column("on_day", day, nullable=False, comment="the day it was computed for"),
        sa.Column("look_on", day, comment="the day it changes by itself; NULL: none"),
        sa.Column(
            "policy", sa.String(length=24), nullable=False, comment="the days of grace it stands on"
        ),
        sa.ForeignKeyConstraint(
            ["contract_id"],
            ["contracts.id"],
            name=op.f("fk_billing_balances_contract_id"),
        ),
        sa.PrimaryKeyConstraint("contract_id", name=op.f("pk_billing_balances")),
        comment="What the lines of each contract come to; derived, made anew by `billing check`.",
    )
    op.create_index(op.f("ix_billing_balances_oldest_due"), "billing_balances", ["oldest_due"])
    op.create_index(op.f("ix_billing_balances_look_on"), "billing_balances", ["look_on"])


def _tasks() -> None:
    op.create_table(
        "contact_tasks",
        sa.Column("case_id", sa.String(length=40), nullable=False),
        sa.Column("step", sa.String(length=32), nullable=False, comment="of the case's ladder"),
        sa.Column("title", sa.Text(), nullable=False, comment="what is to be done"),
        sa.Column("due_at", sa.String(length=27), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_contact_tasks_case_id")),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_contact_tasks")),
        comment="What a case's contact ladder asks for next; derived from its facts.",
    )
    op.create_index(op.f("ix_contact_tasks_due_at"), "contact_tasks", ["due_at"])


def _contracts() -> None:
    op.add_column(
        "contracts",
        sa.Column("tier", sa.String(length=12), comment="of the terms; NULL: none is told"),
    )
    op.add_column(
        "contracts",
        sa.Column(
            "renews_on", sa.String(length=10), comment="next renewal, by the terms; NULL: none"
        ),
    )
    op.create_index(op.f("ix_contracts_tier"), "contracts", ["tier"])
    op.create_index(op.f("ix_contracts_renews_on"), "contracts", ["renews_on"])
    # The job of the renewals fills the other column.
    contracts = sa.table(
        "contracts", sa.column("id"), sa.column("terms"), sa.column("tier", sa.String())
    )
    connection = op.get_bind()
    tiers = [
        {"key": row.id, "tier": tier}
        for row in connection.execute(sa.select(contracts.c.id, contracts.c.terms))
        if (tier := json.loads(row.terms).get("tier"))
    ]
    if tiers:
        one = contracts.c.id == sa.bindparam("key")
        connection.execute(sa.update(contracts).where(one).values(tier=sa.bindparam("tier")), tiers)
