"""A signal's columns are those of its table."""

from dataclasses import fields

from stationd.db.schema import signals
from stationd.signals.model import COLUMNS, Parked, SignalRow


def test_a_row_has_every_column_of_the_table_in_order() -> None:
    names = [field.name for field in fields(SignalRow)]
    # Behind them stands what views add: what it was, and how many it stands for.
    assert names == [*signals.c.keys(), "was", "count", "last_at"]
    assert tuple(names[3:-3]) == COLUMNS


def test_what_is_parked_is_named_by_its_place_in_a_journal() -> None:
    assert [field.name for field in fields(Parked)][:3] == ["journal", "position", "part"]
