"""Facts of a case: recorded with author, time, source and attachments, never changed.

A fact is a row, and by hash a record in the account's chain; text and files lie in the documents,
in the compartment of the fact's kind.  An attachment is bytes: it is hashed, kept and given back as
it was, and never opened or rendered by this program.
"""

import hashlib
import re
from collections.abc import Mapping
from datetime import date, datetime

from archive.canonical import JsonValue, encode
from stationd.billing.model import CREDITS, Line, money
from stationd.billing.store import read_lines
from stationd.cases import store
from stationd.cases.chronicle import append_gathered, gather, scene_of
from stationd.cases.contacting import LADDER_KINDS, check_letter, plan_contact
from stationd.cases.effects import Scene
from stationd.cases.kinds import CHANNELS, KINDS, check_fields, kind_named, stricter
from stationd.cases.model import Attachment
from stationd.cases.reasons import RULES
from stationd.cases.states import State
from stationd.clock import iso, parse_iso
from stationd.desk import Desk
from stationd.errors import MistakeError, NotAuthorisedError
from stationd.ledger.model import Document, RecordType
from stationd.ledger.store import read_documents, store_document
from stationd.staff.model import Person, Role
from stationd.staff.rights import Right, require, title

__all__ = [
    "check_told",
    "decide_payment",
    "keep_document",
    "place_fact",
    "place_payment",
    "read_attachment",
    "record_declaration",
    "record_fact",
    "record_notice",
]

_MEDIA = re.compile(r"[a-z0-9.+-]{1,40}/[a-z0-9.+-]{1,59}")
_PLAIN = "application/octet-stream"
_LONGEST_NAME = 200


def record_fact(  # noqa: PLR0913  (what a fact is made of)
    desk: Desk,
    case_id: str,
    kind: str,
    fact: Mapping[str, JsonValue],
    by: Person,
    *,
    document: Attachment | None = None,
    compartment: str | None = None,
) -> str:
    """Record a fact about a case that is not over, with its document; return the fact's id.

    ``compartment`` None: that of the kind; another must be stricter.
    """
    named = kind_named(kind)
    if by.role not in named.roles:
        allowed = ", ".join(title(role) for role in Role if role in named.roles)
        msg = f"{by.login} ({title(by.role)}) may not record a {kind}. Who may: {allowed}."
        raise NotAuthorisedError(msg)
    told = check_fields(kind, fact)
    spoken = named.or_attorney and by.role is Role.ATTORNEY
    if named.needs_document and document is None and not spoken:
        msg = f"A fact of kind {kind} is a document: {named.title}. Name its file."
        raise MistakeError(msg)
    if not told and document is None:
        raise MistakeError(f"A fact of kind {kind} says something: a text, a field or a file.")
    where = stricter(kind, compartment)
    with desk.database.writing() as connection:
        scene = scene_of(connection, desk, case_id, by)
        check_told(scene, kind, told)
        fact_id = place_fact(scene, kind, told, document, compartment=where)
        if kind in LADDER_KINDS:
            plan_contact(connection, desk, scene.case)
        append_gathered(scene)
        return fact_id


def check_told(scene: Scene, kind: str, told: Mapping[str, JsonValue]) -> None:
    """Refuse a contact that may not be made yet, and billing lines that are not the contract's."""
    if kind == "contact" and told.get("step"):
        check_letter(scene, str(told["step"]))
    if kind == "breach_review" and told.get("lines"):
        wanted = {one.strip() for one in str(told["lines"]).split(",") if one.strip()}
        lines = read_lines(scene.connection, scene.case.contract_id)
        if missing := sorted(wanted - {line.number for line in lines}):
            raise MistakeError(
                f"The contract has no billing line {', '.join(missing)}; `billing show` lists them."
            )


def decide_payment(  # noqa: PLR0913  (what a decision is made of)
    desk: Desk,
    case_id: str,
    payment_id: str,
    decision: str,
    by: Person,
    *,
    text: str = "",
    document: Attachment | None = None,
) -> str:
    """Record what becomes of a payment that came after the notice; return the fact's id.

    A return needs its proof, a payment in part that cures nothing a reason and counsel's note.
    """
    require(by, Right.DECIDE)
    if decision != "accept_as_cure" and document is None:
        raise MistakeError(f"{decision} needs a document: proof of the return, or counsel's note.")
    if decision == "partial_not_cure" and not text.strip():
        raise MistakeError("partial_not_cure needs a reason.")
    told: dict[str, JsonValue] = {"payment": payment_id, "decision": decision}
    told |= {"text": text.strip()} if text.strip() else {}
    told = check_fields("payment_decision", told)
    where = "privileged" if decision == "partial_not_cure" else "producible"
    with desk.database.writing() as connection:
        scene = scene_of(connection, desk, case_id, by)
        rows = store.read_fact_rows(connection, scene.case.id)
        payments = [
            row.id for row in rows if row.kind == "payment" and row.id.startswith(payment_id)
        ]
        if len(payments) != 1 or not payment_id:
            raise MistakeError(
                f"The case has no payment {payment_id}; `case show` lists its facts."
            )
        told["payment"] = payments[0]
        fact_id = place_fact(scene, "payment_decision", told, document, compartment=where)
        append_gathered(scene)
        return fact_id


def record_notice(  # noqa: PLR0913  (what a notice is made of)
    desk: Desk,
    case_id: str,
    by: Person,
    *,
    document: Attachment,
    channel: str,
    address: str,
    sent_at: datetime | None = None,
    ends_on: date | None = None,
    declaration: Attachment | None = None,
) -> str:
    """Record that a notice went out: the exact bytes sent, how, where to, and the declaration.

    ``sent_at`` None: now.  ``ends_on`` is the date of ending that the customer asked for.  The
    kind follows from the case's reason.  Returns the fact's id.
    """
    require(by, Right.WORK_CASES)
    if channel not in CHANNELS:
        raise MistakeError(f"There is no channel {channel}; there are: {', '.join(CHANNELS)}.")
    with desk.database.writing() as connection:
        scene = scene_of(connection, desk, case_id, by)
        sent = scene.now if sent_at is None else sent_at
        _check_notice(scene, sent)
        signed = None if declaration is None else keep_document(scene, "declaration", declaration)
        fact: dict[str, JsonValue] = {
            "kind": RULES[scene.case.reason].notice,
            "channel": channel,
            "address": address,
            "sent_at": iso(sent),
            "ends_on": None if ends_on is None else ends_on.isoformat(),
            "declaration": None if signed is None else signed.hex(),
        }
        fact_id = place_fact(scene, "notice", fact, document)
        append_gathered(scene)
        return fact_id


def record_declaration(
    desk: Desk, case_id: str, notice_id: str, by: Person, *, document: Attachment
) -> str:
    """Record the signed declaration of sending for a notice that was recorded without one."""
    require(by, Right.WORK_CASES)
    with desk.database.writing() as connection:
        scene = scene_of(connection, desk, case_id, by)
        notices = [
            row.id
            for row in store.read_fact_rows(connection, scene.case.id)
            if row.kind == "notice" and row.id.startswith(notice_id)
        ]
        if len(notices) != 1 or not notice_id:
            raise MistakeError(f"The case has no notice {notice_id}; `case show` lists them.")
        fact_id = place_fact(scene, "declaration", {"notice": notices[0]}, document)
        append_gathered(scene)
        return fact_id


def _check_notice(scene: Scene, sent_at: datetime) -> None:
    if RULES[scene.case.reason].notice is None:
        raise MistakeError(f"For {scene.case.reason} no notice is sent.")
    if scene.case.state not in (State.READY_FOR_NOTICE, State.NOTICED):
        msg = (
            f"The case is {scene.case.state}; a notice is recorded once it is "
            f"{State.READY_FOR_NOTICE.value}."
        )
        raise MistakeError(msg)
    if sent_at > scene.now:
        raise MistakeError("The notice would have been sent in the future; give when it was sent.")
    if sent_at < scene.case.opened_at:
        msg = "The notice would have been sent before the case was opened; it belongs to its case."
        raise MistakeError(msg)


def place_fact(
    scene: Scene,
    kind: str,
    fact: Mapping[str, JsonValue],
    document: Attachment | None,
    *,
    compartment: str | None = None,
    known: bytes | None = None,
) -> str:
    """Store a fact and its file in the caller's transaction, and gather the records of both.

    ``known`` is the hash of a file that is kept already.
    """
    where = compartment or KINDS[kind].compartment
    kept: dict[str, JsonValue] = dict(fact)
    doc = known
    if document is not None:
        doc = known or keep_document(scene, kind, document, compartment=where)
        kept["sha256"] = hashlib.sha256(document.content).hexdigest()
    fact_id = scene.desk.ids.identifier()
    told: dict[str, JsonValue] = {
        **kept,
        "id": fact_id,
        "file": None if doc is None else doc.hex(),
        "kind_of_fact": kind,
    }
    from_json = Attachment(
        name=f"{kind}-{fact_id[:8]}.json", media_type="application/json", content=encode(told)
    )
    keep_document(scene, kind, from_json, act="fact", compartment=where)
    store.record_fact_row(
        scene.connection,
        fact_id=fact_id,
        case_id=scene.case.id,
        kind=kind,
        fact=kept,
        doc=doc,
        author=scene.by.login,
        at=scene.now,
        compartment=where,
    )
    if kind == "notice":
        _look_back(scene, parse_iso(str(fact["sent_at"])))
    return fact_id


def place_payment(scene: Scene, line: Line) -> None:
    """Record what billing brought as a payment of the case; what is one already is nothing."""
    name = f"{line.kind} {line.number} of {line.source}"
    rows = store.read_fact_rows(scene.connection, scene.case.id)
    if name in {row.fact.get("line") for row in rows if row.kind == "payment"}:
        return
    fact: dict[str, JsonValue] = {
        "amount": money(line.amount),
        "received_on": line.on.isoformat(),
        "line": name,
    }
    place_fact(scene, "payment", fact, None)


def _look_back(scene: Scene, sent_at: datetime) -> None:
    """Record payments that came after a notice went out, where its sending is told only later."""
    for line in read_lines(scene.connection, scene.case.contract_id):
        if line.kind in CREDITS and line.imported_at >= sent_at:
            place_payment(scene, line)


def keep_document(
    scene: Scene,
    kind: str,
    document: Attachment,
    *,
    act: str = "document",
    compartment: str = "producible",
) -> bytes:
    """Store a document and gather the record that names it; what it says stays outside."""
    most = scene.desk.policies.largest_attachment
    if len(document.content) > most:
        raise MistakeError(
            f"{document.name} has {len(document.content)} bytes, and an attachment at most {most} "
            "(policies.largest_attachment)."
        )
    doc = store_document(
        scene.connection,
        content=document.content,
        media_type=_media_type(document.media_type),
        name=_name(document.name),
        compartment=compartment,
        now=scene.now,
        ids=scene.desk.ids,
    )
    record_type = RecordType.NOTICE if kind in ("notice", "declaration") else RecordType.CASE
    gather(scene, record_type, {"kind": act, "fact": kind, "doc": doc.hex()})
    return doc


def _name(told: str) -> str:
    """Return a file's name without folders or characters that mean something to a terminal."""
    last = told.replace("\\", "/").rpartition("/")[2]
    plain = "".join(one if one.isprintable() else "_" for one in last).strip(". ")
    return plain[-_LONGEST_NAME:] or "attachment"


def _media_type(told: str) -> str:
    return told if _MEDIA.fullmatch(told) else _PLAIN


def read_attachment(desk: Desk, case_id: str, fact_id: str, by: Person) -> Document:
    """Return the file of a fact, for those who may see its compartment."""
    with desk.database.reading() as connection:
        case = store.read_case(connection, case_id)
        rows = [
            row
            for row in store.read_fact_rows(connection, case.id)
            if row.id.startswith(fact_id) and row.doc is not None
        ]
        if len(rows) != 1 or not fact_id:
            raise MistakeError(
                f"The case has no fact {fact_id} with a file; `case show` lists them."
            )
        privileged = rows[0].compartment == "privileged"
        require(by, Right.SEE_PRIVILEGED if privileged else Right.SEE_MONEY)
        (found,) = read_documents(connection, [rows[0].doc or b""])
        return found
