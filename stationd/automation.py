"""Settings of the automation platform: where its account list comes from and how it is read."""

from datetime import timedelta
from pathlib import Path
from typing import Literal

from pydantic import Field

from stationd.tables import Period, Table

__all__ = ["LIST_FIELDS", "AutomationSettings"]

LIST_FIELDS = ("account", "number", "group", "customer", "status")
"""What a column of the list may be."""


class AutomationSettings(Table):
    """The automation platform's account list, and how much of it may change at once."""

    folder: Path | None = Field(
        default=None,
        description="Folder the platform puts its lists in; the newest is looked at each hour. "
        "None: only `stationctl account reconcile`.",
    )
    columns: dict[str, Literal["account", "number", "group", "customer", "status"]] = Field(
        default_factory=dict,
        description="Which heading is account, number, group, customer or status.",
    )
    encoding: str = Field(default="utf-8", description="The lists' encoding.")
    delimiter: str = Field(default="", description="What is between cells; empty: as the header.")
    inactive: tuple[str, ...] = Field(
        default=(), description="Values of status of accounts that are gone though they are listed."
    )
    most_gone: int = Field(
        default=2,
        ge=0,
        le=100,
        description="A list that lacks more than this percentage of our accounts for the first "
        "time is refused as a whole, unless a manager confirms it.",
    )
    always_gone: int = Field(
        default=5, ge=0, le=1000, description="So many may be lacking whatever percentage it is."
    )
    grace: Period = Field(
        default=timedelta(days=7),
        description="How long an account that is new here may be lacking there.",
    )
