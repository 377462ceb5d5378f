"""`stationctl letter`."""

import os
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import click

from archive.canonical import JsonValue
from stationd.access.model import Purpose
from stationd.cli.handed_in import attachment, named_values, read_date
from stationd.cli.letter_text import letter_value, sending_row, sending_value
from stationd.cli.moments import MOMENT
from stationd.cli.office import Office
from stationd.cli.output import table
from stationd.errors import MistakeError
from stationd.letters.fields import FIELDS, LETTERS, LISTS, fields_of
from stationd.outbox import bounces, declaring, drafting, service
from stationd.outbox.model import WAYS, Sending
from stationd.outbox.rules import RULES

__all__ = ["letter"]

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_WAY = click.Choice(list(WAYS))
_HEAD = ("sending", "letter", "how", "where to", "state", "tries", "declared", "")


@click.group()
def letter() -> None:
    """Draft the letters of cases from signed forms, send them, declare and prove it."""


@letter.command(
    epilog="""\b
Examples:
  stationctl letter draft 4af1 termination --channel certified --channel email
  stationctl letter draft 4af1 late_fee --channel post --set fees.starts_on=2026-05-01 \\
    --set "fees.rule=1.5 percent a month of what is open"
"""
)
@click.argument("case_id")
@click.argument("kind", type=click.Choice(list(RULES)))
@click.option("--channel", "channels", type=_WAY, multiple=True, required=True, help="How it goes.")
@click.option("--form", help="Version of the form.  [default: the newest that counts]")
@click.option("--send-by", help="Last day it may go out (2026-07-31).  [default: today]")
@click.option("--ends-on", help="Day of ending that the customer asked for.")
@click.option("--to", "recipient", help="To whom.  [default: as on file]")
@click.option("--address", help="Where to, with one channel.  [default: as on file]")
@click.option("--set", "given", multiple=True, metavar="FIELD=VALUE", help="What you add.")
@click.pass_obj
def draft(  # noqa: PLR0913  (an option each)
    office: Office,
    *,
    case_id: str,
    kind: str,
    channels: Sequence[str],
    form: str | None,
    send_by: str | None,
    ends_on: str | None,
    recipient: str | None,
    address: str | None,
    given: Sequence[str],
) -> None:
    """Fill the form for a letter of KIND of case CASE_ID, one for each channel, and record it.

    What is missing is named, with who can supply it; `letter fields KIND` lists what there is.
    """
    if address is not None and len(channels) > 1:
        raise MistakeError("--address is of one channel; draft the others by themselves.")
    wanted = drafting.Wanted(
        kind=kind,
        channels=channels,
        form=form,
        send_by=None if send_by is None else read_date(send_by, "--send-by"),
        ends_on=None if ends_on is None else read_date(ends_on, "--ends-on"),
        recipient=recipient,
        address=address,
        given={name: str(value) for name, value in named_values(given).items()},
    )
    made = drafting.draft(office.desk, case_id, wanted, office.person())
    lines = [f"Letter {one.id[:8]} by {one.channel} to {one.address}." for one in made]
    lines += ["Read it: stationctl letter show " + made[0].id[:8]]
    office.show([letter_value(one) for one in made], lines)


@letter.command(epilog="Example: stationctl letter show 4af1c2 --pdf letter.pdf")
@click.argument("letter_id")
@click.option(
    "--pdf",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the PDF to this file; it may not exist.",
)
@click.pass_obj
def show(office: Office, letter_id: str, pdf: Path | None) -> None:
    """Show the letter LETTER_ID, its text, and what became of it."""
    view = service.look(office.desk, letter_id, office.person())
    office.reads("letter", acct=view.acct, purpose=Purpose.CASE.value)
    if pdf is not None:
        with os.fdopen(os.open(pdf, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(view.pdf.content)
    rows = [sending_row(one, view.letter) for one in view.sendings]
    lines = [view.text.content.decode(), f"{view.letter.file}  SHA-256 {view.letter.sha256}"]
    lines += table(_HEAD, rows) if rows else ["Not sent."]
    value: JsonValue = {
        **letter_value(view.letter),
        "text": view.text.content.decode(),
        "sendings": [sending_value(one) for one in view.sendings],
    }
    office.show(value, lines)


@letter.command(name="list")
@click.argument("case_id", required=False)
@click.pass_obj
def list_(office: Office, case_id: str | None) -> None:
    """List letters and sendings of case CASE_ID; without one, what is not done yet of all."""
    made, sendings = service.letters(office.desk, case_id)
    office.trail.reading("letters")
    sent = {one.letter_id for one, _ in sendings}
    drafts = [
        ["", one.id[:8], one.channel, one.address, "drafted", "", "", one.kind]
        for one in made
        if one.id not in sent
    ]
    rows = [*drafts, *(sending_row(one, of) for one, of in sendings)]
    value: JsonValue = {
        "letters": [letter_value(one) for one in made],
        "sendings": [sending_value(one) for one, _ in sendings],
    }
    office.show(value, table(_HEAD, rows) if rows else "No letters.")


@letter.command(epilog="Example: stationctl letter send 4af1c2")
@click.argument("letter_id")
@click.option("--channel", type=_WAY, help="Another way than it was drafted for.")
@click.option("--address", help="Another address than it was drafted for.")
@click.pass_obj
def send(office: Office, letter_id: str, channel: str | None, address: str | None) -> None:
    """Order that letter LETTER_ID goes out; the worker sends it, once.

    A notice goes out only if it is approved (`case ask`, `case approve`).
    """
    made = service.send(office.desk, letter_id, office.person(), channel=channel, address=address)
    _tell(office, made, "in the outbox")


@letter.command()
@click.argument("sending_id")
@click.option("--reason", required=True, help="Why.")
@click.pass_obj
def cancel(office: Office, sending_id: str, reason: str) -> None:
    """Cancel the sending SENDING_ID while it waits or lies ready."""
    done = service.cancel(office.desk, sending_id, office.person(), reason=reason)
    _tell(office, [done], "cancelled")


@letter.command(
    epilog="Example: stationctl letter resolve 91cc not-sent --reason 'no such id in its log'"
)
@click.argument("sending_id")
@click.argument("what", type=click.Choice(["sent", "not-sent"]))
@click.option("--reason", required=True, help="How you know.")
@click.option("--at", type=MOMENT, help="When it was sent.  [default: when it was handed over]")
@click.pass_obj
def resolve(office: Office, sending_id: str, what: str, reason: str, at: datetime | None) -> None:
    """Say what became of the sending SENDING_ID, of which the program does not know.

    Not sent: it may be ordered again.
    """
    done = service.resolve(
        office.desk, sending_id, office.person(), sent=what == "sent", reason=reason, at=at
    )
    _tell(office, [done], what)


@letter.command(epilog="Example: stationctl letter tracking 91cc 9407100000000000000000")
@click.argument("sending_id")
@click.argument("number")
@click.option("--file", "document", type=_FILE, help="The carrier's copy: receipt, delivery.")
@click.pass_obj
def tracking(office: Office, sending_id: str, number: str, document: Path | None) -> None:
    """Record the tracking NUMBER of the sending SENDING_ID."""
    given = None if document is None else attachment(document)
    done = service.track(office.desk, sending_id, number, office.person(), document=given)
    _tell(office, [done], f"tracking number {done.tracking}")


@letter.command(
    epilog="""\b
Examples:
  stationctl letter declare 91cc
  stationctl letter declare 77ab --sent 2026-04-01T16:30:00-06:00 --tracking 9407...
"""
)
@click.argument("sending_id")
@click.option("--sent", type=MOMENT, help="When you posted or delivered it.  [default: now]")
@click.option("--tracking", "number", help="The tracking number, if there is one.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@click.pass_obj
def declare(
    office: Office,
    *,
    sending_id: str,
    sent: datetime | None,
    number: str | None,
    password_stdin: bool,
) -> None:
    """Declare that you sent SENDING_ID: read what is shown, then give your password.

    Of a letter that you posted or delivered this also records that it was sent.
    """
    by = office.person()
    shown = declaring.prepare(office.desk, sending_id, by, sent_at=sent, tracking=number)
    office.note(shown.text)
    done = declaring.declare(
        office.desk, shown, office.asks_again(by, password_stdin=password_stdin)
    )
    _tell(office, [done], "declared")


@letter.command(epilog="Example: stationctl letter bounce report.eml")
@click.argument("report", type=_FILE)
@click.pass_obj
def bounce(office: Office, report: Path) -> None:
    """Record that a letter came back: REPORT is the mail server's report, as a file.

    The time of a notice runs on; another way is tried.
    """
    with report.open("rb") as file:
        content = file.read(bounces.MOST_BYTES + 1)
    one, fact = bounces.record_bounce(office.desk, report.name, content, office.person())
    office.show(
        {**sending_value(one), "fact": fact},
        f"Sending {one.id[:8]} came back ({fact[:8]}). Try another way: stationctl letter send "
        f"{one.letter_id[:8]} --channel … --address …",
    )


@letter.command()
@click.argument("kind", type=click.Choice(list(LETTERS)))
@click.pass_obj
def fields(office: Office, kind: str) -> None:
    """List the fields of letters of KIND: what a form must name, and who supplies each."""
    must = LETTERS[kind]
    rows = [
        [
            name,
            "always" if name in must.always else "somewhere" if name in must.somewhere else "",
            FIELDS[name].says + (f" ({', '.join(LISTS[name])})" if name in LISTS else ""),
            FIELDS[name].supply,
        ]
        for name in fields_of(kind)
    ]
    value: JsonValue = [{"field": row[0], "must": row[1], "says": row[2]} for row in rows]
    office.show(value, table(("field", "a form names it", "says", "if missing"), rows))


def _tell(office: Office, made: Sequence[Sending], what: str) -> None:
    lines = [f"Sending {one.id[:8]} by {one.channel} to {one.address}: {what}." for one in made]
    office.show([sending_value(one) for one in made], lines)
