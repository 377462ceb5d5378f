"""The jobs of this station that come round: rounds, what each does, and where the others stand.

A round is made in a process of its own (`stationd.rounds`).  Its act is given the settings and the
desk, may be made again at any time, and returns a sentence on what it came to.  None moves a case:
that is `stationd.cases.service.step` and nothing else.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from zoneinfo import ZoneInfo

from stationd.billing.files import take_dropped
from stationd.billing.restanding import restand_due
from stationd.board.service import move_renewals
from stationd.cases.payments import note_payments
from stationd.desk import Desk
from stationd.holds import reviewing
from stationd.logs import note
from stationd.premises import service as premises
from stationd.reconciling.service import look_into_folder
from stationd.reports.service import write_retention_plan, write_unmonitored
from stationd.schedule.rounds import Every, Round
from stationd.schedule.service import fail, go_round
from stationd.settings import Settings

__all__ = ["ROUNDS", "Job", "make_round"]

_log = logging.getLogger("stationd.worker")

_Act = Callable[[Settings, Desk], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A round, what it does, and what people call that."""

    round: Round
    title: str
    act: _Act


def make_round(settings: Settings, desk: Desk, name: str) -> None:
    """Make the round ``name``, and note what came of it."""
    job = ROUNDS.get(name)
    if job is None:
        return
    zone = _zone(settings)
    try:
        good = go_round(desk, job.round, zone, partial(job.act, settings, desk))
    except Exception as error:  # noqa: BLE001  (told, and the child goes on)
        # A fault of ours: told like any other, and the child may go on to the next round.
        _log.exception("round %s", name)
        fail(desk, job.round, f"{type(error).__name__}: {error}"[:500])
        return
    note(_log.info, "round", name=name, well=good)


def _zone(settings: Settings) -> ZoneInfo:
    return ZoneInfo(settings.worker.zone)


def _review_holds(_settings: Settings, desk: Desk) -> str:
    return reviewing.review(desk)


def _reconcile(settings: Settings, desk: Desk) -> str:
    return look_into_folder(desk, settings.automation)


def _scan_premises(_settings: Settings, desk: Desk) -> str:
    return premises.scan(desk)


def _list_unmonitored(settings: Settings, desk: Desk) -> str:
    return write_unmonitored(desk, settings.worker.reports, _zone(settings))


def _plan_retention(settings: Settings, desk: Desk) -> str:
    return write_retention_plan(desk, settings.worker.reports, _zone(settings))


def _table(*jobs: Job) -> Mapping[str, Job]:
    return MappingProxyType({job.round.name: job for job in jobs})


def _sync_billing(_settings: Settings, desk: Desk) -> str:
    return take_dropped(desk, note_payments)


def _restand(_settings: Settings, desk: Desk) -> str:
    return f"{restand_due(desk)} contract(s) looked at whose day had come"


def _watch_renewals(_settings: Settings, desk: Desk) -> str:
    return f"{move_renewals(desk)} renewal(s) moved on"


ROUNDS: Mapping[str, Job] = _table(
    Job(
        round=Round(name="accounts.reconcile", every=Every.HOUR),
        title="The newest list of the automation platform is compared with our accounts.",
        act=_reconcile,
    ),
    Job(
        round=Round(name="supervision.scan", every=Every.HOUR),
        title="Premises that look dead become tasks; missed tests are seen within seconds.",
        act=_scan_premises,
    ),
    Job(
        round=Round(name=reviewing.JOB, every=Every.DAY),
        title="Holds whose 90 days are over become tasks; a review puts the next one off.",
        act=_review_holds,
    ),
    Job(
        round=Round(name="retention.plan", every=Every.WEEK),
        title="What would go, when, by which rule and what holds it, as CSV; nothing is removed.",
        act=_plan_retention,
    ),
    Job(
        round=Round(name="ordinance.report", every=Every.MONTH),
        title="Locations that are no longer monitored since last month, by city, as CSV.",
        act=_list_unmonitored,
    ),
    Job(
        round=Round(name="billing.sync", every=Every.HOUR),
        title="Billing lines that lie in the drop folder.",
        act=_sync_billing,
    ),
    Job(
        round=Round(name="billing.standing", every=Every.DAY, hour=1),
        title="Contracts that are past due, or in default, since today.",
        act=_restand,
    ),
    Job(
        round=Round(name="renewal.horizon", every=Every.DAY, hour=2),
        title="The next renewal of each contract, by its terms.",
        act=_watch_renewals,
    ),
)
"""Every round by its name."""
