"""Handing out bundles: asked for by a person, verified anew and made by the worker.

Nothing leaves before the bundle was read back by version id once more.  Each link and each copy is
a custody record; it names the files and, by the hash of a document, the person and the purpose.
"""

import json
from collections.abc import Mapping
from datetime import timedelta

from archive.canonical import JsonValue, encode
from archive.stores.base import LONGEST_LINK, BundleStore
from stationd.bundles import store as bundles
from stationd.bundles.model import Order, OrderState, StoredObject
from stationd.bundles.service import custody
from stationd.clock import iso
from stationd.db.engine import Connection
from stationd.desk import Desk
from stationd.errors import MistakeError, NotFoundError, RefusedError
from stationd.handouts import store
from stationd.handouts.model import Handout, HandoutState, Way
from stationd.ledger.compartments import compartment_of_file
from stationd.ledger.store import append, store_document
from stationd.sealing import Sealer
from stationd.staff.model import WORKER, Person
from stationd.staff.rights import Right, require

__all__ = ["ask", "copied", "files", "handouts", "links", "make", "read", "refuse"]

# Who may have the archive of a compartment handed out.
_READ = {"internal": Right.DECIDE, "privileged": Right.SEE_PRIVILEGED}


def ask(  # noqa: PLR0913  (what is asked for)
    desk: Desk,
    order_id: str,
    way: Way,
    *,
    recipient: str,
    purpose: str,
    by: Person,
    valid: timedelta = LONGEST_LINK,
    certificate: str | None = None,
    compartment: str = "",
) -> Handout:
    """Ask for links to a verified bundle or a copy of it, for one person and one purpose.

    ``certificate`` is the fingerprint of the one that a copy is to be enveloped to.  With
    ``compartment`` its archive is handed out, without the bundle; else the bundle without any.
    """
    require(by, Right.MAKE_BUNDLES)
    if compartment:
        require(by, _READ[compartment])
    if certificate is not None and way is Way.LINK:
        raise MistakeError("Links lead to the files as they lie in the archive; envelop a copy.")
    if not recipient.strip() or not purpose.strip():
        raise MistakeError("What is handed out is for one named person and one purpose.")
    if not timedelta(seconds=1) <= valid <= LONGEST_LINK:
        raise MistakeError("A link is good for 7 days at most.")
    now = desk.clock.now()
    with desk.database.writing() as connection:
        order = _verified(connection, order_id)
        if compartment and not _handed(connection, order_id, compartment):
            msg = (
                f"Bundle {order.name or order.id} has no archive of the compartment {compartment}: "
                f"nothing of it was there, or [archive] {compartment}_to named nobody."
            )
            raise NotFoundError(msg)
        told = encode({"purpose": purpose.strip(), "recipient": recipient.strip()})
        doc = store_document(
            connection,
            content=told,
            media_type="application/json",
            name="hand-out.json",
            compartment="internal",
            now=now,
            ids=desk.ids,
        )
        one = Handout(
            id=desk.ids.identifier(),
            order_id=order_id,
            way=way,
            recipient=recipient.strip(),
            purpose=purpose.strip(),
            doc=doc,
            asked_by=by.login,
            asked_at=now,
            valid=valid if way is Way.LINK else timedelta(),
            certificate=certificate,
            compartment=compartment,
        )
        store.record_handout(connection, one)
        _append(desk, connection, order, "hand_out_asked", by, one)
    return one


def _verified(connection: Connection, order_id: str) -> Order:
    """Return the order of a verified bundle; one that has an incident since is none."""
    order = bundles.read_order(connection, order_id)
    if order.state is not OrderState.VERIFIED:
        raise RefusedError(_not_verified(order))
    return order


def _not_verified(order: Order) -> str:
    trouble = f" Last trouble: {order.why}" if order.why else ""
    return f"Bundle {order.name or order.id} is {order.state}, not verified.{trouble}"


def make(desk: Desk, order: Order, archive: BundleStore, sealer: Sealer) -> int:
    """Make what is asked for of a bundle that was verified just now; return how many.

    Links and their custody record come in one transaction, so after a crash either both are there
    or neither, and nobody was shown anything.
    """
    with desk.database.writing() as connection:
        asked = store.read_asked_of(connection, order.id)
        for one in asked:
            _make(desk, connection, order, one, archive, sealer)
    return len(asked)


def _make(
    desk: Desk,
    connection: Connection,
    order: Order,
    one: Handout,
    archive: BundleStore,
    sealer: Sealer,
) -> None:
    now = desk.clock.now()
    values: dict[str, object] = {"state": HandoutState.READY.value, "made_at": now}
    if one.way is Way.LINK:
        addresses: dict[str, JsonValue] = {
            held.file: archive.link(held.key, held.version_id, valid=one.valid, name=held.file)
            for held in _handed(connection, order.id, one.compartment)
            if held.version_id is not None
        }
        values["links"] = sealer.seal(encode(addresses))
        values["expires_at"] = now + one.valid
        expires: dict[str, JsonValue] = {"expires_at": iso(now + one.valid)}
        listed = _listed(connection, one)
        _append(desk, connection, order, "linked", WORKER, one, more={**expires, **listed})
    store.update_handout(connection, one.id, **values)


def _listed(connection: Connection, one: Handout) -> dict[str, JsonValue]:
    return {
        "objects": [
            {"key": held.key, "sha256": held.sha256, "version_id": held.version_id}
            for held in _handed(connection, one.order_id, one.compartment)
        ]
    }


def _handed(connection: Connection, order_id: str, compartment: str) -> list[StoredObject]:
    """Return the files that are handed out: of one compartment, or the bundle without any."""
    found = bundles.read_objects(connection, order_id)
    return [held for held in found if compartment_of_file(held.file) == compartment]


def files(desk: Desk, one: Handout) -> list[StoredObject]:
    """Return the files that a hand-out is of."""
    with desk.database.reading() as connection:
        return _handed(connection, one.order_id, one.compartment)


def refuse(desk: Desk, order: Order, why: str) -> int:
    """Refuse what is asked for of a bundle that did not verify; return how many."""
    with desk.database.writing() as connection:
        asked = store.read_asked_of(connection, order.id)
        for one in asked:
            values = {"state": HandoutState.REFUSED.value, "why": why}
            store.update_handout(connection, one.id, **values)
            _append(desk, connection, order, "hand_out_refused", WORKER, one)
    return len(asked)


def links(desk: Desk, handout_id: str, sealer: Sealer, *, by: Person) -> Mapping[str, str]:
    """Return the addresses by file, and count that they were shown."""
    require(by, Right.MAKE_BUNDLES)
    with desk.database.writing() as connection:
        one = _ready(connection, handout_id, Way.LINK)
        if one.links is None or one.expires_at is None or one.expires_at <= desk.clock.now():
            raise RefusedError(f"The links of {one.id} have expired; hand out anew.")
        order = _verified(connection, one.order_id)
        store.update_handout(connection, one.id, count=one.count + 1)
        _append(desk, connection, order, "links_shown", by, one)
        found: dict[str, str] = json.loads(sealer.open(one.links))
        return found


def copied(
    desk: Desk, handout_id: str, *, by: Person, enveloped: Mapping[str, str] | None = None
) -> Handout:
    """Note that the files of a bundle were copied for its recipient; once.

    ``enveloped`` are the files that were made to be opened with the recipient's key, and their
    SHA-256.
    """
    require(by, Right.MAKE_BUNDLES)
    with desk.database.writing() as connection:
        one = _ready(connection, handout_id, Way.COPY)
        order = _verified(connection, one.order_id)
        values = {"state": HandoutState.DONE.value, "count": one.count + 1}
        store.update_handout(connection, one.id, **values)
        more = _listed(connection, one)
        if enveloped is not None:
            more["enveloped"] = dict(enveloped)
        _append(desk, connection, order, "copied", by, one, more=more)
        return store.read_handout(connection, one.id)


def _ready(connection: Connection, handout_id: str, way: Way) -> Handout:
    one = store.read_handout(connection, handout_id)
    if one.way is not way:
        raise MistakeError(f"{one.id} is handed out as {one.way}, not as {way}.")
    if one.state is not HandoutState.READY:
        trouble = f" {one.why}" if one.why else ""
        raise RefusedError(f"{one.id} is {one.state}, not ready.{trouble}")
    return one


def read(desk: Desk, handout_id: str) -> Handout:
    """Return a hand-out, or raise `NotFoundError`."""
    with desk.database.reading() as connection:
        return store.read_handout(connection, handout_id)


def handouts(desk: Desk, acct: str | None = None) -> list[Handout]:
    """Return what was handed out, the newest first; of an account or all."""
    with desk.database.reading() as connection:
        return store.read_handouts(connection, acct)


def _append(  # noqa: PLR0913
    desk: Desk,
    connection: Connection,
    order: Order,
    act: str,
    by: Person,
    one: Handout,
    *,
    more: Mapping[str, JsonValue] | None = None,
) -> None:
    fields: dict[str, JsonValue] = {
        **(more or {}),
        "hand_out": one.id,
        "way": one.way.value,
        "doc": one.doc.hex(),
    }
    if one.compartment:
        fields["compartment"] = one.compartment
    if one.certificate is not None:
        fields["certificate"] = one.certificate
    draft = custody(order, act, by, fields)
    append(connection, [draft], station=desk.station, now=desk.clock.now(), ids=desk.ids)
