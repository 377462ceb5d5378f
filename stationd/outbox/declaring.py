"""The declaration of sending: filled by the program, declared by the person, kept as a document.

Whoever sent a letter declares when, how, where to, and that it was that very file.  The program
fills the signed form; the person gives the password again, as for an approval.  Signing it on
paper and recording the scan (`case declaration`) is as good.
"""

from dataclasses import dataclass
from datetime import datetime

from archive.canonical import JsonValue
from stationd.accounts.store import read_account, read_contract, read_site
from stationd.approvals.two_persons import check_confirmed
from stationd.cases.chronicle import append_gathered
from stationd.cases.facts import read_facts
from stationd.cases.model import Attachment
from stationd.cases.recording import place_fact
from stationd.cases.store import read_case
from stationd.db.engine import Connection
from stationd.desk import Desk
from stationd.errors import MistakeError, NotAuthorisedError, RefusedError
from stationd.letters.fields import LETTERS
from stationd.letters.templates import Data, fill
from stationd.letters.words import moment
from stationd.outbox.drafting import find_template
from stationd.outbox.model import BY_PROGRAM, WAYS, Letter, Sending, State
from stationd.outbox.recorded import place_sent, scene_for
from stationd.outbox.store import move, read_letter, read_sending
from stationd.staff.model import Confirmed, Person
from stationd.staff.rights import Right, require, title

__all__ = ["Declaration", "declare", "form_to_sign", "prepare"]

_BLANK = "______________________"
_ACTS = {
    "email": "I had the letter named here sent by e-mail. The mail server {server} took it with "
    "the reply: {reply}",
    "post": "I put the letter named here, in a closed envelope with postage paid, into the mail.",
    "certified": "I gave the letter named here, in a closed envelope with postage paid, to the "
    "carrier as certified mail.",
    "courier": "I gave the letter named here, in a closed envelope, to the courier.",
    "hand": "I delivered the letter named here by hand at the address named here.",
    "keypad": "I had the text of the letter named here shown on the keypad at the premises.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Declaration:
    """A declaration as it is shown, before it is declared."""

    sending_id: str
    tries: int
    text: str
    sent_at: datetime
    tracking: str | None


def prepare(
    desk: Desk,
    sending_id: str,
    by: Person,
    *,
    sent_at: datetime | None = None,
    tracking: str | None = None,
) -> Declaration:
    """Return the declaration for a person to read; ``sent_at`` is of what a person sent."""
    require(by, Right.WORK_CASES)
    now = desk.clock.now()
    with desk.database.reading() as connection:
        one = read_sending(connection, sending_id)
        letter = read_letter(connection, one.letter_id)
        noticed = read_case(connection, one.case_id).noticed_at is not None
        when = _when(one, None if noticed else letter.send_by, by, sent_at, now)
        zone = _zone(connection, one)
        number = tracking or one.tracking
        said = {
            "who": by.name,
            "title": title(by.role),
            "when": moment(when, zone),
            "act": _act(one),
            "reference": number or one.message_id or "",
            "declared_at": moment(now, zone),
        }
        text = _filled(connection, desk, one, letter, said)
    return Declaration(sending_id=one.id, tries=one.tries, text=text, sent_at=when, tracking=number)


def declare(desk: Desk, shown: Declaration, by: Confirmed) -> Sending:
    """Declare what was shown; of what a person sent, this also records that it was."""
    from stationd.letters.paper import letter_pdf  # noqa: PLC0415

    check_confirmed(by, desk.approvals, desk.clock.now())
    number = f"Sending {shown.sending_id[:8].upper()}"
    pdf = letter_pdf(
        shown.text, title=LETTERS["declaration"].title, number=number, paper=desk.letters.paper
    )
    with desk.database.writing() as connection:
        one = read_sending(connection, shown.sending_id)
        letter = read_letter(connection, one.letter_id)
        if one.tries != shown.tries:
            raise MistakeError("It was tried again meanwhile; read the declaration again.")
        _when(one, None, by.person, shown.sent_at, desk.clock.now())
        scene = scene_for(connection, desk, one.case_id, by.person)
        fact_id = one.fact_id
        if one.state is State.READY:
            proof = {"declared_by": by.person.login, "tracking": shown.tracking}
            fact_id = place_sent(scene, letter, one, sent_at=shown.sent_at, proof=proof)
        fact: dict[str, JsonValue] = {
            "notice": fact_id,
            "sending": one.id,
            "declared_by": by.person.login,
            "confirmed": "password given again",
        }
        document = Attachment(
            name=f"declaration-{one.id[:8]}.pdf", media_type="application/pdf", content=pdf
        )
        place_fact(scene, "declaration", fact, document)
        move(
            connection,
            one,
            state=State.SENT,
            sent_at=shown.sent_at,
            fact_id=fact_id,
            declared_at=scene.now,
            tracking=shown.tracking,
            why="",
        )
        append_gathered(scene)
        return read_sending(connection, one.id)


def _when(
    one: Sending, send_by: datetime | None, by: Person, told: datetime | None, now: datetime
) -> datetime:
    """Return when a letter was sent, or raise with why it is not declared so.

    ``send_by`` None: it may have gone out at any time, as a copy of a notice that is out already.
    """
    if one.declared_at is not None:
        raise MistakeError("Its sending is declared already.")
    if one.state is State.SENT and one.sent_at is not None:
        if one.channel in BY_PROGRAM and one.ordered_by != by.login:
            raise NotAuthorisedError(
                f"{one.ordered_by} had it sent, so {one.ordered_by} declares it."
            )
        return one.sent_at
    if one.state is not State.READY:
        raise MistakeError(f"It is {one.state}; what was sent, or lies ready, is declared.")
    when = told or now
    if not one.ordered_at <= when <= now:
        raise MistakeError("It was sent after it was ordered, and not in the future.")
    if send_by is not None and when >= send_by:
        raise RefusedError(
            "It went out later than the instant it states allows, so it counts as no notice. It "
            "is drafted anew and sent again; what happened is recorded as a note (`case facts … "
            "note`)."
        )
    return when


def _act(one: Sending) -> str:
    told = {"server": one.proof.get("server", ""), "reply": one.proof.get("reply", "")}
    if one.channel == "email" and not told["reply"]:
        return (
            "I had the letter named here sent by e-mail. That the mail server took it is known "
            f"from other proof: {one.proof.get('reason', '')}"
        )
    return _ACTS[one.channel].format(**told)


def form_to_sign(connection: Connection, desk: Desk, one: Sending, letter: Letter) -> str:
    """Return the declaration with blanks, to go with a print job; empty: no form is signed."""
    if one.channel in BY_PROGRAM:
        return ""
    said = {
        **dict.fromkeys(("who", "title", "when", "declared_at", "reference"), _BLANK),
        "act": _act(one),
    }
    try:
        return _filled(connection, desk, one, letter, said)
    except RefusedError:
        return ""


def _filled(
    connection: Connection, desk: Desk, one: Sending, letter: Letter, said: dict[str, str]
) -> str:
    case = read_case(connection, one.case_id)
    facts = read_facts(connection, desk, case, desk.clock.now())
    _, content = find_template(connection, "declaration", facts, None)
    data: Data = {
        "sender": {"name": desk.letters.sender.name},
        "sending": {
            **said,
            "channel": WAYS[one.channel],
            "address": one.address,
            "kind": f"{LETTERS[letter.kind].title}, letter {letter.id[:8].upper()}",
            "file": letter.file,
            "sha256": letter.sha256,
        },
        "account": {"number": case.acct},
    }
    return fill("declaration", content, data)


def _zone(connection: Connection, one: Sending) -> str:
    case = read_case(connection, one.case_id)
    contract = read_contract(connection, read_account(connection, case.acct).contract_id)
    return read_site(connection, contract.site_id).zone
