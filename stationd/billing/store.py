"""SQL of billing."""

from datetime import date
from typing import Any

import sqlalchemy as sa

from stationd.billing.model import Line, LineKind
from stationd.clock import parse_iso
from stationd.db.engine import Connection
from stationd.db.schema import billing_lines

__all__ = ["read_lines"]


def read_lines(connection: Connection, contract_id: str) -> list[Line]:
    """Return the billing lines of a contract, by their days."""
    query = (
        sa.select(billing_lines)
        .where(billing_lines.c.contract_id == contract_id)
        .order_by(billing_lines.c.booked_on, billing_lines.c.number, billing_lines.c.kind)
    )
    return [_line(row) for row in connection.execute(query)]


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def _line(row: Any) -> Line:  # noqa: ANN401  (a row has the shape of its query)
    return Line(
        id=row.id,
        contract_id=row.contract_id,
        kind=LineKind(row.kind),
        number=row.number,
        on=date.fromisoformat(row.booked_on),
        due_on=_day(row.due_on),
        amount=row.amount,
        currency=row.currency,
        text=row.text,
        period_from=_day(row.period_from),
        period_through=_day(row.period_through),
        source=row.source,
        import_id=row.import_id,
        imported_at=parse_iso(row.imported_at),
    )
