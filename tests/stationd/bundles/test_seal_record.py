"""A seal certificate is on record before it seals."""

import json
from itertools import count

from archive.ceremony import renew_seal
from archive.seal import Seal
from stationd.bundles.seal_record import note_seal


def recorded(desk):
    with desk.database.reading() as connection:
        rows = connection.exec_driver_sql(
            "SELECT body FROM records WHERE acct = 'station' ORDER BY seq"
        ).all()
    found = [json.loads(bytes(row[0])) for row in rows]
    return [one for one in found if one.get("kind") == "seal_certificate"]


def test_each_certificate_is_recorded_once_with_the_one_before_it(desk, keys, tmp_path) -> None:
    first = Seal.load(keys.seal_key, keys.seal, keys.root)
    assert note_seal(desk, first)
    assert not note_seal(desk, first)
    new = tmp_path / "new"
    renew_seal(new, root_key=keys.root_key, root=keys.root, now=desk.clock.now(), serials=count(7))
    second = Seal.load(new / "seal.key.pem", new / "seal.pem", keys.root)

    assert note_seal(desk, second)

    one, two = recorded(desk)
    assert (one["before"], one["sha256"]) == ("", first.fingerprint)
    assert (two["before"], two["sha256"]) == (first.fingerprint, second.fingerprint)
    assert two["certificate"].encode() == second.certificate_pem
