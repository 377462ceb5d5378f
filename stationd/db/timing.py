"""The tables of what is done by the clock: rounds."""

import sqlalchemy as sa

from stationd.db.columns import Time, metadata

__all__ = ["rounds"]

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
