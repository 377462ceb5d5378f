"""The tables of renewals: lists of everything that is stored, stamped anew; `schema` has all."""

import sqlalchemy as sa

from stationd.db.columns import Time, metadata

__all__ = ["object_digests", "renewal_objects", "renewal_stamps", "renewals"]

object_digests = sa.Table(
    "object_digests",
    metadata,
    sa.Column("key", sa.String(400), primary_key=True),
    sa.Column("version_id", sa.String(200), primary_key=True),
    sa.Column("sha512", sa.String(128), nullable=False, comment="of what was read back whole"),
    sa.Column("read_at", Time, nullable=False),
    comment="The second hash of stored objects, read once for the first list that names them.",
)

renewals = sa.Table(
    "renewals",
    metadata,
    sa.Column("n", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("content", sa.LargeBinary, nullable=False, comment="the list, as it is stamped"),
    sa.Column("sha256", sa.String(64), nullable=False),
    sa.Column("sha512", sa.String(128), nullable=False),
    sa.Column("objects", sa.Integer, nullable=False),
    sa.Column("made_at", Time, nullable=False),
    comment="Lists of all stored bundles, each with the hashes of the one before.",
)

renewal_stamps = sa.Table(
    "renewal_stamps",
    metadata,
    sa.Column("n", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("place", sa.Integer, primary_key=True, autoincrement=False, comment="0: the first"),
    sa.Column("authority", sa.String(32), nullable=False),
    sa.Column("reply", sa.LargeBinary, nullable=False, comment="TimeStampResp, DER"),
    sa.Column("stamped_at", Time, nullable=False, comment="as the authority says"),
    comment="RFC 3161 replies over the lists.",
)

renewal_objects = sa.Table(
    "renewal_objects",
    metadata,
    sa.Column("key", sa.String(300), primary_key=True),
    sa.Column("n", sa.Integer, nullable=False, index=True),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("sha256", sa.String(64), nullable=False),
    sa.Column("version_id", sa.Text, nullable=False),
    sa.Column("mode", sa.String(12), comment="lock mode as the store told; NULL: no lock"),
    sa.Column("retain_until", Time, comment="as the store told; NULL: no lock"),
    sa.Column("stored_at", Time, nullable=False),
    comment="What of each list lies in the archive; the list itself is its last row.",
)
