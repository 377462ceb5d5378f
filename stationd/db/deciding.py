"""The tables of terminations: cases, what two persons decide, letter forms that counsel signed."""

import sqlalchemy as sa

from stationd.db.columns import Hash, Time, metadata

__all__ = ["approvals", "case_facts", "case_steps", "cases", "letter_forms"]

cases = sa.Table(
    "cases",
    metadata,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("acct", sa.ForeignKey("accounts.acct"), nullable=False, index=True),
    sa.Column("contract_id", sa.ForeignKey("contracts.id"), nullable=False),
    sa.Column("open_contract_id", sa.String(40), unique=True, comment="NULL: the case is over"),
    sa.Column("reason", sa.String(32), nullable=False),
    sa.Column("state", sa.String(20), nullable=False),
    sa.Column("previous_state", sa.String(20), comment="to return to from a hold; NULL: none"),
    sa.Column("version", sa.Integer, nullable=False, comment="grows with every step"),
    sa.Column("overdue", sa.Boolean, nullable=False),
    sa.Column("opened_at", Time, nullable=False),
    sa.Column("opened_by", sa.String(64), nullable=False),
    sa.Column("noticed_at", Time, comment="NULL: no notice yet"),
    sa.Column("effective_at", Time, comment="NULL: no notice yet"),
    sa.Column("ended_at", Time, comment="NULL: service goes on"),
    sa.Column("closed_at", Time, comment="NULL: not closed"),
    comment="Terminations; open_contract_id being unique allows one open case a contract.",
)

case_facts = sa.Table(
    "case_facts",
    metadata,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("case_id", sa.ForeignKey("cases.id"), nullable=False, index=True),
    sa.Column("kind", sa.String(32), nullable=False),
    sa.Column("fact", sa.Text, nullable=False),
    sa.Column("doc", Hash, comment="its document; NULL: none"),
    sa.Column("author", sa.String(64), nullable=False),
    sa.Column("at", Time, nullable=False),
    sa.Column("compartment", sa.String(12), nullable=False, server_default="producible"),
    sa.Column(
        "seq", sa.Integer, nullable=False, server_default="0", comment="its number in the case"
    ),
    sa.Column(
        "version",
        sa.Integer,
        nullable=False,
        server_default="0",
        comment="of the case, when it was recorded; 0: not known",
    ),
    comment="What was recorded about a case; never changed.",
)

case_steps = sa.Table(
    "case_steps",
    metadata,
    sa.Column("case_id", sa.ForeignKey("cases.id"), primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("row", sa.String(4), nullable=False, comment="T1 … T19"),
    sa.Column("event", sa.String(32), nullable=False),
    sa.Column("from_state", sa.String(20), nullable=False),
    sa.Column("to_state", sa.String(20), nullable=False),
    sa.Column("by", sa.String(64), nullable=False),
    sa.Column("at", Time, nullable=False),
    sa.Column("results", sa.Text, nullable=False, comment="every guard's result"),
    sa.Column("results_hash", Hash, nullable=False),
    comment="Every step a case took.",
)

approvals = sa.Table(
    "approvals",
    metadata,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("case_id", sa.String(40), nullable=False, index=True),
    sa.Column("purpose", sa.String(8), nullable=False, comment="step or override"),
    sa.Column("row", sa.String(4), nullable=False, comment="the row it is for: T12 …"),
    sa.Column("guards", sa.Text, nullable=False, comment="guards that are waived, a list"),
    sa.Column("results", sa.Text, nullable=False, comment="the guards' results that were shown"),
    sa.Column("results_hash", Hash, nullable=False, comment="of them; it counts while it is this"),
    sa.Column("code", sa.String(32), nullable=False, comment="reason code; empty: none is needed"),
    sa.Column("doc", Hash, nullable=False, comment="what the asking person wrote"),
    sa.Column("file", Hash, comment="the document behind it; NULL: none"),
    sa.Column("asked_by", sa.String(64), nullable=False),
    sa.Column("asked_at", Time, nullable=False),
    sa.Column("decided_by", sa.String(64), comment="NULL: nobody yet"),
    sa.Column("decided_at", Time, comment="NULL: not yet"),
    sa.Column("approved", sa.Boolean, comment="NULL: not decided yet"),
    sa.Column("alone", sa.Boolean, nullable=False, comment="both acts by a sole operator"),
    sa.Column("used_at", Time, comment="when the step was taken with it; NULL: not"),
    comment="What a second person was asked to approve, and what they said.",
)

letter_forms = sa.Table(
    "letter_forms",
    metadata,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("kind", sa.String(24), nullable=False, comment="termination, confirmation …"),
    sa.Column("version", sa.String(40), nullable=False),
    sa.Column("jurisdiction", sa.String(32), nullable=False, comment="empty: any"),
    sa.Column("doc", Hash, nullable=False, comment="the form as signed off"),
    sa.Column("sign_off", Hash, comment="counsel's document; NULL: the attorney was logged in"),
    sa.Column("signed_by", sa.String(64), nullable=False),
    sa.Column("signed_at", Time, nullable=False),
    sa.Column("expires_at", Time, nullable=False),
    sa.Column("withdrawn_at", Time, comment="NULL: it counts until it expires"),
    sa.UniqueConstraint("kind", "version", "jurisdiction"),
    comment="Forms of letters that counsel signed off, and until when.",
)
