import json

import pytest

from stationd.ledger.store import read_head, read_records


@pytest.fixture
def chain(desk):
    def read(acct, epoch=1):
        with desk.database.reading() as connection:
            size = read_head(connection, acct, epoch).size
            return [json.loads(one) for one in read_records(connection, acct, epoch, 1, size)]

    return read
