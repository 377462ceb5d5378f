"""Letters of a case are drafted: a signed form is filled, and text, PDF and data are kept.

Reading, filling and drawing happen before the transaction that writes, which then sees that the
case has not moved meanwhile.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from archive.canonical import JsonValue, encode
from stationd.cases.chronicle import append_gathered, scene_of
from stationd.cases.effects import Scene
from stationd.cases.facts import read_facts
from stationd.cases.model import Attachment, Case, Facts
from stationd.cases.reasons import RULES as REASONS
from stationd.cases.recording import keep_document, place_fact
from stationd.cases.states import State
from stationd.cases.store import read_case
from stationd.clock import iso
from stationd.db.engine import Connection
from stationd.desk import Desk
from stationd.errors import MistakeError, RefusedError, UnavailableError
from stationd.ledger.store import read_documents
from stationd.letters.fields import LETTERS
from stationd.letters.model import LetterForm
from stationd.letters.templates import Data, fill, is_template, shown
from stationd.outbox.data import Known, Plan, letter_data, read_known, to_whom
from stationd.outbox.model import WAYS, Letter
from stationd.outbox.planning import cure_end, day_end, leads_to
from stationd.outbox.rules import NOTICES, RULES, LetterRule
from stationd.outbox.store import read_letters, record_letter
from stationd.staff.model import Person
from stationd.staff.rights import Right, require

__all__ = ["Wanted", "draft", "draft_for", "find_template"]

_TICK = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What somebody wants drafted.

    ``form`` None: the newest that counts.  ``send_by`` None: today, at the site.  ``ends_on`` is
    the day of ending that was asked for.  ``recipient`` and ``address`` replace what is on file.
    """

    kind: str
    channels: Sequence[str]
    form: str | None = None
    send_by: date | None = None
    ends_on: date | None = None
    recipient: str | None = None
    address: str | None = None
    given: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Made:
    """A letter that is made and not kept yet."""

    id: str
    form: LetterForm
    plan: Plan
    send_by: datetime
    text: str
    data: Data
    pdf: bytes
    file: str


def draft(desk: Desk, case_id: str, wanted: Wanted, by: Person) -> list[Letter]:
    """Draft a letter for each channel, and record the facts of it; return the letters.

    Raises `RefusedError` with what is missing for it and who can supply it.
    """
    require(by, Right.WORK_CASES)
    return draft_for(desk, case_id, wanted, by)


def draft_for(desk: Desk, case_id: str, wanted: Wanted, by: Person) -> list[Letter]:
    """Draft letters for somebody of whom it is known that they may."""
    with desk.database.reading() as connection:
        case = read_case(connection, case_id)
        made = _make(connection, desk, case, wanted)
    with desk.database.writing() as connection:
        return _kept(connection, desk, case, wanted, made, by)


def _kept(
    connection: Connection,
    desk: Desk,
    case: Case,
    wanted: Wanted,
    made: Sequence[_Made],
    by: Person,
) -> list[Letter]:
    """Keep letters that were made of a case that has not moved since."""
    scene = scene_of(connection, desk, case.id, by)
    if scene.case.version != case.version:
        raise UnavailableError(f"Case {case.id} was moved meanwhile; draft the letter again.")
    kept = [_keep(scene, wanted, one) for one in made]
    append_gathered(scene)
    return kept


def _make(connection: Connection, desk: Desk, case: Case, wanted: Wanted) -> list[_Made]:
    rule = _rule(wanted, case)
    now = desk.clock.now()
    facts = read_facts(connection, desk, case, now)
    today = now.astimezone(ZoneInfo(facts.account.zone)).date()
    known = read_known(connection, case, today)
    form, content = find_template(connection, wanted.kind, facts, wanted.form)
    ways = _ways(wanted.channels)
    send_by = _send_by(wanted, known, now)
    instant = _instant(connection, desk, case, known, wanted, send_by)
    made = []
    for channel in ways:
        recipient, address = _addressed(rule, known, wanted, channel)
        number = desk.ids.identifier()
        plan = Plan(
            kind=wanted.kind,
            number=number[:8].upper(),
            channel=channel,
            recipient=recipient,
            address=address,
            today=today,
            instant=instant,
            cure_ends=cure_end(
                known.contract, known.site, desk.policies, send_by=send_by, channels=ways
            ),
            given=wanted.given,
        )
        data, needed = letter_data(desk, case, facts, known, plan)
        text = fill(wanted.kind, content, data, needed)
        made.append(_drawn(desk, form, plan, number, send_by, text, data))
    return made


def _drawn(  # noqa: PLR0913, PLR0917  (what a letter is made of)
    desk: Desk,
    form: LetterForm,
    plan: Plan,
    number: str,
    send_by: datetime,
    text: str,
    data: Data,
) -> _Made:
    # Drawing takes longer to load than most commands take.
    from stationd.letters.paper import letter_pdf  # noqa: PLC0415

    title = LETTERS[plan.kind].title
    pdf = letter_pdf(text, title=title, number=f"Letter {plan.number}", paper=desk.letters.paper)
    return _Made(
        id=number,
        form=form,
        plan=plan,
        send_by=send_by,
        text=text,
        data=shown(plan.kind, data),
        pdf=pdf,
        file=f"{plan.kind.replace('_', '-')}-{plan.number}.pdf",
    )


def _rule(wanted: Wanted, case: Case) -> LetterRule:
    """Return the rule of what is wanted, or raise with why it is not drafted."""
    rule = RULES.get(wanted.kind)
    if rule is None:
        raise MistakeError(f"There is no letter {wanted.kind}; there are: {', '.join(RULES)}.")
    states = rule.drafted_in or rule.states
    if case.state not in states:
        named = ", ".join(state.value for state in State if state in states)
        raise RefusedError(
            f"The case is {case.state}; a {wanted.kind} letter is drafted when it is: {named}."
        )
    notice = REASONS[case.reason].notice
    if wanted.kind in NOTICES and notice != wanted.kind:
        raise MistakeError(f"For {case.reason} the notice is: {notice or 'none'}.")
    _check_given(rule, wanted)
    return rule


def _check_given(rule: LetterRule, wanted: Wanted) -> None:
    allowed = (*rule.given, *rule.optional)
    wrong = [name for name in wanted.given if name not in allowed]
    if wrong:
        listed = ", ".join(allowed) or "none"
        raise MistakeError(f"{', '.join(wrong)} is not given for it; what may be: {listed}.")


def _ways(channels: Sequence[str]) -> list[str]:
    """Return the ways, with the first-class copy that goes with certified mail."""
    ways = list(dict.fromkeys(channels))
    wrong = [way for way in ways if way not in WAYS]
    if wrong or not ways:
        raise MistakeError(f"A letter goes by some of: {', '.join(WAYS)}.")
    if "certified" in ways and "post" not in ways:
        ways.append("post")
    return ways


def find_template(
    connection: Connection, kind: str, facts: Facts, version: str | None
) -> tuple[LetterForm, bytes]:
    """Return a form that counts where the site is, and its text; or raise `RefusedError`.

    One signed for the jurisdiction comes before one signed for any, then the newest.
    """
    place = facts.account.jurisdiction
    counting = [
        one
        for one in facts.forms
        if one.serves(kind, version or one.version, place)
        and one.withdrawn_at is None
        and one.expires_at > facts.now
    ]
    counting.sort(key=lambda one: (one.jurisdiction == "", -one.signed_at.timestamp()))
    for form in counting:
        (found,) = read_documents(connection, [form.doc])
        if is_template(found.name):
            return form, found.content
    named = f" {version}" if version else ""
    raise RefusedError(
        f"Counsel signed no {kind} form{named} that the program can fill and that counts in "
        f"{place or 'any jurisdiction'}. An attorney signs one, or a manager records counsel's "
        "document (`form sign … --file letter.txt`); config/letters has one of each kind."
    )


def _send_by(wanted: Wanted, known: Known, now: datetime) -> datetime:
    zone = known.site.zone
    today = now.astimezone(ZoneInfo(zone)).date()
    if wanted.send_by is not None and wanted.send_by < today:
        raise MistakeError("A letter is not sent before it is drafted; give a --send-by to come.")
    return day_end(wanted.send_by or today, zone)


def _instant(
    connection: Connection,
    desk: Desk,
    case: Case,
    known: Known,
    wanted: Wanted,
    send_by: datetime,
) -> datetime | None:
    """Return the instant that a letter states; None: it states none that the case decides."""
    if wanted.kind in NOTICES:
        return leads_to(
            known.contract,
            known.site,
            desk.policies,
            sent_at=send_by - _TICK,
            channels=_ways(wanted.channels),
            requested=wanted.ends_on,
        )
    if RULES[wanted.kind].to not in ("authority", "issuer") and wanted.kind != "second_notice":
        return None
    if case.ended_at is not None or case.effective_at is not None:
        return case.ended_at or case.effective_at
    planned = [one for one in read_letters(connection, case.id) if one.kind in NOTICES]
    if not planned:
        raise RefusedError(
            "When monitoring ends is not known before the notice is drafted. Draft the notice "
            "first (`letter draft`)."
        )
    return planned[-1].stated_at


def _addressed(rule: LetterRule, known: Known, wanted: Wanted, channel: str) -> tuple[str, str]:
    name, address = ("", "") if rule.to == "given" else to_whom(known, rule.to, channel)
    if channel == "keypad":
        address = f"keypad at {known.site.name}"
    recipient = " ".join((wanted.recipient or name).split())
    address = " ".join((wanted.address or address).split())
    if not recipient or not address:
        what = "e-mail address" if channel == "email" else "address"
        raise RefusedError(
            f"The records have no {what} of the {rule.to} for {WAYS[channel]}. A clerk enters it, "
            "or it is given for this letter (--to, --address)."
        )
    return recipient, address


# --- Keeping ---


def _keep(scene: Scene, wanted: Wanted, made: _Made) -> Letter:
    rule, plan = RULES[wanted.kind], made.plan
    stem = made.file.removesuffix(".pdf")
    text = Attachment(name=f"{stem}.txt", media_type="text/plain", content=made.text.encode())
    data = Attachment(
        name=f"{stem}.json",
        media_type="application/json",
        content=encode({part: dict(values) for part, values in made.data.items()}),
    )
    pdf = Attachment(name=made.file, media_type="application/pdf", content=made.pdf)
    text_doc = keep_document(scene, rule.draft, text)
    data_doc = keep_document(scene, rule.draft, data)
    doc = keep_document(scene, rule.draft, pdf)
    fact: dict[str, JsonValue] = {
        "letter": made.id,
        "letter_kind": wanted.kind,
        "channel": plan.channel,
        "address": plan.address,
        "form": made.form.version,
        "send_by": iso(made.send_by) if wanted.kind in NOTICES else None,
        "stated_at": None if plan.instant is None else iso(plan.instant),
        "ends_on": None if wanted.ends_on is None else wanted.ends_on.isoformat(),
        "given": dict(wanted.given),
    }
    fact_id = place_fact(scene, rule.draft, fact, pdf, known=doc)
    letter = Letter(
        id=made.id,
        case_id=scene.case.id,
        kind=wanted.kind,
        form_id=made.form.id,
        channel=plan.channel,
        recipient=plan.recipient,
        address=plan.address,
        file=made.file,
        doc=doc,
        sha256=hashlib.sha256(made.pdf).hexdigest(),
        text_doc=text_doc,
        data_doc=data_doc,
        stated_at=plan.instant,
        send_by=made.send_by if wanted.kind in NOTICES else None,
        fact_id=fact_id,
        drafted_by=scene.by.login,
        drafted_at=scene.now,
    )
    record_letter(scene.connection, letter)
    return letter
