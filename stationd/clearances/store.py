"""SQL of receipts of closing."""

from datetime import datetime

import sqlalchemy as sa

from stationd.clock import iso
from stationd.db.engine import Connection
from stationd.db.schema import cases, clearances, documents

__all__ = ["read_clearance", "read_missing", "record_clearance"]


def read_missing(connection: Connection, most: int) -> list[str]:
    """Return closed cases without a receipt, the first closed first."""
    query = (
        sa.select(cases.c.id)
        .outerjoin(clearances, clearances.c.case_id == cases.c.id)
        .where(cases.c.state == "closed", clearances.c.case_id.is_(None))
        .order_by(cases.c.closed_at, cases.c.id)
        .limit(most)
    )
    return list(connection.execute(query).scalars())


def record_clearance(
    connection: Connection, case_id: str, *, doc: bytes, signature: bytes, at: datetime
) -> None:
    """Add the receipt of a case."""
    connection.execute(
        sa.insert(clearances).values(case_id=case_id, doc=doc, signature=signature, made_at=iso(at))
    )


def read_clearance(connection: Connection, case_id: str) -> tuple[bytes, bytes] | None:
    """Return a receipt and its signature; None: there is none, or it was purged."""
    query = (
        sa.select(documents.c.content, clearances.c.signature)
        .join(documents, documents.c.doc == clearances.c.doc)
        .where(clearances.c.case_id == case_id)
    )
    row = connection.execute(query).one_or_none()
    return None if row is None else (row.content, row.signature)
