"""Letters made from forms, and the outbox of what is sent."""

import sqlalchemy as sa
from alembic import op

__all__ = ["upgrade"]

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    _letters()
    _outbox()


def _letters() -> None:
    time, digest = sa.String(length=27), sa.LargeBinary(length=32)
    op.create_table(
        "letters",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("case_id", sa.String(length=40), nullable=False),
        sa.Column(
            "kind", sa.String(length=24), nullable=False, comment="termination, confirmation …"
        ),
        sa.Column("form_id", sa.String(length=40), nullable=False),
        sa.Column("channel", sa.String(length=12), nullable=False, comment="how it is meant to go"),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False, comment="where to, as it stood on file"),
        sa.Column("file", sa.Text(), nullable=False, comment="the file's name"),
        sa.Column("doc", digest, nullable=False, comment="the PDF"),
        sa.Column("sha256", sa.String(length=64), nullable=False, comment="of the PDF"),
        sa.Column("text_doc", digest, nullable=False, comment="its text"),
        sa.Column("data_doc", digest, nullable=False, comment="what the form was filled with"),
        sa.Column("stated_at", time, comment="the instant it states; NULL: none"),
        sa.Column("send_by", time, comment="it may not be sent later; NULL: at any time"),
        sa.Column("fact_id", sa.String(length=40), nullable=False, comment="the fact of its draft"),
        sa.Column("drafted_by", sa.String(length=64), nullable=False),
        sa.Column("drafted_at", time, nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_letters_case_id")),
        sa.ForeignKeyConstraint(["form_id"], ["letter_forms.id"], name=op.f("fk_letters_form_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_letters")),
        comment="Letters that the program made from signed forms.",
    )
    op.create_index(op.f("ix_letters_case_id"), "letters", ["case_id"])


def _outbox() -> None:
    time, digest = sa.String(length=27), sa.LargeBinary(length=32)
    op.create_table(
        "outbox",
        sa.Column(
            "id", sa.String(length=40), nullable=False, comment="the key that makes it one sending"
        ),
        sa.Column("letter_id", sa.String(length=40), nullable=False),
        sa.Column("case_id", sa.String(length=40), nullable=False),
        sa.Column("channel", sa.String(length=12), nullable=False),
        sa.Column(
            "address", sa.Text(), nullable=False, comment="where to, as it stood when ordered"
        ),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column(
            "why", sa.Text(), nullable=False, comment="what stands in its way, or what was said"
        ),
        sa.Column("tries", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("next_at", time, comment="when it is tried next; NULL: it is not"),
        sa.Column("ordered_by", sa.String(length=64), nullable=False),
        sa.Column("ordered_at", time, nullable=False),
        sa.Column("message_id", sa.String(length=200), comment="of an e-mail; NULL: it is none"),
        sa.Column("message_doc", digest, comment="the exact bytes of an e-mail; NULL: it is none"),
        sa.Column("holder", sa.String(length=64), comment="the node that tries it; NULL: none"),
        sa.Column("taken_at", time, comment="when it was last taken; NULL: never"),
        sa.Column(
            "handing_at", time, comment="when what cannot be taken back began; NULL: it did not"
        ),
        sa.Column("sent_at", time, comment="NULL: not known to be sent"),
        sa.Column(
            "proof", sa.Text(), nullable=False, server_default="{}", comment="what the way gave"
        ),
        sa.Column("tracking", sa.String(length=200), comment="NULL: none"),
        sa.Column(
            "fact_id", sa.String(length=40), comment="the fact of its sending; NULL: not sent"
        ),
        sa.Column("declared_at", time, comment="NULL: no declaration yet"),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_outbox_case_id")),
        sa.ForeignKeyConstraint(["letter_id"], ["letters.id"], name=op.f("fk_outbox_letter_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sa.UniqueConstraint("message_id", name=op.f("uq_outbox_message_id")),
        comment="What is to be sent, and what became of it; a row is one act of sending.",
    )
    for column in ("case_id", "letter_id", "state"):
        op.create_index(op.f(f"ix_outbox_{column}"), "outbox", [column])
