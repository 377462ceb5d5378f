"""The functioning report of what a customer disputes, made once when the dispute is recorded.

It is a fact of the case, made by the program, so that whoever decides the dispute has it and the
bundle shows what was decided upon.
"""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from stationd.accounts.store import read_contract, read_site
from stationd.cases import store
from stationd.cases.chronicle import append_gathered
from stationd.cases.effects import Scene
from stationd.cases.facts import closing_epoch, read_facts
from stationd.cases.model import Attachment, Case
from stationd.cases.recording import place_fact
from stationd.cases.store import StoredFact
from stationd.clock import iso
from stationd.db.engine import Connection
from stationd.desk import Desk
from stationd.errors import MistakeError
from stationd.staff.model import WORKER

__all__ = ["KIND", "report_functioning"]

KIND = "functioning_report"

_DAYS_BEFORE = timedelta(days=90)
_DAY = timedelta(days=1)


def report_functioning(desk: Desk, case_id: str) -> str:
    """Make the report of a case's newest dispute and keep it as a fact; return a sentence."""
    # What draws pages is loaded where one is drawn: the worker seldom does.
    from stationd.reports.functioning import functioning_report  # noqa: PLC0415

    with desk.database.reading() as connection:
        case = store.read_case(connection, case_id)
        dispute = _unreported(connection, case)
        if dispute is None:
            return "nothing to do: no dispute is without its report"
        since, until = _span(connection, case, dispute)
    try:
        made = functioning_report(desk, case.acct, since=since, until=until)
    except MistakeError as error:
        return f"no report: {error} `account functioning` writes one of another span."
    file = Attachment(
        name=f"functioning-{case.acct}-{since:%Y%m%d}-{until:%Y%m%d}.pdf",
        media_type="application/pdf",
        content=made.content,
    )
    with desk.database.writing() as connection:
        now = desk.clock.now()
        if _unreported(connection, case) is None or closing_epoch(connection, case_id) is not None:
            return "nothing to do: the case has moved on"
        facts = read_facts(connection, desk, case, now)
        scene = Scene(connection=connection, desk=desk, case=case, facts=facts, by=WORKER)
        told = {"dispute": dispute.id, "since": iso(since), "until": iso(until)}
        place_fact(scene, KIND, {**told, "records": made.records}, file)
        append_gathered(scene)
    return f"the report counts {made.records} record(s)"


def _unreported(connection: Connection, case: Case) -> StoredFact | None:
    """Return the newest dispute of a case, unless its report is there."""
    rows = store.read_fact_rows(connection, case.id)
    disputes = [row for row in rows if row.kind == "dispute"]
    told = {row.fact.get("dispute") for row in rows if row.kind == KIND}
    return None if not disputes or disputes[-1].id in told else disputes[-1]


def _span(connection: Connection, case: Case, dispute: StoredFact) -> tuple[datetime, datetime]:
    """Return what is disputed, by days of the site: as was said, else the 90 days before."""
    site = read_site(connection, read_contract(connection, case.contract_id).site_id)
    zone = ZoneInfo(site.zone)
    since, until = (dispute.fact.get(name) for name in ("since", "until"))
    end = min(_midnight(until, zone) + _DAY, dispute.at) if until else dispute.at
    begin = _midnight(since, zone) if since else end - _DAYS_BEFORE
    return min(begin, end - _DAY), end


def _midnight(day: object, zone: ZoneInfo) -> datetime:
    return datetime.combine(date.fromisoformat(str(day)), time(), tzinfo=zone).astimezone(UTC)
