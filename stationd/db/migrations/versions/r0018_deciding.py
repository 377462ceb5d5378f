"""Approvals by a second person, letter forms, compartments of facts, quarantine of numbers."""

import sqlalchemy as sa
from alembic import op

__all__ = ["upgrade"]

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables and add the columns."""
    op.add_column(
        "case_facts",
        sa.Column("compartment", sa.String(length=12), nullable=False, server_default="producible"),
    )
    for name, comment in (
        ("seq", "its number in the case"),
        ("version", "of the case, when it was recorded; 0: not known"),
    ):
        column = sa.Column(name, sa.Integer(), nullable=False, server_default="0", comment=comment)
        op.add_column("case_facts", column)
    op.add_column(
        "transmitters",
        sa.Column(
            "quarantined_until",
            sa.String(length=27),
            comment="nobody else's until then; NULL: free",
        ),
    )
    _approvals()
    _letter_forms()


def _approvals() -> None:
    time, digest = sa.String(length=27), sa.LargeBinary(length=32)
    op.create_table(
        "approvals",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("case_id", sa.String(length=40), nullable=False),
        sa.Column("purpose", sa.String(length=8), nullable=False, comment="step or override"),
        sa.Column("row", sa.String(length=4), nullable=False, comment="the row it is for: T12 …"),
        sa.Column("guards", sa.Text(), nullable=False, comment="guards that are waived, a list"),
        sa.Column(
            "results", sa.Text(), nullable=False, comment="the guards' results that were shown"
        ),
        sa.Column(
            "results_hash",
            digest,
            nullable=False,
            comment="of them; it counts while it is this",
        ),
        sa.Column(
            "code",
            sa.String(length=32),
            nullable=False,
            comment="reason code; empty: none is needed",
        ),
        sa.Column("doc", digest, nullable=False, comment="what the asking person wrote"),
        sa.Column("file", digest, comment="the document behind it; NULL: none"),
        sa.Column("asked_by", sa.String(length=64), nullable=False),
        sa.Column("asked_at", time, nullable=False),
        sa.Column("decided_by", sa.String(length=64), comment="NULL: nobody yet"),
        sa.Column("decided_at", time, comment="NULL: not yet"),
        sa.Column("approved", sa.Boolean(), comment="NULL: not decided yet"),
        sa.Column("alone", sa.Boolean(), nullable=False, comment="both acts by a sole operator"),
        sa.Column("used_at", time, comment="when the step was taken with it; NULL: not"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approvals")),
        comment="What a second person was asked to approve, and what they said.",
    )
    op.create_index(op.f("ix_approvals_case_id"), "approvals", ["case_id"])


def _letter_forms() -> None:
    time, digest = sa.String(length=27), sa.LargeBinary(length=32)
    op.create_table(
        "letter_forms",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column(
            "kind", sa.String(length=24), nullable=False, comment="termination, confirmation …"
        ),
        sa.Column("version", sa.String(length=40), nullable=False),
        sa.Column("jurisdiction", sa.String(length=32), nullable=False, comment="empty: any"),
        sa.Column("doc", digest, nullable=False, comment="the form as signed off"),
        sa.Column(
            "sign_off", digest, comment="counsel's document; NULL: the attorney was logged in"
        ),
        sa.Column("signed_by", sa.String(length=64), nullable=False),
        sa.Column("signed_at", time, nullable=False),
        sa.Column("expires_at", time, nullable=False),
        sa.Column("withdrawn_at", time, comment="NULL: it counts until it expires"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_letter_forms")),
        sa.UniqueConstraint(
            "kind",
            "version",
            "jurisdiction",
            name=op.f("uq_letter_forms_kind_version_jurisdiction"),
        ),
        comment="Forms of letters that counsel signed off, and until when.",
    )
