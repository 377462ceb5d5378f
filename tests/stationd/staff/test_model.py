"""People, as services see them."""

from stationd.staff.model import WORKER, Role
from stationd.staff.rights import RIGHTS


def test_the_worker_has_no_right_of_its_own():
    assert WORKER.role is Role.NOBODY
    assert RIGHTS[WORKER.role] == frozenset()
