"""Redacted copies of bundles, and copies that are enveloped to recipients."""

import sqlalchemy as sa
from alembic import op

__all__ = ["upgrade"]

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns and the table."""
    op.add_column(
        "orders",
        sa.Column(
            "source_id", sa.String(length=40), comment="the whole bundle it copies; NULL: whole"
        ),
    )
    op.add_column(
        "orders",
        sa.Column("redaction", sa.Text(), comment="profile, reason and span; NULL: whole"),
    )
    op.add_column(
        "handouts",
        sa.Column(
            "certificate", sa.String(length=64), comment="it is enveloped to; NULL: it is not"
        ),
    )
    op.add_column(
        "handouts",
        sa.Column(
            "compartment", sa.String(length=12), comment="its archive alone; NULL: the bundle"
        ),
    )
    if op.get_bind().dialect.name == "postgresql":
        # SQLite keeps no comments.
        op.alter_column(
            "orders",
            "kind",
            comment="what the bundle is made for",
            existing_comment="primary, closing or on_request",
            existing_type=sa.String(length=12),
            existing_nullable=False,
        )
    op.create_table(
        "recipients",
        sa.Column("fingerprint", sa.String(length=64), nullable=False, comment="SHA-256, hex"),
        sa.Column("name", sa.Text(), nullable=False, comment="the one person"),
        sa.Column("pem", sa.Text(), nullable=False, comment="the certificate"),
        sa.Column("subject", sa.Text(), nullable=False, comment="as the certificate has it"),
        sa.Column("key", sa.String(length=40), nullable=False, comment="kind and size of its key"),
        sa.Column("until", sa.String(length=27), nullable=False, comment="when it ends by itself"),
        sa.Column("added_by", sa.String(length=64), nullable=False),
        sa.Column("added_at", sa.String(length=27), nullable=False),
        sa.Column("ended_at", sa.String(length=27), comment="NULL: in use"),
        sa.PrimaryKeyConstraint("fingerprint", name=op.f("pk_recipients")),
        comment="Certificates that copies can be enveloped to.",
    )
