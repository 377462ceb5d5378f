"""What guards say, made and told: results, their hash, how moments and lists are shown."""

import hashlib
from collections.abc import Iterable
from datetime import datetime

from archive.canonical import JsonValue, encode
from stationd.cases.model import GuardResult, RecordedFact, Status
from stationd.clock import iso

__all__ = [
    "as_json",
    "at",
    "failed",
    "listed",
    "not_asked",
    "passed",
    "refusals",
    "restated",
    "results_hash",
]

_DISPLAY = "%Y-%m-%d %H:%M:%S UTC"


def at(moment: datetime) -> str:
    """Return a moment as guards show it."""
    return f"{moment:{_DISPLAY}}"


def listed(names: Iterable[str]) -> str:
    """Return names, each once, sorted."""
    return ", ".join(sorted(set(names)))


def passed(guard: str, text: str, *facts: RecordedFact) -> GuardResult:
    """Return that a guard passes, and on which facts."""
    return _result(guard, Status.PASSED, text, facts)


def failed(guard: str, text: str, *facts: RecordedFact) -> GuardResult:
    """Return that a guard fails; the text says what is missing and who can supply it."""
    return _result(guard, Status.FAILED, text, facts)


def not_asked(guard: str, text: str) -> GuardResult:
    """Return that a guard does not apply, and why."""
    return GuardResult(id=guard, status=Status.NOT_APPLICABLE, text=text)


def _result(guard: str, status: Status, text: str, facts: tuple[RecordedFact, ...]) -> GuardResult:
    return GuardResult(
        id=guard,
        status=status,
        text=text,
        facts=tuple(one.id for one in facts),
        since=facts[0].at if facts else None,
    )


def restated(
    result: GuardResult,
    status: Status,
    *,
    blocks: tuple[str, ...] = (),
    text: str | None = None,
) -> GuardResult:
    """Return a result with another status, and what it stops."""
    return GuardResult(
        id=result.id,
        status=status,
        text=result.text if text is None else text,
        facts=result.facts,
        since=result.since,
        blocks=blocks,
    )


def refusals(results: tuple[GuardResult, ...]) -> tuple[GuardResult, ...]:
    """Return those that stop the step."""
    return tuple(result for result in results if result.status is Status.FAILED)


def as_json(result: GuardResult) -> dict[str, JsonValue]:
    """Return a result as plain values."""
    return {
        "id": result.id,
        "status": result.status.value,
        "text": result.text,
        "facts": list(result.facts),
        "since": None if result.since is None else iso(result.since),
        "blocks": list(result.blocks),
    }


def results_hash(results: tuple[GuardResult, ...]) -> bytes:
    """Return the hash over all results, in order: what an approval approves."""
    told: list[JsonValue] = [as_json(result) for result in results]
    return hashlib.sha256(b"stationd:guards:v1\0" + encode(told)).digest()
