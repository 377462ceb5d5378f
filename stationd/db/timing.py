"""The tables of what the clock brings: rounds, tasks for people, pages, the platform's lists."""

import sqlalchemy as sa

from stationd.db.columns import Hash, Time, metadata

__all__ = [
    "clearances",
    "list_findings",
    "page_sends",
    "pages",
    "platform_lists",
    "rounds",
    "tasks",
    "vanished",
]

rounds = sa.Table(
    "rounds",
    metadata,
    sa.Column("name", sa.String(32), primary_key=True),
    sa.Column("ran_at", Time, comment="when it last went well; NULL: not yet"),
    sa.Column("next_at", Time, nullable=False, comment="when it is due"),
    sa.Column("tries", sa.Integer, nullable=False, comment="failures since it last went well"),
    sa.Column("said", sa.Text, nullable=False, comment="what the last try came to"),
    comment="What is done station-wide every hour, day, week or month: last and next time.",
)

tasks = sa.Table(
    "tasks",
    metadata,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("job", sa.String(24), nullable=False, comment="what asks for it"),
    sa.Column("subject", sa.String(64), nullable=False, comment="a case, a hold"),
    sa.Column("due_at", Time, nullable=False, comment="the instant that brought it"),
    sa.Column("said", sa.Text, nullable=False, comment="what somebody is to do"),
    sa.Column("made_at", Time, nullable=False),
    sa.Column("done_at", Time, comment="NULL: nobody has done it"),
    sa.Column("done_by", sa.String(64), comment="NULL: nobody has done it"),
    sa.Column("outcome", sa.Text, comment="what they say came of it; NULL: not done"),
    sa.UniqueConstraint("job", "subject", "due_at"),
    sa.Index("ix_tasks_done_at", "done_at"),
    comment="What people are to do because its time has come.",
)

pages = sa.Table(
    "pages",
    metadata,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("kind", sa.String(24), nullable=False),
    sa.Column("subject", sa.String(64), nullable=False, comment="a case, an order, an account"),
    sa.Column("said", sa.Text, nullable=False),
    sa.Column("began_at", Time, nullable=False),
    sa.Column("turn", sa.Integer, nullable=False, comment="how often it was told; 1: once"),
    sa.Column("repeat_at", Time, comment="when it is told again; NULL: never"),
    sa.Column("acked_at", Time, comment="when somebody took it on; NULL: nobody has"),
    sa.Column("acked_by", sa.String(64), comment="NULL: nobody has"),
    sa.Column("ended_at", Time, comment="when it was no longer so; NULL: it lasts"),
    sa.Index("ix_pages_ended_at", "ended_at"),
    comment="What people, or other programs, have to be told through the hooks.",
)

page_sends = sa.Table(
    "page_sends",
    metadata,
    sa.Column("page_id", sa.ForeignKey("pages.id"), primary_key=True),
    sa.Column("turn", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("hook", sa.String(32), primary_key=True),
    sa.Column("state", sa.String(8), nullable=False, comment="waiting, sent or dropped"),
    sa.Column("tries", sa.Integer, nullable=False),
    sa.Column("next_at", Time, nullable=False, comment="when it is tried, while it waits"),
    sa.Column("sent_at", Time, comment="NULL: not sent"),
    sa.Column("said", sa.Text, nullable=False, comment="last trouble; empty: none"),
    sa.Index("ix_page_sends_state", "state"),
    comment="What each hook was given of each page, and how that went.",
)

clearances = sa.Table(
    "clearances",
    metadata,
    sa.Column("case_id", sa.ForeignKey("cases.id"), primary_key=True),
    sa.Column("doc", Hash, nullable=False, comment="the receipt, as signed"),
    sa.Column("signature", sa.LargeBinary, nullable=False, comment="CMS, detached, DER"),
    sa.Column("made_at", Time, nullable=False),
    comment="Receipts by which automation and billing may close an account too.",
)

platform_lists = sa.Table(
    "platform_lists",
    metadata,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("name", sa.String(200), nullable=False, comment="of the file"),
    sa.Column("sha256", sa.String(64), nullable=False),
    sa.Column("at", Time, nullable=False),
    sa.Column("by", sa.String(64), nullable=False),
    sa.Column("accounts", sa.Integer, nullable=False, comment="how many it names"),
    sa.Column("state", sa.String(8), nullable=False, comment="taken or refused"),
    sa.Column("said", sa.Text, nullable=False, comment="why it was refused, or what it showed"),
    comment="Lists of the automation platform's accounts that were compared with ours.",
)

list_findings = sa.Table(
    "list_findings",
    metadata,
    sa.Column("list_id", sa.ForeignKey("platform_lists.id"), primary_key=True),
    sa.Column("kind", sa.String(12), primary_key=True, comment="gone, back, unknown or reused"),
    sa.Column("what", sa.String(80), primary_key=True, comment="account, or group and number"),
    sa.Column("said", sa.Text, nullable=False),
    comment="How a list differs from our accounts.",
)

vanished = sa.Table(
    "vanished",
    metadata,
    sa.Column("acct", sa.ForeignKey("accounts.acct"), primary_key=True),
    sa.Column("gone_at", Time, primary_key=True, comment="when a list first lacked it"),
    sa.Column("list_id", sa.ForeignKey("platform_lists.id"), nullable=False),
    sa.Column("order_id", sa.String(40), comment="the bundle ordered at once; NULL: none could"),
    sa.Column("ended_at", Time, comment="when a list had it again, or a case was there; NULL: not"),
    sa.Index("ix_vanished_ended_at", "ended_at"),
    comment="Accounts that went from the automation platform without a case here.",
)
