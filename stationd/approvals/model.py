"""What a second person is asked for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

__all__ = ["Approval", "Purpose"]


class Purpose(StrEnum):
    """What an approval is for: a step that needs one, or guards that failed."""

    STEP = "step"
    OVERRIDE = "override"


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """What was shown and asked, and what a second person said; ``approved`` None: nothing yet.

    ``results_hash`` is of the results that were shown: an approval counts while they are the same.
    ``alone`` tells that a sole operator gave both acts.
    """

    id: str
    case_id: str
    purpose: Purpose
    row: str
    guards: tuple[str, ...]
    results: Sequence[Mapping[str, Any]]
    results_hash: bytes
    doc: bytes
    asked_by: str
    asked_at: datetime
    code: str = ""
    file: bytes | None = None
    decided_by: str | None = None
    decided_at: datetime | None = None
    approved: bool | None = None
    alone: bool = False
    used_at: datetime | None = None
