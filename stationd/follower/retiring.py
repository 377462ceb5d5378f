"""Retiring a journal: that nothing more comes from it, said by a person and recorded.

A closing waits until every journal was followed past the late buffer's end.  One whose disk is
lost, or whose node is gone, would hold up every closing for ever.  Retiring it says that what
stood behind its last entry is lost: the time until now becomes a gap in every bundle.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from archive.canonical import JsonValue
from stationd.clock import from_ns, iso, parse_iso
from stationd.db.engine import Connection
from stationd.desk import Desk
from stationd.errors import NotFoundError, RefusedError
from stationd.follower import store
from stationd.follower.model import Place, Retired
from stationd.gaps.model import Cause, Gap
from stationd.gaps.store import record_gaps
from stationd.ledger.model import STATION, Origin, RecordDraft, RecordType
from stationd.ledger.store import append, store_document
from stationd.staff.model import Person
from stationd.staff.rights import Right, require

__all__ = ["Ground", "journals", "retire"]

_ALIVE = timedelta(minutes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """The document that says what became of a journal."""

    name: str
    media_type: str
    content: bytes


def journals(desk: Desk) -> tuple[list[tuple[Place, datetime]], list[Retired]]:
    """Return the journals that closings wait for, each with when it was followed to its end.

    The second list are those that are retired.
    """
    with desk.database.reading() as connection:
        waited = store.read_reached(connection)
        return [(place, parse_iso(at)) for place, at in waited], store.read_retired(connection)


def retire(desk: Desk, named: str, *, ground: Ground, by: Person) -> Retired:
    """Retire the journal that ``named`` begins, or that is the only one of the node ``named``.

    Raises `RefusedError` where it was followed in the last minutes: then it is alive.
    """
    require(by, Right.RUN_MACHINE)
    with desk.database.writing() as connection:
        now = desk.clock.now()
        place, followed = _found(connection, named)
        if now - followed < _ALIVE:
            msg = (
                f"Journal {place.journal} of node {place.node} was followed at {iso(followed)}: it "
                "is alive. Stop its stationd and stationd-worker for good before retiring it."
            )
            raise RefusedError(msg)
        doc = store_document(
            connection,
            content=ground.content,
            media_type=ground.media_type,
            name=ground.name,
            compartment="producible",
            now=now,
            ids=desk.ids,
        )
        retired = Retired(
            journal=place.journal,
            node=place.node,
            position=place.position,
            doc=doc,
            by=by.login,
            at=iso(now),
        )
        store.record_retired(connection, retired)
        record_gaps(connection, [_gap(connection, desk, place, followed, now)])
        draft = _record(place, retired)
        append(connection, [draft], station=desk.station, now=now, ids=desk.ids)
        return retired


def _found(connection: Connection, named: str) -> tuple[Place, datetime]:
    found = [
        (place, parse_iso(at))
        for place, at in store.read_reached(connection)
        if named and (place.node == named or place.journal.startswith(named))
    ]
    if len(found) != 1:
        how_many = "more than one journal is" if found else "no journal is"
        msg = f"{how_many} {named}. `stationctl journal list` shows those there are."
        raise NotFoundError(msg[0].upper() + msg[1:])
    return found[0]


def _gap(
    connection: Connection, desk: Desk, place: Place, followed: datetime, now: datetime
) -> Gap:
    """Return the time that nobody can vouch for: from the last that was taken until now."""
    last = store.read_last(connection, place)
    began = followed if last is None else min(followed, from_ns(last.received_at))
    return Gap(
        id=desk.ids.identifier(),
        listener="",
        node=place.node,
        cause=Cause.HOST_DOWN,
        began_at=iso(min(began, now)),
        ended_at=iso(now),
        detail=f"journal {place.journal} was retired; entries behind {place.position} are lost",
    )


def _record(place: Place, retired: Retired) -> RecordDraft:
    fields: dict[str, JsonValue] = {
        "by": retired.by,
        "doc": retired.doc.hex(),
        "journal": place.journal,
        "kind": "journal_retired",
        "link": place.link.hex(),
        "node": place.node,
        "position": place.position,
    }
    return RecordDraft(STATION, RecordType.LINE, Origin.HUMAN, fields)
