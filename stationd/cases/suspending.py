"""What an account's signals are answered with is set; a suspension for debt was told before.

Who owes money and is no longer answered must have been told in writing what stops and when: a sent
letter ``intent_to_suspend``, whose day has come.
"""

from datetime import date
from zoneinfo import ZoneInfo

from stationd.accounts.model import Account, Contract, Service, Standing
from stationd.accounts.records import append_drafts
from stationd.accounts.service import place_service
from stationd.accounts.store import read_account, read_contract, read_site
from stationd.cases import store
from stationd.cases.model import Case
from stationd.cases.reasons import RULES
from stationd.cases.states import State
from stationd.db.engine import Connection
from stationd.desk import Desk
from stationd.errors import RefusedError
from stationd.staff.model import Person
from stationd.staff.rights import Right, require

__all__ = ["set_service"]

_OWES = frozenset({Standing.PAST_DUE, Standing.IN_DEFAULT, Standing.IN_COLLECTION})
_LETTER = "intent_to_suspend"
# In these service goes on, whatever was told before.
_GOES_ON = frozenset({State.DISPUTE_HOLD, State.COLLECTION_HOLD})
_SETTLED = frozenset({State.CURED, State.WITHDRAWN})


def set_service(desk: Desk, acct: str, service: Service, *, by: Person) -> None:
    """Set what an account's signals are answered with; its end belongs to a case."""
    require(by, Right.DECIDE)
    with desk.database.writing() as connection:
        account = read_account(connection, acct)
        if service is Service.SUSPENDED and account.service is not service:
            _check_told(connection, desk, account)
        append_drafts(desk, connection, place_service(connection, acct, service, by=by))


def _check_told(connection: Connection, desk: Desk, account: Account) -> None:
    contract = read_contract(connection, account.contract_id)
    case = store.find_case(connection, contract.id)
    if case is not None:
        _check_goes_on(case)
    owes = contract.standing in _OWES or (case is not None and RULES[case.reason].ladder)
    if not owes:
        return
    days = _told_days(connection, account, contract)
    zone = ZoneInfo(read_site(connection, contract.site_id).zone)
    today = desk.clock.now().astimezone(zone).date()
    if not days:
        raise RefusedError(
            f"The contract {contract.number} is in arrears, and no letter intent_to_suspend was "
            "sent. A clerk or manager drafts and sends it (`letter draft … intent_to_suspend`)."
        )
    if min(days) > today:
        raise RefusedError(
            f"The customer was told that service is suspended on {min(days)}; not before that day."
        )


def _check_goes_on(case: Case) -> None:
    """Raise `RefusedError` while service goes on because of a dispute or a referral."""
    if case.state in _GOES_ON:
        raise RefusedError(
            f"Case {case.id} is {case.state}: service goes on until that is over. A manager "
            "decides it first (`case show` says what is missing)."
        )


def _told_days(connection: Connection, account: Account, contract: Contract) -> list[date]:
    """Return the days of suspension that sent letters told, of debts that are not settled since."""
    return [
        date.fromisoformat(row.fact["given"]["suspension.on"])
        for case in store.read_cases(connection, acct=account.acct)
        if case.contract_id == contract.id and case.state not in _SETTLED
        for row in store.read_fact_rows(connection, case.id)
        if row.kind == "letter_sent" and row.fact.get("letter_kind") == _LETTER
    ]
