"""`stationctl case`."""

import mimetypes
from datetime import date, datetime
from pathlib import Path

import click

from archive.canonical import JsonValue
from stationd.access.model import Purpose
from stationd.bundles.model import Order
from stationd.cases import service
from stationd.cases.effects import CLOSING, EVALUATE, EXTEND
from stationd.cases.guards import as_json
from stationd.cases.kinds import CHANNELS, KINDS, documents_for, recordable
from stationd.cases.model import Attachment, Case, Reason, Status
from stationd.cases.states import STATES, Event, State
from stationd.cli.custody import PURPOSE
from stationd.cli.moments import MOMENT
from stationd.cli.office import Office
from stationd.cli.output import table
from stationd.clock import iso
from stationd.staff.model import Role
from stationd.staff.rights import title

__all__ = ["case"]

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_DUE = {
    EVALUATE: "look whether service can end",
    CLOSING: "append the close record and order the closing bundle",
    EXTEND: "lock every bundle of the account as long",
}
_MARKS = {
    Status.PASSED: "passed",
    Status.FAILED: "FAILED",
    Status.WARNED: "warned",
    Status.WAIVED: "waived",
    Status.NOT_APPLICABLE: "-",
}


@click.group()
def case() -> None:
    """Open and work terminations; a case moves by `case step` and by nothing else."""


@case.command(
    name="open",
    epilog="Example: stationctl case open 1234 --reason nonpayment --document statement.pdf",
)
@click.argument("acct")
@click.option(
    "--reason",
    type=click.Choice([reason.value for reason in Reason]),
    required=True,
    help="Why the service is terminated.",
)
@click.option("--document", type=_FILE, required=True, help="The document that gives the ground.")
@click.option("--kind", help="What the document is.  [default: the reason's usual kind]")
@click.pass_obj
def open_(office: Office, acct: str, reason: str, document: Path, kind: str | None) -> None:
    """Open a case on account ACCT; its records are held from here on."""
    given = Reason(reason)
    made = service.open_case(
        office.desk,
        acct,
        given,
        office.person(),
        kind=kind or documents_for(given)[0],
        document=_attachment(document),
    )
    office.show(_value(made), f"Case {made.id} is open on account {acct}: {made.state}.")


@case.command(name="list")
@click.argument("acct", required=False)
@click.option("--all", "every", is_flag=True, help="Cases that are over too.")
@click.pass_obj
def list_(office: Office, acct: str | None, *, every: bool) -> None:
    """List open cases, of account ACCT or all."""
    found = service.cases(office.desk, acct=acct, open_only=not every)
    office.trail.reading("cases", acct=acct)
    head = ("case", "account", "reason", "state", "opened", "effective", "")
    rows = [
        [
            one.id,
            one.acct,
            one.reason.value,
            one.state,
            f"{one.opened_at:%Y-%m-%d}",
            _shown(one.effective_at),
            "overdue" if one.overdue else "",
        ]
        for one in found
    ]
    office.show([_value(one) for one in found], table(head, rows) if rows else "No cases.")


@case.command()
@click.argument("case_id")
@PURPOSE
@click.pass_obj
def show(office: Office, case_id: str, *, purpose: str) -> None:
    """Show case CASE_ID: every guard with what is missing and who has it, facts, steps, bundles.

    The first characters of the id are enough.
    """
    view = service.look(office.desk, case_id)
    office.reads("case", acct=view.case.acct, purpose=purpose)
    office.show(_view_value(view), _view_text(view))


@case.command(epilog='Example: stationctl case facts 4af1 dispute --text "bill of May is wrong"')
@click.argument("case_id")
@click.argument("kind", required=False, type=click.Choice(recordable()))
@click.option("--text", help="What there is to say.")
@click.option("--file", "document", type=_FILE, help="The document behind it.")
@click.pass_obj
def facts(
    office: Office, case_id: str, kind: str | None, text: str | None, document: Path | None
) -> None:
    """List the facts of case CASE_ID, or record one of KIND."""
    if kind is None:
        view = service.look(office.desk, case_id)
        office.reads("case facts", acct=view.case.acct, purpose=Purpose.CASE.value)
        listed = _fact_rows(view)
        value: list[JsonValue] = [_fact_value(one) for one in view.facts]
        office.show(value, table(("fact", "at", "by", "what", ""), listed))
        return
    told: dict[str, JsonValue] = {"text": text} if text else {}
    attached = None if document is None else _attachment(document)
    made = service.record_fact(office.desk, case_id, kind, told, office.person(), document=attached)
    office.show({"id": made, "kind": kind}, f"Recorded: {KINDS[kind].title} ({made[:8]}).")


@case.command(
    epilog="Example: stationctl case notice 4af1 --file notice.pdf --channel post "
    '--address "1 High Street" --declaration declaration.pdf'
)
@click.argument("case_id")
@click.option("--file", "document", type=_FILE, required=True, help="The exact bytes sent.")
@click.option("--channel", type=click.Choice(list(CHANNELS)), required=True, help="How.")
@click.option("--address", required=True, help="Where to, as it stood on file.")
@click.option("--sent", type=MOMENT, help="When.  [default: now]")
@click.option("--ends-on", help="Date of ending that the customer asked for (2026-07-31).")
@click.option("--declaration", type=_FILE, help="The signed declaration of sending.")
@click.pass_obj
def notice(  # noqa: PLR0913, PLR0917  (what a notice is made of)
    office: Office,
    case_id: str,
    document: Path,
    channel: str,
    address: str,
    sent: datetime | None,
    ends_on: str | None,
    declaration: Path | None,
) -> None:
    """Record that a notice of case CASE_ID was sent; `case step … notice_sent` then moves it."""
    made = service.record_notice(
        office.desk,
        case_id,
        office.person(),
        document=_attachment(document),
        channel=channel,
        address=address,
        sent_at=sent,
        ends_on=None if ends_on is None else _date(ends_on),
        declaration=None if declaration is None else _attachment(declaration),
    )
    office.show({"id": made}, f"The notice is recorded ({made[:8]}).")


@case.command()
@click.argument("case_id")
@click.argument("notice_id")
@click.option("--file", "document", type=_FILE, required=True, help="The signed declaration.")
@click.pass_obj
def declaration(office: Office, case_id: str, notice_id: str, document: Path) -> None:
    """Record the declaration of sending for the notice NOTICE_ID of case CASE_ID."""
    made = service.record_declaration(
        office.desk, case_id, notice_id, office.person(), document=_attachment(document)
    )
    office.show({"id": made}, f"The declaration is recorded ({made[:8]}).")


@case.command(epilog="Example: stationctl case step 4af1 close")
@click.argument("case_id")
@click.argument("event", type=click.Choice([event.value for event in Event if event != "open"]))
@click.pass_obj
def step(office: Office, case_id: str, event: str) -> None:
    """Move case CASE_ID by EVENT, or show every guard that refuses."""
    moved = service.step(office.desk, case_id, event, office.person())
    text = f"Case {moved.id} is {moved.state}: {STATES[State(moved.state)]}"
    if moved.effective_at is not None and event == Event.NOTICE_SENT:
        text += f"\nMonitoring ends at {_shown(moved.effective_at)} at the earliest."
    office.show(_value(moved), text)


def _attachment(path: Path) -> Attachment:
    guessed, _ = mimetypes.guess_type(path.name)
    return Attachment(
        name=path.name,
        media_type=guessed or "application/octet-stream",
        content=path.read_bytes(),
    )


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        msg = f"{text} is no date; write 2026-07-31"
        raise click.BadParameter(msg, param_hint="--ends-on") from None


def _shown(moment: datetime | None) -> str:
    return "" if moment is None else f"{moment:%Y-%m-%d %H:%M:%S} UTC"


def _moment(moment: datetime | None) -> JsonValue:
    return None if moment is None else iso(moment)


def _value(one: Case) -> dict[str, JsonValue]:
    return {
        "id": one.id,
        "acct": one.acct,
        "reason": one.reason.value,
        "state": one.state,
        "previous_state": one.previous_state,
        "version": one.version,
        "overdue": one.overdue,
        "opened_at": iso(one.opened_at),
        "opened_by": one.opened_by,
        "noticed_at": _moment(one.noticed_at),
        "effective_at": _moment(one.effective_at),
        "ended_at": _moment(one.ended_at),
        "closed_at": _moment(one.closed_at),
    }


def _fact_value(one: service.StoredFact) -> dict[str, JsonValue]:
    return {
        "id": one.id,
        "kind": one.kind,
        "fact": dict(one.fact),
        "doc": None if one.doc is None else one.doc.hex(),
        "by": one.author,
        "at": iso(one.at),
    }


def _order_value(one: Order) -> dict[str, JsonValue]:
    return {
        "id": one.id,
        "kind": one.kind.value,
        "state": one.state.value,
        "name": one.name,
        "progress": one.progress,
        "verified_at": _moment(one.verified_at),
        "retain_until": _moment(one.retain_until),
        "why": one.why,
    }


def _view_value(view: service.CaseView) -> dict[str, JsonValue]:
    return {
        **_value(view.case),
        "guards": [as_json(result) for result in view.results],
        "guards_hash": view.results_hash.hex(),
        "events": list(view.events),
        "possible": [
            {
                "row": one.row.id,
                "event": one.row.event.value,
                "roles": sorted(role.value for role in one.row.roles),
                "refused_by": [result.id for result in one.refused_by],
            }
            for one in view.possible
        ],
        "steps": [
            {
                "row": taken.row,
                "event": taken.event,
                "from": taken.from_state,
                "to": taken.to_state,
                "by": taken.by,
                "at": iso(taken.at),
            }
            for taken in view.history
        ],
        "facts": [_fact_value(one) for one in view.facts],
        "due": [
            {"step": one.step, "due_at": iso(one.due_at), "outcome": one.outcome}
            for one in view.due
        ],
        "orders": [_order_value(one) for one in view.orders],
        "waits": view.waits,
    }


def _view_text(view: service.CaseView) -> list[str]:
    """Return a case for people: where it is, what can be done, then what it rests on."""
    parts = [_head(view), _possible(view), _guards(view), _bundles(view), _due(view), _past(view)]
    return "\n\n".join("\n".join(part) for part in parts if part).splitlines()


def _head(view: service.CaseView) -> list[str]:
    one = view.case
    overdue = ", overdue: service runs past the date told" if one.overdue else ""
    lines = [
        f"Case {one.id}, account {one.acct}, {one.reason}: {one.state}{overdue}",
        STATES[State(one.state)],
    ]
    if one.effective_at is not None:
        lines.append(f"Monitoring ends at {_shown(one.effective_at)} at the earliest.")
    if view.waits:
        lines.append(f"Waits: {view.waits}")
    return lines


def _possible(view: service.CaseView) -> list[str]:
    """Return the steps from here, who may take each, and what refuses it."""
    if not view.possible:
        return ["Steps from here: none; the case is over"]
    rows = []
    for one in view.possible:
        who = ", ".join(title(role) for role in Role if role in one.row.roles)
        refused = [f"{result.id}: {result.text}" for result in one.refused_by] or ["can be taken"]
        rows += [
            [one.row.event.value, who, refused[0]],
            *(["", "", more] for more in refused[1:]),
        ]
    return table(("step", "who", "now"), rows)


def _guards(view: service.CaseView) -> list[str]:
    return table(("guard", "status", ""), _guard_rows(view))


def _guard_rows(view: service.CaseView) -> list[list[str]]:
    """Return every guard; one that fails but stops no step from here is told to be not yet due."""
    asked = {result.id for one in view.possible for result in one.refused_by}
    return [
        [
            result.id,
            "not yet"
            if result.status is Status.FAILED and result.id not in asked
            else _MARKS[result.status],
            result.text,
        ]
        for result in view.results
    ]


def _bundles(view: service.CaseView) -> list[str]:
    rows = [
        [one.kind.value, one.state.value, f"{one.progress} %", one.name or "", one.why]
        for one in view.orders
    ]
    return table(("bundle", "state", "", "name", "last trouble"), rows) if rows else []


def _due(view: service.CaseView) -> list[str]:
    rows = [
        [_DUE.get(one.step, one.step), _shown(one.due_at)]
        for one in view.due
        if one.done_at is None
    ]
    return table(("the worker will", "at"), rows) if rows else []


def _past(view: service.CaseView) -> list[str]:
    steps = [[t.row, t.event, t.to_state, t.by, _shown(t.at)] for t in view.history]
    return [
        *table(("row", "event", "to", "by", "at"), steps),
        "",
        *table(("fact", "at", "by", "what", ""), _fact_rows(view)),
    ]


def _fact_rows(view: service.CaseView) -> list[list[str]]:
    return [
        [one.id[:8], _shown(one.at), one.author, KINDS[one.kind].title, _says(one)]
        for one in view.facts
    ]


def _says(one: service.StoredFact) -> str:
    """Return what people look for in a fact."""
    fact = one.fact
    if one.kind == "notice":
        declared = "declared" if fact.get("declaration") else "not declared with it"
        return f"by {fact['channel']} to {fact['address']}, sent {fact['sent_at']}, {declared}"
    if one.kind == "retention":
        return f"kept until {fact['retain_until']}"
    return ""
