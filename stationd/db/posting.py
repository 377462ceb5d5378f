"""The tables of letters: what was drafted, and the outbox of what is sent."""

import sqlalchemy as sa

from stationd.db.columns import Hash, Time, metadata

__all__ = ["letters", "outbox"]

letters = sa.Table(
    "letters",
    metadata,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("case_id", sa.ForeignKey("cases.id"), nullable=False, index=True),
    sa.Column("kind", sa.String(24), nullable=False, comment="termination, confirmation …"),
    sa.Column("form_id", sa.ForeignKey("letter_forms.id"), nullable=False),
    sa.Column("channel", sa.String(12), nullable=False, comment="how it is meant to go"),
    sa.Column("recipient", sa.Text, nullable=False),
    sa.Column("address", sa.Text, nullable=False, comment="where to, as it stood on file"),
    sa.Column("file", sa.Text, nullable=False, comment="the file's name"),
    sa.Column("doc", Hash, nullable=False, comment="the PDF"),
    sa.Column("sha256", sa.String(64), nullable=False, comment="of the PDF"),
    sa.Column("text_doc", Hash, nullable=False, comment="its text"),
    sa.Column("data_doc", Hash, nullable=False, comment="what the form was filled with"),
    sa.Column("stated_at", Time, comment="the instant it states; NULL: none"),
    sa.Column("send_by", Time, comment="it may not be sent later; NULL: at any time"),
    sa.Column("fact_id", sa.String(40), nullable=False, comment="the fact of its draft"),
    sa.Column("drafted_by", sa.String(64), nullable=False),
    sa.Column("drafted_at", Time, nullable=False),
    comment="Letters that the program made from signed forms.",
)

outbox = sa.Table(
    "outbox",
    metadata,
    sa.Column("id", sa.String(40), primary_key=True, comment="the key that makes it one sending"),
    sa.Column("letter_id", sa.ForeignKey("letters.id"), nullable=False, index=True),
    sa.Column("case_id", sa.ForeignKey("cases.id"), nullable=False, index=True),
    sa.Column("channel", sa.String(12), nullable=False),
    sa.Column("address", sa.Text, nullable=False, comment="where to, as it stood when ordered"),
    sa.Column("state", sa.String(12), nullable=False, index=True),
    sa.Column("why", sa.Text, nullable=False, comment="what stands in its way, or what was said"),
    sa.Column("tries", sa.Integer, nullable=False, server_default="0"),
    sa.Column("next_at", Time, comment="when it is tried next; NULL: it is not"),
    sa.Column("ordered_by", sa.String(64), nullable=False),
    sa.Column("ordered_at", Time, nullable=False),
    sa.Column("message_id", sa.String(200), unique=True, comment="of an e-mail; NULL: it is none"),
    sa.Column("message_doc", Hash, comment="the exact bytes of an e-mail; NULL: it is none"),
    sa.Column("holder", sa.String(64), comment="the node that tries it; NULL: none"),
    sa.Column("taken_at", Time, comment="when it was last taken; NULL: never"),
    sa.Column("handing_at", Time, comment="when what cannot be taken back began; NULL: it did not"),
    sa.Column("sent_at", Time, comment="NULL: not known to be sent"),
    sa.Column("proof", sa.Text, nullable=False, server_default="{}", comment="what the way gave"),
    sa.Column("tracking", sa.String(200), comment="NULL: none"),
    sa.Column("fact_id", sa.String(40), comment="the fact of its sending; NULL: not sent"),
    sa.Column("declared_at", Time, comment="NULL: no declaration yet"),
    comment="What is to be sent, and what became of it; a row is one act of sending.",
)
