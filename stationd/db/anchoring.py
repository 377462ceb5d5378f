"""The tables of what is published, of anchors and of the audit; `schema` has all there are."""

import sqlalchemy as sa

from stationd.db.columns import Hash, Time, chain_columns, metadata

__all__ = [
    "anchor_objects",
    "anchors",
    "audit_cursor",
    "cosignatures",
    "log_keys",
    "marks",
    "mismatches",
    "published",
    "stamps",
]

published = sa.Table(
    "published",
    metadata,
    *chain_columns(),
    sa.Column(
        "marked",
        sa.Boolean,
        nullable=False,
        server_default=sa.false(),
        comment="its size stands in marks",
    ),
    # As with heads: what changed since the last mark is found without reading all of them.
    sa.Index(
        "ix_published_unmarked",
        "account_key",
        sqlite_where=sa.text("NOT marked"),
        postgresql_where=sa.text("NOT marked"),
    ),
    comment="What the last checkpoint covered of each chain; only checkpoints write it.",
)

marks = sa.Table(
    "marks",
    metadata,
    sa.Column("account_key", Hash, primary_key=True),
    sa.Column("n", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("acct", sa.String(160), nullable=False),
    sa.Column("epoch", sa.Integer, nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False, comment="of the chain at checkpoint n"),
    comment="Sizes of the chains that changed since the mark before, at checkpoints to be "
    "anchored; the state of any anchor is made of them.",
    # The accounts that share a place of the state tree lie together.
    sqlite_with_rowid=False,
)

log_keys = sa.Table(
    "log_keys",
    metadata,
    sa.Column(
        "n",
        sa.BigInteger,
        primary_key=True,
        autoincrement=False,
        comment="the last checkpoint whose note the key before signs",
    ),
    sa.Column("sign_off", sa.LargeBinary, nullable=False, comment="signed by both keys"),
    sa.Column("epoch", sa.Integer, nullable=False, comment="of the station's chain"),
    sa.Column("seq", sa.BigInteger, nullable=False, comment="its record in that chain"),
    sa.Column("changed_at", Time, nullable=False),
    comment="Changes of the log key; each is a record of the station's chain too.",
)

cosignatures = sa.Table(
    "cosignatures",
    metadata,
    sa.Column("n", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("line", sa.String(600), primary_key=True, comment="without its line feed"),
    comment="Further signature lines on notes, by witnesses; kept and not judged.",
)

anchors = sa.Table(
    "anchors",
    metadata,
    sa.Column("n", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("note", sa.LargeBinary, nullable=False, comment="the bytes that are stamped"),
    sa.Column("begun_at", Time, nullable=False),
    comment="Checkpoints that were to be stamped; an anchor is one that has a stamp.",
)

stamps = sa.Table(
    "stamps",
    metadata,
    sa.Column("n", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("place", sa.Integer, primary_key=True, autoincrement=False, comment="0: the first"),
    sa.Column("authority", sa.String(32), nullable=False),
    sa.Column("reply", sa.LargeBinary, nullable=False, comment="TimeStampResp, DER"),
    sa.Column("stamped_at", Time, nullable=False, comment="as the authority says"),
    sa.Column("policy", sa.String(100), nullable=False, comment="the authority's policy OID"),
    sa.Column("good", sa.Boolean, nullable=False, comment="0 to 26 h after the checkpoint"),
    comment="RFC 3161 replies over the notes of anchors.",
)

anchor_objects = sa.Table(
    "anchor_objects",
    metadata,
    sa.Column("key", sa.String(300), primary_key=True),
    sa.Column("n", sa.BigInteger, nullable=False, index=True),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("sha256", sa.String(64), nullable=False),
    sa.Column("version_id", sa.Text, nullable=False),
    sa.Column("mode", sa.String(12), comment="lock mode as the store told; NULL: no lock"),
    sa.Column("retain_until", Time, comment="as the store told; NULL: no lock"),
    sa.Column("stored_at", Time, nullable=False),
    comment="What of each anchor lies in the archive; its last row makes it complete.",
)

audit_cursor = sa.Table(
    "audit_cursor",
    metadata,
    sa.Column("name", sa.String(16), primary_key=True),
    sa.Column("acct", sa.String(160), nullable=False, comment="empty: a pass begins"),
    sa.Column("epoch", sa.Integer, nullable=False),
    sa.Column("seq", sa.BigInteger, nullable=False, comment="the last record hashed again"),
    sa.Column("passes", sa.BigInteger, nullable=False),
    sa.Column("passed_at", Time, comment="NULL: no pass has ended yet"),
    comment="How far the running audit is.",
)

mismatches = sa.Table(
    "mismatches",
    metadata,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("acct", sa.String(160), nullable=False, comment="empty: the whole ledger"),
    sa.Column("epoch", sa.Integer, nullable=False),
    sa.Column("seq", sa.BigInteger, nullable=False, comment="record, or checkpoint; 0: none"),
    sa.Column("what", sa.String(16), nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("found_at", Time, nullable=False),
    sa.Column("settled_at", Time, comment="NULL: it blocks closings"),
    sa.Column("settled_by", sa.String(64), comment="NULL: it blocks closings"),
    sa.UniqueConstraint("acct", "epoch", "seq", "what"),
    comment="What the audit found to differ, and who has answered for it.",
)
