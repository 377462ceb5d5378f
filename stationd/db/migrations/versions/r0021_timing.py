"""What the clock brings: rounds, tasks for people, pages, the platform's lists, receipts."""

import sqlalchemy as sa
from alembic import op

__all__ = ["upgrade"]

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    _rounds()
    _tasks()
    _pages()
    _page_sends()
    _clearances()
    _platform_lists()
    _list_findings()
    _vanished()


def _rounds() -> None:
    time = sa.String(length=27)
    op.create_table(
        "rounds",
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("ran_at", time, comment="when it last went well; NULL: not yet"),
        sa.Column("next_at", time, nullable=False, comment="when it is due"),
        sa.Column(
            "tries", sa.Integer(), nullable=False, comment="failures since it last went well"
        ),
        sa.Column("said", sa.Text(), nullable=False, comment="what the last try came to"),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_rounds")),
        comment="What is done station-wide every hour, day, week or month: last and next time.",
    )


def _tasks() -> None:
    time = sa.String(length=27)
    op.create_table(
        "tasks",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("job", sa.String(length=24), nullable=False, comment="what asks for it"),
        sa.Column("subject", sa.String(length=64), nullable=False, comment="a case, a hold"),
        sa.Column("due_at", time, nullable=False, comment="the instant that brought it"),
        sa.Column("said", sa.Text(), nullable=False, comment="what somebody is to do"),
        sa.Column("made_at", time, nullable=False),
        sa.Column("done_at", time, comment="NULL: nobody has done it"),
        sa.Column("done_by", sa.String(length=64), comment="NULL: nobody has done it"),
        sa.Column("outcome", sa.Text(), comment="what they say came of it; NULL: not done"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tasks")),
        sa.UniqueConstraint("job", "subject", "due_at", name=op.f("uq_tasks_job_subject_due_at")),
        comment="What people are to do because its time has come.",
    )
    op.create_index(op.f("ix_tasks_done_at"), "tasks", ["done_at"])


def _pages() -> None:
    time = sa.String(length=27)
    op.create_table(
        "pages",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column(
            "subject", sa.String(length=64), nullable=False, comment="a case, an order, an account"
        ),
        sa.Column("said", sa.Text(), nullable=False),
        sa.Column("began_at", time, nullable=False),
        sa.Column("turn", sa.Integer(), nullable=False, comment="how often it was told; 1: once"),
        sa.Column("repeat_at", time, comment="when it is told again; NULL: never"),
        sa.Column("acked_at", time, comment="when somebody took it on; NULL: nobody has"),
        sa.Column("acked_by", sa.String(length=64), comment="NULL: nobody has"),
        sa.Column("ended_at", time, comment="when it was no longer so; NULL: it lasts"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pages")),
        comment="What people, or other programs, have to be told through the hooks.",
    )
    op.create_index(op.f("ix_pages_ended_at"), "pages", ["ended_at"])


def _page_sends() -> None:
    time = sa.String(length=27)
    op.create_table(
        "page_sends",
        sa.Column("page_id", sa.String(length=40), nullable=False),
        sa.Column("turn", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("hook", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False, comment="waiting, sent or dropped"),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("next_at", time, nullable=False, comment="when it is tried, while it waits"),
        sa.Column("sent_at", time, comment="NULL: not sent"),
        sa.Column("said", sa.Text(), nullable=False, comment="last trouble; empty: none"),
        sa.ForeignKeyConstraint(["page_id"], ["pages.id"], name=op.f("fk_page_sends_page_id")),
        sa.PrimaryKeyConstraint("page_id", "turn", "hook", name=op.f("pk_page_sends")),
        comment="What each hook was given of each page, and how that went.",
    )
    op.create_index(op.f("ix_page_sends_state"), "page_sends", ["state"])


def _clearances() -> None:
    time = sa.String(length=27)
    op.create_table(
        "clearances",
        sa.Column("case_id", sa.String(length=40), nullable=False),
        sa.Column(
            "doc", sa.LargeBinary(length=32), nullable=False, comment="the receipt, as signed"
        ),
        sa.Column("signature", sa.LargeBinary(), nullable=False, comment="CMS, detached, DER"),
        sa.Column("made_at", time, nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_clearances_case_id")),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_clearances")),
        comment="Receipts by which automation and billing may close an account too.",
    )


def _platform_lists() -> None:
    time = sa.String(length=27)
    op.create_table(
        "platform_lists",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False, comment="of the file"),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("at", time, nullable=False),
        sa.Column("by", sa.String(length=64), nullable=False),
        sa.Column("accounts", sa.Integer(), nullable=False, comment="how many it names"),
        sa.Column("state", sa.String(length=8), nullable=False, comment="taken or refused"),
        sa.Column(
            "said", sa.Text(), nullable=False, comment="why it was refused, or what it showed"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_platform_lists")),
        comment="Lists of the automation platform's accounts that were compared with ours.",
    )


def _list_findings() -> None:
    op.create_table(
        "list_findings",
        sa.Column("list_id", sa.String(length=40), nullable=False),
        sa.Column(
            "kind", sa.String(length=12), nullable=False, comment="gone, back, unknown or reused"
        ),
        sa.Column(
            "what", sa.String(length=80), nullable=False, comment="account, or group and number"
        ),
        sa.Column("said", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["list_id"], ["platform_lists.id"], name=op.f("fk_list_findings_list_id")
        ),
        sa.PrimaryKeyConstraint("list_id", "kind", "what", name=op.f("pk_list_findings")),
        comment="How a list differs from our accounts.",
    )


def _vanished() -> None:
    time = sa.String(length=27)
    op.create_table(
        "vanished",
        sa.Column("acct", sa.String(length=32), nullable=False),
        sa.Column("gone_at", time, nullable=False, comment="when a list first lacked it"),
        sa.Column("list_id", sa.String(length=40), nullable=False),
        sa.Column(
            "order_id", sa.String(length=40), comment="the bundle ordered at once; NULL: none could"
        ),
        sa.Column(
            "ended_at", time, comment="when a list had it again, or a case was there; NULL: not"
        ),
        sa.ForeignKeyConstraint(["acct"], ["accounts.acct"], name=op.f("fk_vanished_acct")),
        sa.ForeignKeyConstraint(
            ["list_id"], ["platform_lists.id"], name=op.f("fk_vanished_list_id")
        ),
        sa.PrimaryKeyConstraint("acct", "gone_at", name=op.f("pk_vanished")),
        comment="Accounts that went from the automation platform without a case here.",
    )
    op.create_index(op.f("ix_vanished_ended_at"), "vanished", ["ended_at"])
