"""The rounds of this station: what each does, in a process of its own (`stationd.rounds`).

Each is given the settings and the desk, may be made again at any time, and returns a sentence on
what it came to.  None moves a case: that is `stationd.cases.service.step` and nothing else.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from zoneinfo import ZoneInfo

from stationd.desk import Desk
from stationd.holds.service import to_review
from stationd.logs import note
from stationd.reconciling.service import look_into_folder
from stationd.schedule.rounds import Every, Round
from stationd.schedule.service import fail, go_round
from stationd.settings import Settings

__all__ = ["ROUNDS", "Job", "make_round"]

_log = logging.getLogger("stationd.worker")


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A round, what it does, and what people call that."""

    round: Round
    title: str
    act: Callable[[Settings, Desk], str]


def make_round(settings: Settings, desk: Desk, name: str) -> None:
    """Make the round ``name``, and note what came of it."""
    job = ROUNDS.get(name)
    if job is None:
        return
    zone = ZoneInfo(settings.worker.zone)
    try:
        good = go_round(desk, job.round, zone, partial(job.act, settings, desk))
    except Exception as error:  # noqa: BLE001  (told, and the child goes on)
        # A fault of ours: told like any other, and the child may go on to the next round.
        _log.exception("round %s", name)
        fail(desk, job.round, f"{type(error).__name__}: {error}"[:500])
        return
    note(_log.info, "round", name=name, well=good)


def _table(*jobs: Job) -> Mapping[str, Job]:
    return MappingProxyType({job.round.name: job for job in jobs})


def _review_holds(_settings: Settings, desk: Desk) -> str:
    due = to_review(desk)
    if not due:
        return "no hold waits for its review"
    return f"{len(due)} hold(s) wait for their review: {', '.join(one.id for one in due[:10])}"


def _reconcile(settings: Settings, desk: Desk) -> str:
    return look_into_folder(desk, settings.automation)


ROUNDS: Mapping[str, Job] = _table(
    Job(
        round=Round(name="hold.review", every=Every.DAY),
        title="Holds whose day of review has come.",
        act=_review_holds,
    ),
    Job(
        round=Round(name="accounts.reconcile", every=Every.HOUR),
        title="The newest list of the automation platform is compared with our accounts.",
        act=_reconcile,
    ),
)
"""Every round by its name."""
