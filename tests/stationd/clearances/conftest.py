"""The cases of the tests of cases."""

from tests.stationd.cases.conftest import clerk, clock, database, desk, manager, office

__all__ = ["clerk", "clock", "database", "desk", "manager", "office"]
