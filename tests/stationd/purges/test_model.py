"""Who may be the second of two persons."""

from datetime import UTC, datetime

import pytest

from stationd.errors import NotAuthorisedError, RefusedError
from stationd.purges.model import Purge, PurgeState, check_second
from stationd.staff.model import Person, Role

MG, AD = Role.MANAGER, Role.ADMINISTRATOR


def purge(role):
    return Purge(
        id="p",
        state=PurgeState.PROPOSED,
        ground="g",
        listed="{}",
        list_sha256="0",
        proposed_by="first",
        proposed_role=role,
        proposed_at=datetime(2036, 1, 1, tzinfo=UTC),
    )


@pytest.mark.parametrize(
    ("first", "second", "login", "refused"),
    [
        (MG, MG, "second", None),
        (MG, AD, "second", None),
        (AD, MG, "second", None),
        (AD, AD, "second", NotAuthorisedError),
        (MG, MG, "first", RefusedError),
        (AD, MG, "first", RefusedError),
    ],
)
def test_it_is_another_person_and_one_of_both_is_a_manager(first, second, login, refused):
    by = Person(login=login, name=login, role=second)
    if refused is None:
        check_second(purge(first), by)
    else:
        with pytest.raises(refused):
            check_second(purge(first), by)
