"""A pass begins where no chain is named."""

from stationd.audit.model import Cursor


def test_a_new_audit_begins_a_pass() -> None:
    assert (Cursor().acct, Cursor().passes) == ("", 0)
