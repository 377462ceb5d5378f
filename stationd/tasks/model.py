"""A task: what a job asks of people, and what they say came of it."""

from dataclasses import dataclass
from datetime import datetime

__all__ = ["Task"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What somebody is to do; ``due_at`` is the instant that brought it, ``done_at`` None: open."""

    id: str
    job: str
    subject: str
    due_at: datetime
    said: str
    made_at: datetime
    done_at: datetime | None = None
    done_by: str | None = None
    outcome: str | None = None
