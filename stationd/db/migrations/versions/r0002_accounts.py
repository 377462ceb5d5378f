"""Customers, contracts, accounts, transmitters, staff, holds."""

import sqlalchemy as sa
from alembic import op

__all__ = ["upgrade"]

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    _make_dealers()
    _make_staff()
    _make_transmitters()
    _make_customers()
    _make_sessions()
    _make_sites()
    _make_contracts()
    _make_accounts()
    _make_holds()
    _make_transmitter_links()


def _make_dealers() -> None:
    op.create_table(
        "dealers",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dealers")),
        comment="Alarm companies whose customers the station monitors.",
    )


def _make_staff() -> None:
    op.create_table(
        "staff",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("login", sa.String(length=64), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.String(length=2), nullable=False, comment="OP, EC, MG, AT or AD"),
        sa.Column("password", sa.Text(), nullable=False, comment="argon2 hash"),
        sa.Column(
            "totp", sa.Text(), nullable=True, comment="sealed second factor; NULL: not enrolled"
        ),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False, comment="wrong passwords in a row"),
        sa.Column("locked_until", sa.String(length=27), nullable=True, comment="NULL: not locked"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff")),
        sa.UniqueConstraint("login", name=op.f("uq_staff_login")),
        comment="People.",
    )


def _make_transmitters() -> None:
    op.create_table(
        "transmitters",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("receiver_group", sa.String(length=32), nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("protocol", sa.String(length=32), nullable=False, comment="for people"),
        sa.Column("keys", sa.Text(), nullable=False, comment="sealed keys with validity dates"),
        sa.Column(
            "window_back", sa.Integer(), nullable=True, comment="seconds; NULL: time is not checked"
        ),
        sa.Column(
            "window_ahead",
            sa.Integer(),
            nullable=True,
            comment="seconds; NULL: time is not checked",
        ),
        sa.Column(
            "poll_interval", sa.Integer(), nullable=True, comment="seconds; NULL: unsupervised"
        ),
        sa.Column("switches", sa.Text(), nullable=False, comment="named deviations, a list"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transmitters")),
        sa.UniqueConstraint(
            "receiver_group", "number", name=op.f("uq_transmitters_receiver_group_number")
        ),
        comment="Numbers that panels send, and what answering them needs.",
    )


def _make_customers() -> None:
    op.create_table(
        "customers",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column(
            "dealer_id", sa.String(length=40), nullable=True, comment="NULL: our own customer"
        ),
        sa.Column("details", sa.Text(), nullable=False, comment="addresses, phones, e-mail"),
        sa.ForeignKeyConstraint(["dealer_id"], ["dealers.id"], name=op.f("fk_customers_dealer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customers")),
        comment="Parties to contracts.",
    )


def _make_sessions() -> None:
    op.create_table(
        "sessions",
        sa.Column(
            "token", sa.LargeBinary(length=32), nullable=False, comment="SHA-256 of the token"
        ),
        sa.Column("staff_id", sa.String(length=40), nullable=False),
        sa.Column("began_at", sa.String(length=27), nullable=False),
        sa.Column("used_at", sa.String(length=27), nullable=False),
        sa.Column("ended_at", sa.String(length=27), nullable=True, comment="NULL: still open"),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_sessions_staff_id")),
        sa.PrimaryKeyConstraint("token", name=op.f("pk_sessions")),
        comment="Logins of stationctl and console.",
    )


def _make_sites() -> None:
    op.create_table(
        "sites",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("customer_id", sa.String(length=40), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("zone", sa.String(length=64), nullable=False, comment="IANA time zone"),
        sa.Column("jurisdiction", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name=op.f("fk_sites_customer_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sites")),
        comment="Protected premises.",
    )
    op.create_index(op.f("ix_sites_customer_id"), "sites", ["customer_id"], unique=False)


def _make_contracts() -> None:
    op.create_table(
        "contracts",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("site_id", sa.String(length=40), nullable=False),
        sa.Column("number", sa.String(length=64), nullable=False),
        sa.Column("party", sa.String(length=8), nullable=False, comment="station or dealer"),
        sa.Column("standing", sa.String(length=20), nullable=False),
        sa.Column("notice_days", sa.Integer(), nullable=False),
        sa.Column("cure_days", sa.Integer(), nullable=True, comment="NULL: no cure right"),
        sa.Column(
            "terms", sa.Text(), nullable=False, comment="form, dates, clauses, methods, tier"
        ),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_contracts_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contracts")),
        sa.UniqueConstraint("number", name=op.f("uq_contracts_number")),
        comment="Contracts; one account each.",
    )
    op.create_index(op.f("ix_contracts_site_id"), "contracts", ["site_id"], unique=False)


def _make_accounts() -> None:
    op.create_table(
        "accounts",
        sa.Column(
            "acct", sa.String(length=32), nullable=False, comment="the account's number here"
        ),
        sa.Column("contract_id", sa.String(length=40), nullable=False),
        sa.Column("service", sa.String(length=12), nullable=False),
        sa.Column("record", sa.String(length=8), nullable=False),
        sa.Column(
            "epoch", sa.Integer(), nullable=False, comment="the epoch that takes new records"
        ),
        sa.Column(
            "details", sa.Text(), nullable=False, comment="system classes, schedule, tests, AHJ"
        ),
        sa.Column("opened_at", sa.String(length=27), nullable=False),
        sa.ForeignKeyConstraint(
            ["contract_id"], ["contracts.id"], name=op.f("fk_accounts_contract_id")
        ),
        sa.PrimaryKeyConstraint("acct", name=op.f("pk_accounts")),
        sa.UniqueConstraint("contract_id", name=op.f("uq_accounts_contract_id")),
        comment="One contract's monitored service at one site.",
    )


def _make_holds() -> None:
    op.create_table(
        "holds",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False, comment="records or service"),
        sa.Column("acct", sa.String(length=32), nullable=False),
        sa.Column(
            "case_id",
            sa.String(length=40),
            nullable=True,
            comment="the case whose own hold it is; NULL: none",
        ),
        sa.Column("ground", sa.Text(), nullable=False),
        sa.Column("author", sa.String(length=64), nullable=False),
        sa.Column("set_at", sa.String(length=27), nullable=False),
        sa.Column(
            "review_at", sa.String(length=27), nullable=True, comment="NULL: while the case is open"
        ),
        sa.Column("lifted_at", sa.String(length=27), nullable=True, comment="NULL: in force"),
        sa.Column("lifted_by", sa.Text(), nullable=True, comment="NULL: in force"),
        sa.ForeignKeyConstraint(["acct"], ["accounts.acct"], name=op.f("fk_holds_acct")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_holds")),
        comment="Orders that stop removal or ending.",
    )
    op.create_index(op.f("ix_holds_acct"), "holds", ["acct"], unique=False)


def _make_transmitter_links() -> None:
    op.create_table(
        "transmitter_links",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("transmitter_id", sa.String(length=40), nullable=False),
        sa.Column("acct", sa.String(length=32), nullable=False),
        sa.Column(
            "scope", sa.Text(), nullable=False, comment="areas, zones, classes; {}: everything"
        ),
        sa.Column("valid_from", sa.String(length=27), nullable=False),
        sa.Column("valid_to", sa.String(length=27), nullable=True, comment="NULL: without an end"),
        sa.ForeignKeyConstraint(
            ["acct"], ["accounts.acct"], name=op.f("fk_transmitter_links_acct")
        ),
        sa.ForeignKeyConstraint(
            ["transmitter_id"],
            ["transmitters.id"],
            name=op.f("fk_transmitter_links_transmitter_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transmitter_links")),
        comment="Which account a number belongs to, from when to when.",
    )
    op.create_index(op.f("ix_transmitter_links_acct"), "transmitter_links", ["acct"], unique=False)
    op.create_index(
        op.f("ix_transmitter_links_transmitter_id"),
        "transmitter_links",
        ["transmitter_id"],
        unique=False,
    )
    # ### end Alembic commands ###
