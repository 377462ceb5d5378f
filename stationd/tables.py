"""What every table of the settings has: how it is read, how a period and a name are written."""

import re
from datetime import timedelta
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict

__all__ = ["NAME", "Period", "Table"]

NAME = r"^[A-Za-z0-9][A-Za-z0-9.-]{0,31}$"
"""What a name of a station, a node, a listener may be."""

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "y": 365 * 86400}


def _period(value: object) -> object:
    """Read ``30s``, ``24h``, ``10y`` (365 days); leave anything else to the type."""
    match = re.fullmatch(r"(\d+)([smhdy])", value) if isinstance(value, str) else None
    if match is None:
        msg = "A period is a whole number and a unit: 30s, 5m, 24h, 30d, 10y"
        raise ValueError(msg)
    return timedelta(seconds=int(match[1]) * _UNITS[match[2]])


Period = Annotated[timedelta, BeforeValidator(_period)]


class Table(BaseModel):
    """A table of the file: frozen, and no key that it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)
