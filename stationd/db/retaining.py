"""The tables of retention: holds, what was handed out, how long things are kept, purges."""

import sqlalchemy as sa

from stationd.db.columns import Hash, Time, metadata

__all__ = [
    "handouts",
    "holds",
    "purge_items",
    "purged_documents",
    "purges",
    "recipients",
    "retention_rules",
]

holds = sa.Table(
    "holds",
    metadata,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("kind", sa.String(8), nullable=False, comment="records or service"),
    sa.Column("acct", sa.ForeignKey("accounts.acct"), index=True, comment="NULL: a wider scope"),
    sa.Column("case_id", sa.String(40), comment="the case whose own hold it is; NULL: none"),
    sa.Column("ground", sa.Text, nullable=False),
    sa.Column("author", sa.String(64), nullable=False),
    sa.Column("set_at", Time, nullable=False),
    sa.Column("review_at", Time, comment="NULL: while the case is open"),
    sa.Column("lifted_at", Time, comment="NULL: in force"),
    sa.Column("lifted_by", sa.Text, comment="NULL: in force"),
    sa.Column(
        "scope",
        sa.String(8),
        nullable=False,
        server_default="account",
        comment="account, site, customer, receiver or station",
    ),
    sa.Column("scope_id", sa.String(64), comment="site, customer or receiver group; NULL: none"),
    sa.Column("since", Time, comment="only what was kept from then on; NULL: always"),
    sa.Column("until", Time, comment="only what was kept before; NULL: always"),
    sa.Column("lift_asked_by", sa.String(64), comment="who asked to lift it; NULL: nobody"),
    sa.Column("lift_asked_at", Time, comment="NULL: nobody asked"),
    sa.Column("lift_doc", sa.LargeBinary(32), comment="counsel's document; NULL: none given"),
    comment="Orders that stop removal or ending.",
)

handouts = sa.Table(
    "handouts",
    metadata,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("order_id", sa.ForeignKey("orders.id"), nullable=False, index=True),
    sa.Column("way", sa.String(8), nullable=False, comment="link or copy"),
    sa.Column("recipient", sa.Text, nullable=False, comment="the one person it is for"),
    sa.Column("purpose", sa.Text, nullable=False),
    sa.Column("doc", sa.LargeBinary(32), nullable=False, comment="recipient and purpose"),
    sa.Column("asked_by", sa.String(64), nullable=False),
    sa.Column("asked_at", Time, nullable=False),
    sa.Column("valid", sa.Integer, nullable=False, comment="seconds that links are good; 0: none"),
    sa.Column("state", sa.String(8), nullable=False, comment="asked, ready, done or refused"),
    sa.Column("why", sa.Text, nullable=False, comment="why it was refused; empty: it was not"),
    sa.Column("links", sa.Text, comment="sealed addresses by file; NULL: none, or no longer"),
    sa.Column("made_at", Time, comment="NULL: not verified and made yet"),
    sa.Column("expires_at", Time, comment="of the links; NULL: none"),
    sa.Column("count", sa.Integer, nullable=False, comment="times shown or copied"),
    sa.Column("certificate", sa.String(64), comment="it is enveloped to; NULL: it is not"),
    sa.Column("compartment", sa.String(12), comment="its archive alone; NULL: the bundle"),
    sa.Index("ix_handouts_state", "state"),
    comment="What was handed out of bundles: to whom, for what, how often.",
)

recipients = sa.Table(
    "recipients",
    metadata,
    sa.Column("fingerprint", sa.String(64), primary_key=True, comment="SHA-256, hex"),
    sa.Column("name", sa.Text, nullable=False, comment="the one person"),
    sa.Column("pem", sa.Text, nullable=False, comment="the certificate"),
    sa.Column("subject", sa.Text, nullable=False, comment="as the certificate has it"),
    sa.Column("key", sa.String(40), nullable=False, comment="kind and size of its key"),
    sa.Column("until", Time, nullable=False, comment="when it ends by itself"),
    sa.Column("added_by", sa.String(64), nullable=False),
    sa.Column("added_at", Time, nullable=False),
    sa.Column("ended_at", Time, comment="NULL: in use"),
    comment="Certificates that copies can be enveloped to.",
)

retention_rules = sa.Table(
    "retention_rules",
    metadata,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("data_class", sa.String(16), nullable=False),
    sa.Column("months", sa.Integer, nullable=False),
    sa.Column("jurisdiction", sa.String(32), nullable=False, comment="empty: any"),
    sa.Column("dealer_id", sa.String(40), nullable=False, comment="empty: any"),
    sa.Column("source", sa.Text, nullable=False, comment="the law, contract or letter behind it"),
    sa.Column("author", sa.String(64), nullable=False),
    sa.Column("set_at", Time, nullable=False),
    comment="How long classes are kept where that is not the default; the last one set counts.",
)

purges = sa.Table(
    "purges",
    metadata,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("state", sa.String(10), nullable=False, comment="proposed approved ended withdrawn"),
    sa.Column("ground", sa.Text, nullable=False),
    sa.Column("list", sa.Text, nullable=False, comment="what goes, canonical JSON"),
    sa.Column("list_sha256", sa.String(64), nullable=False, comment="what was approved"),
    sa.Column("proposed_by", sa.String(64), nullable=False),
    sa.Column("proposed_role", sa.String(2), nullable=False),
    sa.Column("proposed_at", Time, nullable=False),
    sa.Column("approved_by", sa.String(64), comment="another person; NULL: nobody yet"),
    sa.Column("approved_role", sa.String(2), comment="NULL: nobody approved yet"),
    sa.Column("approved_at", Time, comment="NULL: nobody approved yet"),
    sa.Column("due_at", Time, index=True, comment="nothing goes before; NULL: not approved"),
    sa.Column("retry_at", Time, comment="when it goes on after a trouble; NULL: at once"),
    sa.Column("why", sa.Text, nullable=False, comment="last trouble; empty: none"),
    sa.Column("ended_at", Time, comment="NULL: not over"),
    sa.Column("ended_by", sa.String(64), comment="who withdrew it; NULL: nobody"),
    sa.Column("certificate", Hash, comment="the document; NULL: none yet"),
    sa.Column("certificate_text", Hash, comment="the same in words; NULL: none yet"),
    comment="Removals that a person proposed and another one approves.",
)

purge_items = sa.Table(
    "purge_items",
    metadata,
    sa.Column("purge_id", sa.ForeignKey("purges.id"), primary_key=True),
    sa.Column("acct", sa.ForeignKey("accounts.acct"), primary_key=True, index=True),
    sa.Column("data_class", sa.String(16), primary_key=True),
    sa.Column("place", sa.Integer, nullable=False, comment="the order in which they go"),
    sa.Column("state", sa.String(8), nullable=False, comment="listed, running, done or refused"),
    sa.Column("why", sa.Text, nullable=False, comment="why it was refused; empty: it was not"),
    sa.Column("began_at", Time, comment="NULL: nothing of it has gone"),
    sa.Column("ended_at", Time, comment="NULL: not done and not refused"),
    sa.Column("cursor", sa.Text, comment="the last record that has gone; NULL: none"),
    sa.Column("counts", sa.Text, nullable=False, comment="what has gone, by kind, JSON"),
    comment="What a purge removes: a class of an account each.",
)

purged_documents = sa.Table(
    "purged_documents",
    metadata,
    sa.Column("doc", Hash, primary_key=True),
    sa.Column("purge_id", sa.ForeignKey("purges.id"), nullable=False),
    sa.Column("acct", sa.String(32), nullable=False),
    sa.Column("at", Time, nullable=False),
    comment="What stays of documents that a purge removed.",
)
