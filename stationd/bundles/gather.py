"""What a bundle is made from: facts frozen when it is prepared, records and documents by pages.

Facts are read in one transaction, with the size and head that the checkpoint covers, and kept in
the order's row: a re-run, or a later rebuild, starts from the same.  Records never change, so they
are read in pages by ``seq`` with a short transaction each.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import stationd
from archive.build import BundleSource, SourceDocument
from archive.canonical import JsonValue, encode
from archive.compartment import CompartmentSource
from archive.redaction import Redaction
from receivers.codes import TABLE, contact_id_codes, sia_codes
from stationd.accounts.codes import split_codes
from stationd.accounts.service import facts as account_facts
from stationd.anchors.points import covered_at, read_chosen, read_unstamped
from stationd.anchors.proofs import Chain, account_proofs
from stationd.anchors.views import States
from stationd.bundles import reading, redacting
from stationd.bundles.model import Order
from stationd.bundles.store import read_order
from stationd.db.engine import Connection, Database
from stationd.desk import Desk
from stationd.errors import CheckFailedError
from stationd.gaps.service import read_account_gaps
from stationd.ledger.checkpoints import read_checkpoint
from stationd.ledger.compartments import APART, Compartment
from stationd.ledger.store import read_documents, read_records

__all__ = [
    "Frozen",
    "compartments",
    "dictionary",
    "documents",
    "freeze",
    "freeze_copy",
    "read_frozen",
    "source",
]

_PAGE = 2000
_DOC = re.compile(rb'"doc":"([0-9a-f]{64})"')


@dataclass(frozen=True, slots=True, kw_only=True)
class Frozen:
    """What an order's row keeps: facts, the size and head its checkpoint covers, and its points.

    ``internal`` are facts that the bundle leaves out: codes.
    """

    facts: Mapping[str, JsonValue]
    size: int
    head: bytes
    points: Sequence[int] = ()
    internal: Mapping[str, JsonValue] = field(default_factory=dict)

    def encoded(self) -> str:
        """Return it as canonical text."""
        value: dict[str, JsonValue] = {
            "facts": dict(self.facts),
            "head": self.head.hex(),
            "points": list(self.points),
            "size": self.size,
        }
        if self.internal:
            value["internal"] = dict(self.internal)
        return encode(value).decode()


def read_frozen(text: str) -> Frozen:
    """Return what `Frozen.encoded` wrote."""
    value = json.loads(text)
    return Frozen(
        facts=value["facts"],
        size=value["size"],
        head=bytes.fromhex(value["head"]),
        # What was ordered before there were anchors has no points.
        points=tuple(value.get("points", [])),
        internal=value.get("internal", {}),
    )


def freeze(
    connection: Connection,
    order: Order,
    station: str,
    *,
    at: int | None = None,
    paper: str = "letter",
) -> Frozen:
    """Return the facts about an order's account as of now, in the caller's transaction.

    Its records are those that checkpoint ``at`` covers; None: the newest.  ``paper`` is that of
    the printed report.
    """
    if at is None:
        size, head = reading.read_covered(connection, order.acct, order.epoch)
        points: list[int] = []
    else:
        chain = (order.acct, order.epoch)
        size, head = covered_at(connection, station, chain, at)
        points = read_chosen(connection, station, chain, at)
    known, codes = split_codes(account_facts(connection, order.acct))
    case = reading.read_case_facts(connection, order.case_id)
    notices = [row for row in case.get("facts", []) if row["kind"] in ("notice", "declaration")]
    facts: dict[str, Any] = {
        **known,
        "case": case,
        "custody": reading.read_custody(connection, order.acct),
        "gaps": [
            *reading.read_gaps(connection, reading.groups(known), order.acct),
            *read_unstamped(connection, (order.acct, order.epoch), at),
            *map(reading.gap_row, read_account_gaps(connection, order.acct)),
        ],
        "lines": reading.read_line_periods(connection, reading.groups(known)),
        "notices": notices,
        "report": {"paper": paper},
        "order": {
            "id": order.id,
            "kind": order.kind.value,
            "ordered_at": reading.shown(order.ordered_at),
            "ordered_by": order.ordered_by,
        },
        "staff": reading.read_people(connection, case, order.ordered_by),
    }
    return Frozen(facts=facts, size=size, head=head, points=tuple(points), internal=codes)


def freeze_copy(connection: Connection, order: Order, facts: str) -> Frozen:
    """Return the facts of a redacted copy: those of its whole bundle, and custody up to now."""
    whole = read_frozen(facts)
    custody = reading.read_custody(connection, order.acct)
    return Frozen(
        facts={**whole.facts, "custody": custody},
        size=whole.size,
        head=whole.head,
        points=whole.points,
    )


def source(desk: Desk, order: Order, *, origin: str, states: States | None = None) -> BundleSource:
    """Return what the bundle of a prepared order is built from.

    ``states`` are those of the anchors, for the proofs; None: the order has no points.
    """
    if order.facts is None or order.checkpoint is None:
        raise CheckFailedError(f"Order {order.id} was not prepared; the worker does it.")
    frozen = read_frozen(order.facts)
    with desk.database.reading() as connection:
        checkpoint = read_checkpoint(connection, order.checkpoint)
        redaction = _redaction(connection, order)
        proofs = None
        points = frozen.points
        if points and states is not None:
            if redaction is not None:
                may = redacting.shown_points(connection, desk.station, order, redaction)
                points = [n for n in points if n in may]
            chain = Chain(station=desk.station, origin=origin, acct=order.acct, epoch=order.epoch)
            proofs = account_proofs(connection, states, chain, points)
    return BundleSource(
        station=desk.station,
        acct=order.acct,
        epoch=order.epoch,
        kind=order.kind.value,
        checkpoint=order.checkpoint,
        checkpoint_entry=checkpoint.entry,
        checkpoint_note=checkpoint.note,
        checkpoint_time=checkpoint.time,
        origin=origin,
        size=frozen.size,
        head=frozen.head,
        records=lambda: _records(desk.database, order, frozen.size),
        documents=lambda: documents(desk.database, order, frozen.size, Compartment.PRODUCIBLE),
        facts=frozen.facts,
        software=f"stationd {stationd.__version__}",
        table=TABLE,
        dictionary=dictionary(),
        proofs=proofs,
        redaction=redaction,
    )


def _redaction(connection: Connection, order: Order) -> Redaction | None:
    """Return what a copy withholds; None: the order is of a whole bundle."""
    if order.source_id is None:
        return None
    return redacting.redaction_of(order, read_order(connection, order.source_id))


def dictionary() -> dict[str, str]:
    """Return every code of the code tables with its meaning."""
    words = {code.code: code.name for code in sia_codes().values()}
    for code in contact_id_codes().values():
        words[code.code] = code.name
        words[f"E{code.code}"] = code.name
        words[f"R{code.code}"] = f"{code.name}, restored"
    return words


def _records(database: Database, order: Order, size: int) -> Iterator[bytes]:
    """Yield the exact bytes of records 1 to ``size``."""
    first = 1
    while first <= size:
        with database.reading() as connection:
            page = read_records(
                connection, order.acct, order.epoch, first, min(_PAGE, size - first + 1)
            )
        if not page:
            raise CheckFailedError(f"Record {first} of account {order.acct} is missing.")
        yield from page
        first += len(page)


def compartments(desk: Desk, order: Order) -> list[CompartmentSource]:
    """Return what lies beside a bundle, in archives of its own."""
    assert order.facts is not None  # noqa: S101  (it is prepared)
    frozen = read_frozen(order.facts)
    internal = {"codes": dict(frozen.internal)} if frozen.internal else {}
    return [
        CompartmentSource(
            name=one.value,
            documents=partial(documents, desk.database, order, frozen.size, one),
            facts=internal if one is Compartment.INTERNAL else {},
        )
        for one in APART
    ]


def documents(
    database: Database, order: Order, size: int, compartment: Compartment
) -> Iterator[SourceDocument]:
    """Yield the documents of a compartment that the records name, in the records' order."""
    for seq, body in enumerate(_records(database, order, size), start=1):
        named = _DOC.findall(body)
        if not named:
            continue
        with database.reading() as connection:
            found = read_documents(connection, [bytes.fromhex(doc.decode()) for doc in named])
        for document in found:
            if document.compartment == compartment:
                yield SourceDocument(
                    doc=document.doc,
                    salt=document.salt,
                    content=document.content,
                    media_type=document.media_type,
                    name=document.name,
                    seq=seq,
                )
