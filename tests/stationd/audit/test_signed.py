"""The log against its notes; test_service.py and test_fsck.py change every table."""

import pytest

from stationd.audit.service import Auditor
from stationd.audit.signed import log_faults, stamp_faults


@pytest.mark.usefixtures("anchored")
def test_another_key_has_signed_none_of_the_notes(auditor: Auditor) -> None:
    with auditor.desk.database.reading() as connection:
        found = list(log_faults(connection, auditor.origin, bytes(32)))
        assert [(one.seq, one.what) for one in found] == [(0, "note"), (1, "note"), (2, "note")]
        assert list(log_faults(connection, auditor.origin, auditor.public)) == []
        assert list(stamp_faults(connection, 5)) == []
