"""A seal certificate that is used for the first time is a record of the station's chain."""

from archive.canonical import JsonValue
from archive.seal import Seal
from stationd.clock import iso
from stationd.desk import Desk
from stationd.ledger.model import STATION, Origin, RecordDraft, RecordType
from stationd.ledger.store import append
from stationd.schedule.checks import Check, read_check, record_check

__all__ = ["CHECK", "note_seal"]

CHECK = "seal certificate"
"""The check whose detail is the certificate that was used last."""


def note_seal(desk: Desk, seal: Seal) -> bool:
    """Record the seal's certificate before it is used, unless it was the last; tell whether."""
    with desk.database.reading() as connection:
        last = read_check(connection, CHECK)
    before = "" if last is None else last.detail
    if before == seal.fingerprint:
        return False
    fields: dict[str, JsonValue] = {
        "before": before,
        "by": "worker",
        "certificate": seal.certificate_pem.decode("ascii"),
        "kind": "seal_certificate",
        "root_sha256": seal.root_fingerprint,
        "sha256": seal.fingerprint,
        "until": iso(seal.valid_until),
    }
    now = desk.clock.now()
    with desk.database.writing() as connection:
        draft = RecordDraft(STATION, RecordType.CONFIG, Origin.MACHINE, fields)
        append(connection, [draft], station=desk.station, now=now, ids=desk.ids)
        check = Check(name=CHECK, outcome="passed", detail=seal.fingerprint, at=now)
        record_check(connection, check)
    return True
