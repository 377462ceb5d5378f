"""Letters are ordered to be sent, looked at, cancelled, and cleared up where nobody knows.

Ordering writes rows and nothing else: what goes out goes out from the worker's child
(`stationd.outbox.sending`), once and only once.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from archive.canonical import JsonValue
from stationd.accounts.store import read_contract, read_site
from stationd.cases.chronicle import append_gathered, gather
from stationd.cases.effects import Scene
from stationd.cases.facts import read_facts
from stationd.cases.model import Attachment, Case
from stationd.cases.recording import keep_document, place_fact
from stationd.cases.store import read_case
from stationd.db.engine import Connection
from stationd.desk import Desk
from stationd.errors import MistakeError, RefusedError
from stationd.ledger.model import Document, RecordType
from stationd.ledger.store import read_documents
from stationd.outbox.mail import compose, message_id
from stationd.outbox.model import WAYS, Letter, Sending, State
from stationd.outbox.planning import leads_to
from stationd.outbox.recorded import place_sent, scene_for
from stationd.outbox.rules import NOTICES, RULES, sending_fault
from stationd.outbox.store import (
    count_sendings,
    move,
    read_letter,
    read_letters,
    read_sending,
    read_sendings,
    record_sending,
)
from stationd.staff.model import Person
from stationd.staff.rights import Right, require

__all__ = [
    "LetterView",
    "cancel",
    "fault_now",
    "letters",
    "look",
    "order",
    "resolve",
    "send",
    "tell",
    "track",
]

_LIVE = (State.WAITING, State.TRYING, State.READY, State.UNCERTAIN, State.SENT)
_PRINTED = frozenset({"post", "certified", "courier"})
_LEAST_REASON = 10
_LONGEST = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterView:
    """A letter with its files and its acts of sending."""

    letter: Letter
    acct: str
    pdf: Document
    text: Document
    data: Document
    sendings: Sequence[Sending]


def letters(
    desk: Desk, case_id: str | None = None
) -> tuple[list[Letter], list[tuple[Sending, Letter]]]:
    """Return the letters of a case and their acts of sending; of all, what is not done yet."""
    with desk.database.reading() as connection:
        if case_id is None:
            states = tuple(state for state in State if state not in (State.SENT, State.CANCELLED))
            sendings = read_sendings(connection, states=states)
            return [], [(one, read_letter(connection, one.letter_id)) for one in sendings]
        case = read_case(connection, case_id)
        made = read_letters(connection, case.id)
        named = {one.id: one for one in made}
        sendings = read_sendings(connection, case_id=case.id)
        return made, [(one, named[one.letter_id]) for one in sendings]


def look(desk: Desk, letter_id: str, by: Person) -> LetterView:
    """Return a letter with its files."""
    require(by, Right.SEE_MONEY)
    with desk.database.reading() as connection:
        letter = read_letter(connection, letter_id)
        names = (letter.doc, letter.text_doc, letter.data_doc)
        pdf, text, data = (read_documents(connection, [doc])[0] for doc in names)
        return LetterView(
            letter=letter,
            acct=read_case(connection, letter.case_id).acct,
            pdf=pdf,
            text=text,
            data=data,
            sendings=read_sendings(connection, letter_id=letter.id),
        )


# --- Ordering ---


def send(
    desk: Desk,
    letter_id: str,
    by: Person,
    *,
    channel: str | None = None,
    address: str | None = None,
) -> list[Sending]:
    """Order that a letter is sent; what is ordered already is not ordered again.

    Certified mail takes its first-class copy with it.  Raises `RefusedError` with what keeps the
    letter from going out now.
    """
    require(by, Right.WORK_CASES)
    with desk.database.writing() as connection:
        letter = read_letter(connection, letter_id)
        if RULES[letter.kind].decides:
            require(by, Right.DECIDE)
        return order(connection, desk, letter, by, channel=channel, address=address)


def order(
    connection: Connection,
    desk: Desk,
    letter: Letter,
    by: Person,
    *,
    channel: str | None = None,
    address: str | None = None,
) -> list[Sending]:
    """Order a letter in the caller's transaction, who has seen that ``by`` may."""
    way = channel or letter.channel
    to = " ".join((address or letter.address).split())
    if way not in WAYS:
        raise MistakeError(f"There is no channel {way}; there are: {', '.join(WAYS)}.")
    if way != letter.channel and address is None:
        raise MistakeError(f"The letter was addressed for {letter.channel}; give the --address.")
    case = read_case(connection, letter.case_id)
    scene = scene_for(connection, desk, case.id, by)
    ways = [way, "post"] if way == "certified" else [way]
    made = [_ordered(scene, letter, one, to) for one in ways]
    append_gathered(scene)
    return made


def _ordered(scene: Scene, letter: Letter, channel: str, address: str) -> Sending:
    connection, desk = scene.connection, scene.desk
    for known in read_sendings(connection, letter_id=letter.id, states=_LIVE):
        if (known.channel, known.address) == (channel, address):
            return known
    _check_way(desk, channel)
    fault = fault_now(connection, desk, letter, channel, scene.now)
    if fault is not None:
        raise RefusedError(f"The letter {letter.id[:8]} does not go out: {fault}")
    count = count_sendings(connection, letter.id, channel, address)
    named = f"{letter.id}|{channel}|{address}|{count}"
    key = hashlib.sha256(named.encode()).hexdigest()[:32]
    made = Sending(
        id=key,
        letter_id=letter.id,
        case_id=letter.case_id,
        channel=channel,
        address=address,
        state=State.WAITING,
        ordered_by=scene.by.login,
        ordered_at=scene.now,
        next_at=scene.now,
    )
    if channel == "email":
        made = _with_message(scene, letter, made)
    record_sending(connection, made)
    tell(scene, letter, made, "letter_ordered")
    return made


def _check_way(desk: Desk, channel: str) -> None:
    settings = desk.letters
    if channel == "email" and settings.smtp is None:
        raise RefusedError("There is no table [letters.smtp], so no e-mail is sent.")
    if channel in _PRINTED and settings.print is None:
        raise RefusedError("There is no table [letters.print], so nothing is printed.")


def _with_message(scene: Scene, letter: Letter, made: Sending) -> Sending:
    smtp = scene.desk.letters.smtp
    assert smtp is not None  # noqa: S101  (_check_way has refused)
    text, pdf = (
        read_documents(scene.connection, [doc])[0].content for doc in (letter.text_doc, letter.doc)
    )
    content = compose(
        letter,
        key=made.id,
        address=made.address,
        text=text.decode(),
        pdf=pdf,
        settings=scene.desk.letters,
        now=scene.now,
    )
    message = Attachment(
        name=f"{letter.file.removesuffix('.pdf')}.eml", media_type="message/rfc822", content=content
    )
    return replace(
        made,
        message_id=message_id(made.id, smtp.sender),
        message_doc=keep_document(scene, "letter_message", message),
    )


def fault_now(
    connection: Connection, desk: Desk, letter: Letter, channel: str, now: datetime
) -> str | None:
    """Return why a letter may not go out over a channel now; None: it may."""
    case = read_case(connection, letter.case_id)
    facts = read_facts(connection, desk, case, now)
    computed = _computed(connection, desk, case, channel, now) if letter.kind in NOTICES else None
    return sending_fault(letter, case, facts, computed=computed)


def _computed(
    connection: Connection, desk: Desk, case: Case, channel: str, now: datetime
) -> datetime:
    contract = read_contract(connection, case.contract_id)
    site = read_site(connection, contract.site_id)
    return leads_to(contract, site, desk.policies, sent_at=now, channels=[channel])


def tell(scene: Scene, letter: Letter, one: Sending, kind: str, **more: JsonValue) -> None:
    """Gather the record of what became of a sending; addresses and words stay outside of it."""
    told: Mapping[str, JsonValue] = {
        "kind": kind,
        "letter": letter.kind,
        "sending": one.id,
        "channel": one.channel,
        "doc": letter.doc.hex(),
        **more,
    }
    gather(scene, RecordType.CASE, told)


# --- Clearing up ---


def cancel(desk: Desk, sending_id: str, by: Person, *, reason: str) -> Sending:
    """Cancel what waits or lies ready; what is being sent, or was, is not taken back."""
    require(by, Right.WORK_CASES)
    said = _reason(reason)
    with desk.database.writing() as connection:
        one = read_sending(connection, sending_id)
        if one.state not in (State.WAITING, State.READY):
            raise MistakeError(f"It is {one.state}; only what waits or lies ready is cancelled.")
        scene = scene_for(connection, desk, one.case_id, by)
        move(connection, one, state=State.CANCELLED, next_at=None, why=f"{by.login}: {said}")
        tell(scene, read_letter(connection, one.letter_id), one, "letter_cancelled")
        append_gathered(scene)
        return read_sending(connection, one.id)


def resolve(
    desk: Desk, sending_id: str, by: Person, *, sent: bool, reason: str, at: datetime | None = None
) -> Sending:
    """Say what became of a sending of which the program does not know; the reason is kept.

    ``sent``: the fact is recorded, as of ``at`` (None: when the program began to hand it over).
    Else it may be ordered again.
    """
    require(by, Right.WORK_CASES)
    said = _reason(reason)
    with desk.database.writing() as connection:
        one = read_sending(connection, sending_id)
        if one.state is not State.UNCERTAIN:
            raise MistakeError(f"It is {one.state}; only what is uncertain is resolved.")
        letter = read_letter(connection, one.letter_id)
        scene = scene_for(connection, desk, one.case_id, by)
        why = f"{by.login}: {said}"
        if sent:
            when = at or one.handing_at or scene.now
            _check_moment(one, when, scene.now)
            proof = {"resolved_by": by.login, "reason": said, "message_id": one.message_id}
            fact = place_sent(scene, letter, one, sent_at=when, proof=proof)
            move(
                connection,
                one,
                state=State.SENT,
                sent_at=when,
                fact_id=fact,
                proof=proof,
                why=why,
            )
        else:
            move(connection, one, state=State.REFUSED, why=f"Not sent, says {why}")
        tell(scene, letter, one, "letter_resolved", sent=sent)
        append_gathered(scene)
        return read_sending(connection, one.id)


def _check_moment(one: Sending, when: datetime, now: datetime) -> None:
    if not one.ordered_at <= when <= now:
        raise MistakeError("It was sent after it was ordered, and not in the future.")


def track(
    desk: Desk,
    sending_id: str,
    number: str,
    by: Person,
    *,
    document: Attachment | None = None,
) -> Sending:
    """Record the tracking number of what was posted, and the carrier's copy, as it came."""
    require(by, Right.WORK_CASES)
    told = " ".join(number.split())
    if not told or len(told) > _LONGEST or not told.isprintable():
        raise MistakeError(f"A tracking number has 1 to {_LONGEST} printable characters.")
    with desk.database.writing() as connection:
        one = read_sending(connection, sending_id)
        if one.state is not State.SENT:
            raise MistakeError(
                f"It is {one.state}; a tracking number belongs to what was sent. `letter declare` "
                "takes both."
            )
        scene = scene_for(connection, desk, one.case_id, by)
        fact: dict[str, JsonValue] = {"sending": one.id, "of": one.fact_id, "number": told}
        place_fact(scene, "tracking", fact, document)
        move(connection, one, tracking=told)
        append_gathered(scene)
        return read_sending(connection, one.id)


def _reason(reason: str) -> str:
    said = " ".join(reason.split())
    if len(said) < _LEAST_REASON:
        raise MistakeError(f"Say why, in at least {_LEAST_REASON} characters.")
    return said
