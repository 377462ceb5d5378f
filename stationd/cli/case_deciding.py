"""`stationctl case`: what is decided about a case, by one person or two."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import click

from archive.canonical import JsonValue
from stationd.accounts.model import Contract, Opening
from stationd.accounts.store import read_account, read_contract, read_customer, read_site
from stationd.approvals.model import Approval
from stationd.cases import amending, deciding, service
from stationd.cases.kinds import DECISIONS
from stationd.cases.model import Reason
from stationd.cases.overrides import CODES
from stationd.cases.states import Event
from stationd.cli.case_text import approval_row, approval_value, case_value, shown
from stationd.cli.handed_in import attachment
from stationd.cli.moments import MOMENT
from stationd.cli.office import Office
from stationd.cli.output import table
from stationd.errors import MistakeError

__all__ = ["DECIDING"]

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_STDIN = click.option(
    "--password-stdin", is_flag=True, help="Read the password from standard input."
)


@click.command(
    epilog="""\b
Examples:
  stationctl case ask 4af1 notice_sent
  stationctl case ask 4af1 close --waive G18 --code vendor_gone --text "The vendor ... letter."
"""
)
@click.argument("case_id")
@click.argument("event", type=click.Choice([one.value for one in Event if one is not Event.OPEN]))
@click.option("--waive", multiple=True, metavar="GUARD", help="A guard to waive; may be repeated.")
@click.option("--code", type=click.Choice(CODES), default="other", show_default=True, help="Why.")
@click.option("--text", default="", help="Why, in at least 40 characters where a guard is waived.")
@click.option("--document", type=_FILE, help="Counsel's document, or a log of attempts.")
@_STDIN
@click.pass_obj
def ask(  # noqa: PLR0913  (an option each)
    office: Office,
    *,
    case_id: str,
    event: str,
    waive: Sequence[str],
    code: str,
    text: str,
    document: Path | None,
    password_stdin: bool,
) -> None:
    """Ask a second person to approve the step EVENT of case CASE_ID, or to waive guards of it.

    They approve exactly what the guards show now.  Your password is asked for again.
    """
    by = office.asks_again(office.person(), password_stdin=password_stdin)
    if waive:
        attached = None if document is None else attachment(document)
        asked = deciding.ask_override(
            office.desk, case_id, event, waive, by, code=code, text=text, document=attached
        )
    else:
        asked = deciding.ask(office.desk, case_id, event, by, text=text)
    office.show(
        approval_value(asked),
        f"Asked ({asked.id[:8]}). Somebody else approves: stationctl case approve {asked.id[:8]}",
    )


@click.command(epilog="Example: stationctl case approve 77ce")
@click.argument("approval_id")
@_STDIN
@click.pass_obj
def approve(office: Office, approval_id: str, *, password_stdin: bool) -> None:
    """Approve APPROVAL_ID as second person; your password is asked for again.

    `case show` has what the guards show, and `case document` the letter.
    """
    by = office.asks_again(office.person(), password_stdin=password_stdin)
    given = deciding.approve(office.desk, approval_id, by)
    alone = ", as sole operator" if given.alone else ""
    office.show(
        approval_value(given), f"Approved{alone}: it counts while the guards show the same."
    )


@click.command()
@click.argument("approval_id")
@click.pass_obj
def refuse(office: Office, approval_id: str) -> None:
    """Refuse APPROVAL_ID; it may be asked for anew."""
    given = deciding.refuse(office.desk, approval_id, office.person())
    office.show(approval_value(given), "Refused.")


@click.command()
@click.pass_obj
def approvals(office: Office) -> None:
    """List what waits for a second person, over all cases."""
    found = deciding.open_approvals(office.desk)
    office.trail.reading("approvals")
    head = ("approval", "for", "asked", "by", "", "case", "account")
    rows = [[*approval_row(one), case.id, case.acct] for one, case in found]
    office.show(
        [_with_account(one, case.acct) for one, case in found],
        table(head, rows) if rows else "Nothing waits for a second person.",
    )


def _with_account(one: Approval, acct: str) -> dict[str, JsonValue]:
    return {**approval_value(one), "acct": acct}


@click.command(
    epilog="Example: stationctl case decide 4af1 9c02 partial_not_cure --text … --file note.pdf"
)
@click.argument("case_id")
@click.argument("payment_id")
@click.argument("decision", type=click.Choice(DECISIONS))
@click.option("--text", default="", help="Why; needed for partial_not_cure.")
@click.option("--file", "document", type=_FILE, help="Proof of the return, or counsel's note.")
@click.pass_obj
def decide(
    office: Office,
    case_id: str,
    payment_id: str,
    decision: str,
    text: str,
    document: Path | None,
) -> None:
    """Decide about a payment that came after the notice of case CASE_ID (managers).

    reject_and_return needs proof of the return, partial_not_cure a reason and counsel's note.
    """
    made = service.decide_payment(
        office.desk,
        case_id,
        payment_id,
        decision,
        office.person(),
        text=text,
        document=None if document is None else attachment(document),
    )
    office.show({"id": made, "decision": decision}, f"Decided: {decision}.")


@click.command()
@click.argument("case_id")
@click.argument("new", type=click.Choice([one.value for one in Reason]))
@click.option("--text", required=True, help="Why it is another.")
@click.pass_obj
def reason(office: Office, case_id: str, new: str, text: str) -> None:
    """Give case CASE_ID the reason NEW, if its guards allow it; not once a notice is out."""
    moved = amending.change_reason(office.desk, case_id, Reason(new), office.person(), text=text)
    office.show(case_value(moved), f"The reason of case {moved.id} is {moved.reason}.")


@click.command(epilog="Example: stationctl case lengthen 4af1 --until 2026-06-01 --text …")
@click.argument("case_id")
@click.option("--until", type=MOMENT, required=True, help="The new instant, later than before.")
@click.option("--text", required=True, help="Why.")
@click.pass_obj
def lengthen(office: Office, case_id: str, until: datetime, text: str) -> None:
    """Put off the end of service of case CASE_ID (managers); nothing brings it forward."""
    moved = amending.lengthen(office.desk, case_id, until, office.person(), text=text)
    office.show(
        case_value(moved), f"Monitoring ends at {shown(moved.effective_at)} at the earliest."
    )


@click.command(epilog="Example: stationctl case reinstate 4af1 --account 1234-2 --contract K-77")
@click.argument("case_id")
@click.option("--account", "acct", required=True, help="Number of the new account.")
@click.option("--contract", "number", required=True, help="Number of the new contract.")
@click.pass_obj
def reinstate(office: Office, case_id: str, acct: str, number: str) -> None:
    """Open a new contract and account for the customer of the closed case CASE_ID, at its site.

    The old record stays closed; both sides name each other.  Terms and numbers follow with
    `account terms` and `account link`.
    """
    by = office.person()
    account = amending.reinstate(office.desk, case_id, _opening(office, case_id, acct, number), by)
    office.show(
        {"acct": account.acct, "contract": account.contract_id},
        f"Account {account.acct} is open under contract {number}.",
    )


def _opening(office: Office, case_id: str, acct: str, number: str) -> Opening:
    old = service.look(office.desk, case_id).case
    with office.desk.database.reading() as connection:
        contract = read_contract(connection, old.contract_id)
        site = read_site(connection, contract.site_id)
        customer = read_customer(connection, site.customer_id)
        account = read_account(connection, old.acct)
    if number == contract.number:
        raise MistakeError(f"{number} is the old contract; a reinstated customer gets a new one.")
    new = Contract(
        id=office.ids.identifier(),
        site_id=site.id,
        number=number,
        party=contract.party,
        notice_days=contract.notice_days,
        cure_days=contract.cure_days,
    )
    return Opening(
        customer=customer, site=site, contract=new, acct=acct, details=dict(account.details)
    )


DECIDING = (ask, approve, refuse, approvals, decide, reason, lengthen, reinstate)
"""The commands, for the group `case`."""
