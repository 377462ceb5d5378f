"""The tables of supervision: when lines were heard, how accounts stand, silences, gaps."""

import sqlalchemy as sa

from stationd.db.columns import Time, metadata

__all__ = ["gaps", "heard_hours", "silences", "starts", "supervision"]

starts = sa.Table(
    "starts",
    metadata,
    sa.Column("journal", sa.String(32), primary_key=True),
    sa.Column("first_at", Time, comment="when its first entry came; NULL: that was purged"),
    sa.Column("started_at", Time, comment="its daemon's last start; NULL: none was told"),
    sa.Column("boot", sa.String(40), comment="the machine's boot id then; NULL: not told"),
    comment="When each journal began, and when the daemon that writes it last started.",
)

heard_hours = sa.Table(
    "heard_hours",
    metadata,
    sa.Column("listener", sa.String(32), primary_key=True),
    sa.Column("hour", sa.BigInteger, primary_key=True, autoincrement=False, comment="since 1970"),
    sa.Column("minutes", sa.BigInteger, nullable=False, comment="bit n: heard in minute n"),
    comment="When each listener was heard: proof that its line lived while an account was silent.",
)

supervision = sa.Table(
    "supervision",
    metadata,
    sa.Column("acct", sa.ForeignKey("accounts.acct"), primary_key=True),
    sa.Column("way", sa.String(8), primary_key=True, comment="tests or polls"),
    sa.Column("receiver_group", sa.String(32), primary_key=True, comment="empty: tests"),
    sa.Column("number", sa.String(40), primary_key=True, comment="empty: tests"),
    sa.Column("interval", sa.Integer, nullable=False, comment="seconds; 0: not known yet"),
    sa.Column("grace", sa.Integer, nullable=False, comment="seconds"),
    sa.Column("counts", sa.String(8), nullable=False, comment="what is a test: test or any"),
    sa.Column("state", sa.String(8), nullable=False, comment="ok, late, missed or returned"),
    sa.Column("since", Time, nullable=False),
    sa.Column("why", sa.Text, nullable=False),
    sa.Column("supervised_at", Time, nullable=False),
    sa.Column("heard_at", Time, comment="as of the last look; NULL: not yet"),
    sa.Column("told_at", Time, comment="last entry about its polls; NULL: none"),
    sa.Column("longest", sa.Integer, nullable=False, comment="longest silence, seconds"),
    sa.Column("listener", sa.String(32), nullable=False, comment="empty: not known"),
    sa.Column("epoch", sa.Integer, nullable=False, comment="the last signal looked at"),
    sa.Column("seq", sa.BigInteger, nullable=False),
    sa.Column("due_at", Time, index=True, comment="NULL: not before something is heard"),
    sa.Index("ix_supervision_state", "state"),
    comment="How each supervised account stands: one row a way in which it is supervised.",
)

silences = sa.Table(
    "silences",
    metadata,
    sa.Column("acct", sa.ForeignKey("accounts.acct"), primary_key=True),
    sa.Column("way", sa.String(8), primary_key=True, comment="tests or polls"),
    sa.Column("receiver_group", sa.String(32), primary_key=True, comment="empty: tests"),
    sa.Column("number", sa.String(40), primary_key=True, comment="empty: tests"),
    sa.Column("began_at", Time, primary_key=True, comment="last sign of life before"),
    sa.Column("missed_at", Time, nullable=False),
    sa.Column("ended_at", Time, comment="NULL: it lasts"),
    sa.Column("listener", sa.String(32), nullable=False, comment="empty: not known"),
    sa.Column("interval", sa.Integer, nullable=False, comment="seconds"),
    sa.Column("patience", sa.Integer, nullable=False, comment="seconds until it was missed"),
    sa.Column("alive_at", Time, comment="others heard last before the miss; NULL: not told"),
    comment="Times in which an account was not heard though it should have been.",
)

gaps = sa.Table(
    "gaps",
    metadata,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("listener", sa.String(32), nullable=False, comment="empty: the whole node"),
    sa.Column("node", sa.String(32), nullable=False),
    sa.Column("cause", sa.String(24), nullable=False),
    sa.Column("began_at", Time, nullable=False),
    sa.Column("ended_at", Time, comment="NULL: still open"),
    sa.Column("detail", sa.Text, nullable=False),
    comment="Spans in which we cannot vouch that a signal would have been recorded.",
)
