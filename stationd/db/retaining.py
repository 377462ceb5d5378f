"""The tables of retention: holds, and what was handed out."""

import sqlalchemy as sa

from stationd.db.columns import Time, metadata

__all__ = ["holds"]

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
