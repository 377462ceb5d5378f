"""What a case leaves in the ledger: records of steps, facts, decisions, gathered and appended."""

from collections.abc import Mapping

from archive.canonical import JsonValue
from stationd.cases import store
from stationd.cases.effects import Scene
from stationd.cases.facts import closing_epoch
from stationd.cases.model import Case, Facts, GuardResult, StepTaken
from stationd.cases.results import as_json, results_hash
from stationd.cases.states import OVER, Row
from stationd.db.engine import Connection
from stationd.desk import Desk
from stationd.errors import MistakeError
from stationd.ledger.model import STATION, Origin, RecordDraft, RecordType
from stationd.ledger.store import append
from stationd.staff.model import Person, Role

__all__ = ["append_gathered", "gather", "quiet_scene", "record_step", "scene_of"]


def scene_of(connection: Connection, desk: Desk, case_id: str, by: Person) -> Scene:
    """Return where something about a case that is not over is recorded, or raise `MistakeError`."""
    case = store.read_case(connection, case_id)
    if case.state in OVER:
        raise MistakeError(f"Case {case.id} is {case.state}; nothing more is recorded about it.")
    return quiet_scene(connection, desk, case, by)


def quiet_scene(connection: Connection, desk: Desk, case: Case, by: Person) -> Scene:
    """Return a scene whose facts nobody asks for."""
    facts = Facts(now=desk.clock.now(), reason=case.reason)
    return Scene(connection=connection, desk=desk, case=case, facts=facts, by=by)


def record_step(
    scene: Scene,
    found: Row,
    results: tuple[GuardResult, ...],
    *,
    source: str,
    fields: Mapping[str, JsonValue],
) -> None:
    """Add the step to the case's past and to the ledger."""
    digest = results_hash(results)
    taken = StepTaken(
        version=scene.case.version,
        row=found.id,
        event=found.event.value,
        from_state=source,
        to_state=scene.case.state,
        by=scene.by.login,
        at=scene.now,
    )
    listed: list[JsonValue] = [as_json(result) for result in results]
    store.record_step(scene.connection, scene.case.id, taken, listed, digest)
    told: dict[str, JsonValue] = {
        "kind": "step",
        "event": taken.event,
        "from": taken.from_state,
        "guards": digest.hex(),
        "row": taken.row,
        "to": taken.to_state,
        "version": taken.version,
        **fields,
    }
    gather(scene, RecordType.CASE, told)


def gather(scene: Scene, record_type: RecordType, fields: Mapping[str, JsonValue]) -> None:
    """Gather a record about a case: for its account's chain, or after `close` for `station`."""
    closed = closing_epoch(scene.connection, scene.case.id)
    told: dict[str, JsonValue] = {**fields, "by": scene.by.login, "case": scene.case.id}
    if closed is not None:
        told["of"] = {"acct": scene.case.acct, "epoch": closed}
    origin = Origin.MACHINE if scene.by.role is Role.NOBODY else Origin.HUMAN
    chain = scene.case.acct if closed is None else STATION
    scene.drafts.append(RecordDraft(chain, record_type, origin, told))


def append_gathered(scene: Scene) -> None:
    """Append what was gathered; the last act of the transaction."""
    append(
        scene.connection,
        scene.drafts,
        station=scene.desk.station,
        # The chain's own time: what the effects appended meanwhile must not stand after it.
        now=scene.desk.clock.now(),
        ids=scene.desk.ids,
    )
