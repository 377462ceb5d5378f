"""The guards: pure functions of frozen facts.

The docstring of a guard states its rule; the text of its result is what a person reads, and says
what is missing and who can supply it.  All guards of a row are evaluated and reported, not the
first that fails.  The same facts give the same results and the same hash of them.

``G11`` and ``G12`` are nobody's to waive: there is no argument, role or setting here that turns a
failed result into another.
"""

import hashlib
from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType

from archive.canonical import JsonValue, encode
from stationd.cases.kinds import KINDS, documents_for, notice_kind
from stationd.cases.model import (
    BundleFact,
    ChainFact,
    Facts,
    GuardResult,
    MismatchFact,
    NoticeFact,
    ObjectFact,
    Status,
)
from stationd.cases.states import Gate, Row
from stationd.clock import iso

__all__ = [
    "GUARDS",
    "LOCK_MODE",
    "as_json",
    "evaluate",
    "evaluate_all",
    "refusals",
    "results_hash",
]

LOCK_MODE = "COMPLIANCE"
_DISPLAY = "%Y-%m-%d %H:%M:%S UTC"

Guard = Callable[[Facts, Gate], GuardResult]


def _at(moment: datetime) -> str:
    return f"{moment:{_DISPLAY}}"


def ground(facts: Facts, _gate: Gate) -> GuardResult:
    """G2: a document that gives the ground and authority for the reason is on the case."""
    wanted = documents_for(facts.reason)
    found = [fact for fact in facts.recorded if fact.kind in wanted and fact.has_document]
    if not found:
        text = (
            f"No document gives the ground for {facts.reason}. A clerk or manager records one: "
            f"{', '.join(wanted)}."
        )
        return GuardResult(id="G2", status=Status.FAILED, text=text)
    return GuardResult(
        id="G2",
        status=Status.PASSED,
        text=f"The ground is documented: {KINDS[found[0].kind].title}.",
        facts=tuple(fact.id for fact in found),
        since=found[0].at,
    )


def notice_sent(facts: Facts, _gate: Gate) -> GuardResult:
    """G6: one notice went out over an allowed channel, with its file and a signed declaration."""
    wanted = notice_kind(facts.reason)
    sent = [notice for notice in facts.notices if _of_this_round(notice, wanted, facts)]
    if not sent:
        text = (
            f"No {wanted} notice is recorded since the case was ready for it. A clerk or manager "
            "sends it and records file, channel, address and declaration (`case notice`)."
        )
        return GuardResult(id="G6", status=Status.FAILED, text=text)
    allowed = [notice for notice in sent if not facts.methods or notice.channel in facts.methods]
    if not allowed:
        text = (
            f"The notice went by {_listed(notice.channel for notice in sent)}, but the contract "
            f"asks for {_listed(facts.methods)}. A clerk or manager sends it so as well."
        )
        return _notices(Status.FAILED, text, sent)
    declared = [notice for notice in allowed if notice.declared]
    if not declared:
        text = (
            "No declaration of sending is recorded for the notice. Whoever sent it signs one and "
            "records it (`case notice --declaration`, or `case declaration` afterwards)."
        )
        return _notices(Status.FAILED, text, allowed)
    first = declared[0]
    text = f"Sent by {first.channel} on {_at(first.sent_at)}; the declaration of sending is there."
    return _notices(Status.PASSED, text, declared)


def _of_this_round(notice: NoticeFact, kind: str, facts: Facts) -> bool:
    """Tell whether a notice is of its case's kind, and not of a round before a hold."""
    return notice.kind == kind and (facts.since is None or notice.at >= facts.since)


def _listed(names: object) -> str:
    return ", ".join(sorted(set(names)))  # type: ignore[call-overload]


def _notices(status: Status, text: str, notices: list[NoticeFact]) -> GuardResult:
    return GuardResult(
        id="G6",
        status=status,
        text=text,
        facts=tuple(notice.id for notice in notices),
        since=notices[0].sent_at,
    )


def time_over(facts: Facts, _gate: Gate) -> GuardResult:
    """G7: the effective instant has been reached; the instant itself counts as reached."""
    if facts.effective_at is None:
        text = "There is no effective instant yet: it is computed when the notice has gone out."
        return GuardResult(id="G7", status=Status.FAILED, text=text)
    if facts.now < facts.effective_at:
        text = (
            f"The time in the notice runs until {_at(facts.effective_at)}; nobody can shorten it."
        )
        return GuardResult(id="G7", status=Status.FAILED, text=text, since=facts.effective_at)
    text = f"The effective instant {_at(facts.effective_at)} has been reached."
    return GuardResult(id="G7", status=Status.PASSED, text=text, since=facts.effective_at)


def no_hold(facts: Facts, gate: Gate) -> GuardResult:
    """G10: no `service` hold at END; at CLOSE no foreign `records` hold, or all objects flagged."""
    kind = "service" if gate is Gate.END else "records"
    holds = [hold for hold in facts.holds if hold.kind == kind and not hold.own]
    if not holds:
        return GuardResult(id="G10", status=Status.PASSED, text=f"No {kind} hold is in force.")
    first = holds[0]
    shown = kind == "records" and _all_flagged(facts)
    helps = {
        (True, "records"): "Every object of every bundle carries the legal-hold flag.",
        (False, "records"): (
            "Two persons lift it (`hold lift`), or the worker flags every stored object."
        ),
        (False, "service"): "Two persons lift the hold (`hold lift`).",
    }
    return GuardResult(
        id="G10",
        status=Status.PASSED if shown else Status.FAILED,
        text=(
            f"{len(holds)} {kind} hold(s) in force, the first set by {first.author}. "
            f"{helps[shown, kind]}"
        ),
        facts=tuple(hold.id for hold in holds),
        since=first.set_at,
    )


def _all_flagged(facts: Facts) -> bool:
    return bool(facts.stored) and all(_flagged(bundle) for bundle in facts.stored)


def _flagged(bundle: BundleFact) -> bool:
    return bool(bundle.objects) and all(stored.legal_hold for stored in bundle.objects)


def bundle_verified(facts: Facts, gate: Gate) -> GuardResult:
    """G11: the bundle lies locked in the archive and was read back, by version id, in time."""
    kind = "primary" if gate is Gate.END else "closing"
    bundle = _newest(facts, kind)
    if bundle is None:
        text = f"No {kind} bundle is ordered yet; the worker orders it when it is due."
        return GuardResult(id="G11", status=Status.FAILED, text=text)
    fault = _bundle_fault(bundle, facts)
    if fault is not None:
        return GuardResult(id="G11", status=Status.FAILED, text=fault, facts=(bundle.order_id,))
    text = f"The {kind} bundle was read back by version id and verified: {_proof(bundle)}."
    return GuardResult(
        id="G11",
        status=Status.PASSED,
        text=text,
        facts=(bundle.order_id,),
        since=bundle.verified_at,
    )


def _newest(facts: Facts, kind: str) -> BundleFact | None:
    return next((bundle for bundle in facts.bundles if bundle.kind == kind), None)


def _proof(bundle: BundleFact) -> str:
    until = min(held.retain_until for held in bundle.objects if held.retain_until is not None)
    return f"{len(bundle.objects)} object(s), locked {LOCK_MODE} until {_at(until)}"


def _bundle_fault(bundle: BundleFact, facts: Facts) -> str | None:
    """Return what is wrong with the bundle, as a sentence; None: nothing."""
    kind = bundle.kind
    if bundle.state != "verified" or bundle.verified_at is None:
        trouble = f" Last trouble: {bundle.why}" if bundle.why else ""
        return f"The {kind} bundle is {bundle.state}, not verified. The worker goes on.{trouble}"
    if not bundle.objects:
        return f"The {kind} bundle has no stored object."
    for held in bundle.objects:
        fault = _object_fault(held, bundle, facts)
        if fault is not None:
            return f"{held.file}: {fault}"
    return None


def _object_fault(held: ObjectFact, bundle: BundleFact, facts: Facts) -> str | None:
    """Return what is wrong with one stored object; None: nothing."""
    if held.version_id is None or held.verified_at is None:
        return "not read back by version id. The worker does it."
    if held.mode != LOCK_MODE:
        return (
            f"not locked in {LOCK_MODE} mode. An administrator sets up a bucket with Object Lock "
            "(`doctor`)."
        )
    if bundle.retain_until is None or held.retain_until is None:
        return "its lock has no date. The worker reads it back anew."
    if held.retain_until < bundle.retain_until:
        return (
            f"locked until {_at(held.retain_until)}, but retention asks for "
            f"{_at(bundle.retain_until)}. The worker extends it."
        )
    oldest = min(held.verified_at, bundle.verified_at or held.verified_at)
    if facts.now - oldest > facts.verified_within:
        trouble = f" Last trouble: {bundle.why}" if bundle.why else ""
        return f"last read back at {_at(oldest)}. The worker reads it back anew.{trouble}"
    return None


def covered(facts: Facts, _gate: Gate) -> GuardResult:
    """G12: the closing bundle runs from `open` to `close`; journals followed, the audit clean."""
    if facts.mismatches:
        return _differs(facts.mismatches)
    chain, bundle = facts.chain, _newest(facts, "closing")
    if chain is None or bundle is None:
        text = "The chain has no close record yet; the worker appends it after the late buffer."
        return GuardResult(id="G12", status=Status.FAILED, text=text)
    fault = _coverage_fault(chain, bundle, facts)
    if fault is not None:
        return GuardResult(id="G12", status=Status.FAILED, text=fault)
    text = (
        f"The chain of epoch {chain.epoch} is whole in the bundle: {chain.size} records from "
        "open to close."
    )
    return GuardResult(id="G12", status=Status.PASSED, text=text)


def _differs(mismatches: tuple[MismatchFact, ...]) -> GuardResult:
    """Return that the ledger is not what was recorded; only a person's answer changes it."""
    first = mismatches[0]
    text = (
        f"The audit found that the ledger was changed: {first.text}. Nothing is closed until a "
        "manager has looked into it and answers for it with a document (`ledger settle`)."
    )
    return GuardResult(
        id="G12",
        status=Status.FAILED,
        text=text,
        facts=tuple(one.id for one in mismatches),
        since=first.found_at,
    )


def _coverage_fault(chain: ChainFact, bundle: BundleFact, facts: Facts) -> str | None:
    """Return what the closing bundle does not cover, as a sentence; None: nothing."""
    if (chain.first, chain.last) != ("open", "close"):
        return f"The chain runs from {chain.first} to {chain.last}, not from open to close."
    if bundle.epoch != chain.epoch or bundle.records != chain.size:
        return f"The closing bundle holds {bundle.records} of {chain.size} records."
    if facts.ended_at is None:
        return "Service has not ended."
    end = facts.ended_at + facts.late_buffer
    for node in facts.nodes:
        if node.followed_at is None or node.followed_at < end:
            return (
                f"The journal of {node.node} was not followed past {_at(end)} before the close "
                "record. The worker must reach it."
            )
    return None


GUARDS: Mapping[str, Guard] = MappingProxyType(
    {
        "G2": ground,
        "G6": notice_sent,
        "G7": time_over,
        "G10": no_hold,
        "G11": bundle_verified,
        "G12": covered,
    }
)


def evaluate(found: Row, facts: Facts) -> tuple[GuardResult, ...]:
    """Return the result of every guard, warning and recorded fact that ``found`` asks for."""
    blocking = [_blocking(GUARDS[name](facts, found.gate), found) for name in found.guards]
    warning = [_warning(GUARDS[name](facts, found.gate)) for name in found.warns]
    needed = [_needed(found, facts)] if found.facts else []
    return (*blocking, *warning, *needed)


def evaluate_all(facts: Facts) -> tuple[GuardResult, ...]:
    """Return every guard's result, for END where it is asked there and for CLOSE otherwise."""
    gates = {"G2": Gate.OPEN, "G7": Gate.END}
    return tuple(guard(facts, gates.get(name, Gate.CLOSE)) for name, guard in GUARDS.items())


def refusals(results: tuple[GuardResult, ...]) -> tuple[GuardResult, ...]:
    """Return those that stop the step."""
    return tuple(result for result in results if result.status is Status.FAILED)


def _blocking(result: GuardResult, found: Row) -> GuardResult:
    return _restated(result, result.status, (found.id,))


def _warning(result: GuardResult) -> GuardResult:
    status = Status.WARNED if result.status is Status.FAILED else result.status
    return _restated(result, status, ())


def _restated(result: GuardResult, status: Status, blocks: tuple[str, ...]) -> GuardResult:
    return GuardResult(
        id=result.id,
        status=status,
        text=result.text,
        facts=result.facts,
        since=result.since,
        blocks=blocks,
    )


def _needed(found: Row, facts: Facts) -> GuardResult:
    """A step that rests on a fact needs one recorded since the case entered its state."""
    recorded = [
        fact
        for fact in facts.recorded
        if fact.kind in found.facts and (facts.entered_at is None or fact.at >= facts.entered_at)
    ]
    wanted = ", ".join(found.facts)
    if not recorded:
        text = (
            f"No fact of kind {wanted} is recorded. A clerk or manager records it (`case facts`)."
        )
        return GuardResult(id="fact", status=Status.FAILED, text=text, blocks=(found.id,))
    last = recorded[-1]
    return GuardResult(
        id="fact",
        status=Status.PASSED,
        text=f"Recorded: {KINDS[last.kind].title}, by {last.author}.",
        facts=(last.id,),
        since=last.at,
        blocks=(found.id,),
    )


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
    listed: list[JsonValue] = [as_json(result) for result in results]
    return hashlib.sha256(b"stationd:guards:v1\0" + encode(listed)).digest()
