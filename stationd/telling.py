"""What the worker's child does of pages: it makes receipts of closing, and tells what waits."""

import logging

from archive.errors import ArchiveError
from stationd import parts
from stationd.clearances import service as clearances
from stationd.desk import Desk
from stationd.errors import StationdError
from stationd.hooks import service
from stationd.logs import note
from stationd.paging import CLEAR_TO_CLOSE
from stationd.schedule.checks import Check, record_check
from stationd.settings import Settings

__all__ = ["CLEARING", "tell"]

CLEARING = "clear to close"
"""The check that fails while receipts of closing cannot be made."""

_log = logging.getLogger("stationd.worker")


def tell(settings: Settings, desk: Desk) -> None:
    """Make receipts that are missing, and tell everything that waits."""
    # Loaded where something is told: it reaches networks, and most children never do.
    from stationd.hooks.sending import send_by  # noqa: PLC0415

    if clearances.is_missing(desk):
        _clear(settings, desk)
    service.watch(desk, settings.hooks, settings.paging.repeat)
    told = service.deliver(
        desk,
        settings.hooks,
        send_by(desk.clock.now),
        lambda page: clearances.files(desk, page.subject) if page.kind == CLEAR_TO_CLOSE else (),
    )
    note(_log.info, "pages", told=told)


def _clear(settings: Settings, desk: Desk) -> None:
    try:
        seal = parts.seal(settings)
        made = clearances.write_missing(
            desk, lambda content, now: seal.sign(content, now=now), settings.hooks
        )
        outcome, detail = "passed", f"{made} receipt(s) of closing were made"
    except (StationdError, ArchiveError, OSError) as error:
        outcome, detail = "failed", str(error)
    check = Check(name=CLEARING, outcome=outcome, detail=detail, at=desk.clock.now())
    with desk.database.writing() as connection:
        record_check(connection, check)
