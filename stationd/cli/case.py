"""`stationctl case`."""

import os
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import click

from archive.canonical import JsonValue
from stationd.access.model import Purpose
from stationd.cases import service
from stationd.cases.kinds import CHANNELS, COMPARTMENTS, KINDS, recordable
from stationd.cases.model import Reason
from stationd.cases.states import STATES, Event, State
from stationd.cli.case_call import CALLING
from stationd.cli.case_deciding import DECIDING
from stationd.cli.case_text import (
    case_value,
    fact_rows,
    fact_value,
    shown,
    view_text,
    view_value,
)
from stationd.cli.clear_to_close import clear_to_close
from stationd.cli.custody import PURPOSE
from stationd.cli.handed_in import attachment, named_values, read_date
from stationd.cli.moments import MOMENT
from stationd.cli.office import Office
from stationd.cli.output import table
from stationd.errors import MistakeError, RefusedError

__all__ = ["case"]

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_NOT_BY_HAND = frozenset({Event.OPEN, Event.REINSTATED, Event.PURGE})


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
    by = office.person()
    made = service.open_case(
        office.desk,
        acct,
        given,
        by,
        kind=kind or service.opening_kinds(office.desk, acct, given)[0],
        document=attachment(document),
    )
    office.show(case_value(made), f"Case {made.id} is open on account {acct}: {made.state}.")


@case.command(
    name="open-many",
    epilog="Example: stationctl case open-many accounts.txt --reason dealer_transfer "
    "--document instruction.pdf",
)
@click.argument("accounts", type=_FILE)
@click.option(
    "--reason",
    type=click.Choice([reason.value for reason in Reason]),
    required=True,
    help="Why the services are terminated.",
)
@click.option("--document", type=_FILE, required=True, help="The document that gives the ground.")
@click.option("--kind", help="What the document is.  [default: the reason's usual kind]")
@click.pass_obj
def open_many(
    office: Office, accounts: Path, reason: str, document: Path, kind: str | None
) -> None:
    """Open a case of its own for each account in the file ACCOUNTS, a number a line.

    Each has its own guards: what one refuses stops no other, and is listed.
    """
    given = Reason(reason)
    accts = [line.strip() for line in accounts.read_text(encoding="utf-8").splitlines()]
    wanted = [acct for acct in accts if acct]
    by = office.person()
    if not wanted:
        raise MistakeError(f"{accounts} names no account.")
    done = service.open_cases(
        office.desk,
        wanted,
        given,
        by,
        kind=kind or service.opening_kinds(office.desk, wanted[0], given)[0],
        document=attachment(document),
    )
    refused = [one for one in done if one.case is None]
    lines = [f"{len(done) - len(refused)} case(s) opened, {len(refused)} account(s) refused."]
    lines += [f"  {one.acct}: {one.why}" for one in refused]
    office.show([_opened_value(one) for one in done], lines)
    if refused:
        raise click.exceptions.Exit(RefusedError.exit_code)


def _opened_value(one: service.Opened) -> dict[str, JsonValue]:
    return {
        "acct": one.acct,
        "case": None if one.case is None else one.case.id,
        "why": one.why,
    }


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
            shown(one.effective_at),
            "overdue" if one.overdue else "",
        ]
        for one in found
    ]
    office.show([case_value(one) for one in found], table(head, rows) if rows else "No cases.")


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
    office.show(view_value(view), view_text(view))


@case.command(
    epilog="""\b
Examples:
  stationctl case facts 4af1 dispute --text "bill of May is wrong" --file mail.eml
  stationctl case facts 4af1 contact --set step=call --set outcome="promises Friday"
"""
)
@click.argument("case_id")
@click.argument("kind", required=False, type=click.Choice(recordable()))
@click.option("--text", help="What there is to say.")
@click.option("--set", "given", multiple=True, metavar="NAME=VALUE", help="A field of the kind.")
@click.option("--file", "document", type=_FILE, help="The document behind it.")
@click.option(
    "--compartment",
    type=click.Choice(COMPARTMENTS),
    help="Where it lands, stricter than the kind's own.",
)
@click.pass_obj
def facts(  # noqa: PLR0913, PLR0917  (what a fact is made of)
    office: Office,
    case_id: str,
    kind: str | None,
    text: str | None,
    given: Sequence[str],
    document: Path | None,
    compartment: str | None,
) -> None:
    """List the facts of case CASE_ID, or record one of KIND.

    The fields of each kind are in docs/reference/case-table.md.
    """
    if kind is None:
        view = service.look(office.desk, case_id)
        office.reads("case facts", acct=view.case.acct, purpose=Purpose.CASE.value)
        listed = fact_rows(view)
        value: list[JsonValue] = [fact_value(one) for one in view.facts]
        office.show(value, table(("fact", "at", "by", "what", ""), listed))
        return
    told: dict[str, JsonValue] = {"text": text} if text else {}
    told |= named_values(given)
    made = service.record_fact(
        office.desk,
        case_id,
        kind,
        told,
        office.person(),
        document=None if document is None else attachment(document),
        compartment=compartment,
    )
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
        document=attachment(document),
        channel=channel,
        address=address,
        sent_at=sent,
        ends_on=None if ends_on is None else read_date(ends_on, "--ends-on"),
        declaration=None if declaration is None else attachment(declaration),
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
        office.desk, case_id, notice_id, office.person(), document=attachment(document)
    )
    office.show({"id": made}, f"The declaration is recorded ({made[:8]}).")


@case.command(epilog="Example: stationctl case document 4af1 9c02 --out letter.pdf")
@click.argument("case_id")
@click.argument("fact_id")
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    help="The file to write; it may not exist.",
)
@click.pass_obj
def document(office: Office, case_id: str, fact_id: str, out: Path) -> None:
    """Write the file of the fact FACT_ID of case CASE_ID, byte for byte, to be read by you alone.

    It is what somebody handed in, and may be anything: this program never opened it.
    """
    found = service.read_attachment(office.desk, case_id, fact_id, office.person())
    office.reads(
        "case document",
        acct=service.look(office.desk, case_id).case.acct,
        purpose=Purpose.CASE.value,
    )
    with os.fdopen(os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(found.content)
    value: dict[str, JsonValue] = {"name": found.name, "bytes": len(found.content), "out": str(out)}
    office.show(value, f"{found.name}: {len(found.content)} bytes are in {out}.")


@case.command(epilog="Example: stationctl case step 4af1 close")
@click.argument("case_id")
@click.argument(
    "event", type=click.Choice([event.value for event in Event if event not in _NOT_BY_HAND])
)
@click.pass_obj
def step(office: Office, case_id: str, event: str) -> None:
    """Move case CASE_ID by EVENT, or show every guard that refuses."""
    moved = service.step(office.desk, case_id, event, office.person())
    text = f"Case {moved.id} is {moved.state}: {STATES[State(moved.state)]}"
    if moved.effective_at is not None and event == Event.NOTICE_SENT:
        text += f"\nMonitoring ends at {shown(moved.effective_at)} at the earliest."
    office.show(case_value(moved), text)


for _command in (*CALLING, *DECIDING, clear_to_close):
    case.add_command(_command)
