"""An administrator, and what seals second factors."""

import pytest

from stationd.sealing import Sealer, new_sealing_key
from stationd.staff import service
from stationd.staff.model import Role

PASSWORD = "correct horse battery"


@pytest.fixture
def sealer():
    return Sealer(new_sealing_key())


@pytest.fixture
def anna(desk):
    return service.add(
        desk, login="anna", name="Anna", role=Role.ADMINISTRATOR, password=PASSWORD, by=None
    )


@pytest.fixture
def add(desk, anna):
    def make(login, role=Role.MANAGER):
        return service.add(
            desk, login=login, name=login.title(), role=role, password=PASSWORD, by=anna
        )

    return make
