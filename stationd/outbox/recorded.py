"""That a letter went out becomes a fact, the same as if a person had recorded it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from archive.canonical import JsonValue
from stationd.accounts.store import read_account, read_contract, read_site
from stationd.cases.chronicle import quiet_scene
from stationd.cases.effects import Scene
from stationd.cases.kinds import CHANNELS
from stationd.cases.model import Attachment
from stationd.cases.recording import place_fact
from stationd.cases.store import StoredFact, read_case, read_fact_rows
from stationd.clock import iso
from stationd.db.engine import Connection
from stationd.desk import Desk
from stationd.ledger.store import read_documents
from stationd.outbox.model import BY_PROGRAM, Letter, Sending
from stationd.outbox.rules import RULES
from stationd.staff.model import WORKER, Person
from stationd.staff.store import find_member

__all__ = ["ordering_person", "place_sent", "scene_for"]


def ordering_person(connection: Connection, login: str) -> Person:
    """Return who ordered a letter; the program itself where nobody is known."""
    member = find_member(connection, login)
    return WORKER if member is None else member.person


def scene_for(connection: Connection, desk: Desk, case_id: str, by: Person) -> Scene:
    """Return where something about a letter is recorded, whatever has become of its case.

    What went out went out: it is recorded even of a case that is over.
    """
    return quiet_scene(connection, desk, read_case(connection, case_id), by)


def place_sent(
    scene: Scene,
    letter: Letter,
    sending: Sending,
    *,
    sent_at: datetime,
    proof: Mapping[str, Any],
) -> str:
    """Record the fact of a sending in the caller's transaction; return the fact's id."""
    kind = RULES[letter.kind].sent
    if kind == "notice" and sending.channel not in CHANNELS:
        # A text on a keypad is no channel of notice; it is told beside it.
        kind = "letter_sent"
    (pdf,) = read_documents(scene.connection, [letter.doc])
    attached = Attachment(name=letter.file, media_type="application/pdf", content=pdf.content)
    fact: dict[str, JsonValue] = {
        "channel": sending.channel,
        "address": sending.address,
        "letter": letter.id,
        "sending": sending.id,
        "sent_by": "program" if sending.channel in BY_PROGRAM else "person",
        "sent_at": iso(sent_at),
        "proof": dict(proof),
        **_own(scene, letter, kind, sent_at),
    }
    made = place_fact(scene, kind, fact, attached, known=letter.doc)
    if RULES[letter.kind].step:
        step: dict[str, JsonValue] = {
            "step": RULES[letter.kind].step,
            "outcome": f"letter sent by {sending.channel}",
        }
        place_fact(scene, "contact", step, None)
    return made


def _own(scene: Scene, letter: Letter, kind: str, sent_at: datetime) -> dict[str, JsonValue]:
    """Return the fields that a kind of fact has besides those of every sending."""
    if kind == "notice":
        return {
            "kind": letter.kind,
            "ends_on": _draft(scene, letter).fact.get("ends_on"),
            "stated_at": None if letter.stated_at is None else iso(letter.stated_at),
            "declaration": None,
        }
    if kind == "issuer_cancellation":
        details = read_account(scene.connection, scene.case.acct).details
        return {"number": str(details.get("certificate") or "")}
    if kind == "letter_sent":
        return {"letter_kind": letter.kind, "given": _draft(scene, letter).fact.get("given") or {}}
    contract = read_contract(scene.connection, scene.case.contract_id)
    zone = ZoneInfo(read_site(scene.connection, contract.site_id).zone)
    return {"sent_on": sent_at.astimezone(zone).date().isoformat()}


def _draft(scene: Scene, letter: Letter) -> StoredFact:
    rows = read_fact_rows(scene.connection, scene.case.id)
    return next(one for one in rows if one.id == letter.fact_id)
