"""The register's overrides, and the plan: a dry run that removes nothing."""

from archive.canonical import JsonValue
from stationd.accounts.store import read_account
from stationd.desk import Desk
from stationd.ledger.model import STATION, Origin, RecordDraft, RecordType
from stationd.ledger.store import append
from stationd.retention import store
from stationd.retention.model import DataClass, Override, Rule, check_override
from stationd.retention.plan import Planned, plan_account
from stationd.staff.model import Person
from stationd.staff.rights import Right, require

__all__ = ["override", "overrides", "plan"]


def overrides(desk: Desk) -> list[Override]:
    """Return the overrides in force."""
    with desk.database.reading() as connection:
        return store.read_overrides(connection)


def override(  # noqa: PLR0913  (what a rule is made of)
    desk: Desk,
    data_class: DataClass,
    months: int,
    *,
    source: str,
    by: Person,
    jurisdiction: str = "",
    dealer_id: str = "",
) -> Override:
    """Set how long a class is kept for a jurisdiction or dealer, with its source."""
    require(by, Right.PURGE)
    rule = Rule(data_class=data_class, months=months, source=source.strip(), author=by.login)
    one = Override(
        id=desk.ids.identifier(),
        rule=rule,
        jurisdiction=jurisdiction,
        dealer_id=dealer_id,
        set_at=desk.clock.now(),
    )
    check_override(one)
    fields: dict[str, JsonValue] = {
        "kind": "retention_rule",
        "by": by.login,
        "class": data_class.value,
        "months": months,
        "rule": one.id,
    }
    draft = RecordDraft(STATION, RecordType.CUSTODY, Origin.HUMAN, fields)
    with desk.database.writing() as connection:
        store.record_override(connection, one)
        append(connection, [draft], station=desk.station, now=desk.clock.now(), ids=desk.ids)
    return one


def plan(desk: Desk, acct: str | None = None) -> list[Planned]:
    """Return what would go when, the first first: of an account, or of all closed ones."""
    now = desk.clock.now()
    with desk.database.reading() as connection:
        listed = store.read_overrides(connection)
        named = store.read_accounts(connection)
        if acct is not None:
            named = [read_account(connection, acct).acct]
        rows = [
            row
            for one in named
            for row in plan_account(store.read_facts(connection, one), listed, now)
        ]
    return sorted(rows, key=lambda row: (row.due_at, row.acct, row.data_class))
