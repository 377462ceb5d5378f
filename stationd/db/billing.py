"""The tables of billing: lines as imported, the imports, and what the lines come to."""

import sqlalchemy as sa

from stationd.db.columns import Hash, Time, metadata

__all__ = ["billing_balances", "billing_imports", "billing_lines", "contact_tasks"]

_Day = sa.String(10)

billing_imports = sa.Table(
    "billing_imports",
    metadata,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("source", sa.String(32), nullable=False, comment="the billing system"),
    sa.Column("name", sa.String(200), nullable=False, comment="of the file"),
    sa.Column("sha256", Hash, nullable=False, comment="of the file"),
    sa.Column("by", sa.String(64), nullable=False),
    sa.Column("at", Time, nullable=False),
    comment="Files that billing lines came from.",
)

billing_lines = sa.Table(
    "billing_lines",
    metadata,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("contract_id", sa.ForeignKey("contracts.id"), nullable=False, index=True),
    sa.Column("source", sa.String(32), nullable=False, comment="the billing system"),
    sa.Column("number", sa.String(64), nullable=False, comment="its number there"),
    sa.Column("kind", sa.String(12), nullable=False, comment="invoice, payment …"),
    sa.Column("booked_on", _Day, nullable=False),
    sa.Column("due_on", _Day, comment="the last day to pay; NULL: its own day"),
    sa.Column("amount", sa.BigInteger, nullable=False, comment="cents, positive"),
    sa.Column("currency", sa.String(3), nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("period_from", _Day, comment="first day it pays for; NULL: none"),
    sa.Column("period_through", _Day, comment="last day it pays for; NULL: none"),
    sa.Column("import_id", sa.ForeignKey("billing_imports.id"), nullable=False),
    sa.Column("imported_at", Time, nullable=False),
    sa.UniqueConstraint("source", "number", "kind"),
    comment="Invoices, payments, credits, as imported; never changed.",
)

billing_balances = sa.Table(
    "billing_balances",
    metadata,
    sa.Column("contract_id", sa.ForeignKey("contracts.id"), primary_key=True),
    sa.Column("currency", sa.String(3), nullable=False),
    sa.Column("balance", sa.BigInteger, nullable=False, comment="cents; negative: paid ahead"),
    sa.Column("overdue", sa.BigInteger, nullable=False, comment="cents"),
    sa.Column("oldest_due", _Day, index=True, comment="of what is unpaid; NULL: nothing is"),
    sa.Column("paid_through", _Day, comment="NULL: no invoice has a period"),
    sa.Column("standing", sa.String(20), nullable=False, comment="what the days past due make"),
    sa.Column("on_day", _Day, nullable=False, comment="the day it was computed for"),
    sa.Column("look_on", _Day, index=True, comment="the day it changes by itself; NULL: none"),
    sa.Column("policy", sa.String(24), nullable=False, comment="the days of grace it stands on"),
    comment="What the lines of each contract come to; derived, made anew by `billing check`.",
)

contact_tasks = sa.Table(
    "contact_tasks",
    metadata,
    sa.Column("case_id", sa.ForeignKey("cases.id"), primary_key=True),
    sa.Column("step", sa.String(32), nullable=False, comment="of the case's ladder"),
    sa.Column("title", sa.Text, nullable=False, comment="what is to be done"),
    sa.Column("due_at", Time, nullable=False, index=True),
    comment="What a case's contact ladder asks for next; derived from its facts.",
)
