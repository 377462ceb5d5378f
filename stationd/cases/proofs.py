"""Guards of the evidence: bundle, coverage, local operation, vendors, local copy.

These are ``G11``, ``G12`` and ``G17`` to ``G19``.  ``G11`` is nobody's to waive: there is no
argument, role or setting that turns a failed result into another.
"""

from collections.abc import Mapping
from typing import Any

from stationd.cases.model import (
    BundleFact,
    ChainFact,
    Facts,
    GuardResult,
    MismatchFact,
    ObjectFact,
    Status,
)
from stationd.cases.results import at, failed, not_asked, passed
from stationd.cases.states import Gate

__all__ = [
    "LOCK_MODE",
    "bundle_verified",
    "covered",
    "local_copy",
    "local_operation",
    "vendors_settled",
]

LOCK_MODE = "COMPLIANCE"
_ON_DISK = frozenset({"built", "stored", "verified"})


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
    return f"{len(bundle.objects)} object(s), locked {LOCK_MODE} until {at(until)}"


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
            f"locked until {at(held.retain_until)}, but retention asks for "
            f"{at(bundle.retain_until)}. The worker extends it."
        )
    oldest = min(held.verified_at, bundle.verified_at or held.verified_at)
    if facts.now - oldest > facts.verified_within:
        trouble = f" Last trouble: {bundle.why}" if bundle.why else ""
        return f"last read back at {at(oldest)}. The worker reads it back anew.{trouble}"
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
                f"The journal of {node.node} was not followed past {at(end)} before the close "
                "record. The worker must reach it."
            )
    return None


def local_operation(facts: Facts, _gate: Gate) -> GuardResult:
    """G17: the customer's own equipment is left working locally, and somebody states it."""
    if facts.contract.terms.get("equipment") == "company":
        return not_asked("G17", "The equipment is the company's.")
    statement = facts.newest("local_operation")
    if statement is None:
        text = (
            "Nobody has stated that the customer's equipment is left working locally. A clerk or "
            "manager does (`case facts … local_operation --text`)."
        )
        return failed("G17", text)
    return passed("G17", f"Stated by {statement.author}.", statement)


def vendors_settled(facts: Facts, _gate: Gate) -> GuardResult:
    """G18: of what each vendor keeps it is known what became: captured, none, or lost and why."""
    told = {str(one.told["vendor"]): one for one in facts.of("vendor")}
    missing = [one for one in _vendors(facts) if one not in told]
    if missing or not told:
        text = (
            f"What became of the records of {', '.join(missing) or 'vendors'} is not known. A "
            "clerk or manager asks and records it: captured, none or lost (`case facts … vendor`; "
            "vendor all and none, where there is no vendor)."
        )
        return failed("G18", text, *told.values())
    silent = [name for name, one in told.items() if _lost_without_reason(one.told)]
    if silent:
        text = (
            f"The records of {', '.join(silent)} are lost, and nobody says why. A clerk or manager "
            "records it again with a text."
        )
        return failed("G18", text, *told.values())
    said = ", ".join(f"{name} {one.told['outcome']}" for name, one in sorted(told.items()))
    return passed("G18", f"Vendors: {said}.", *told.values())


def _vendors(facts: Facts) -> list[str]:
    named = facts.account.details.get("vendors")
    return [str(one) for one in named] if isinstance(named, list) else []


def _lost_without_reason(told: Mapping[str, Any]) -> bool:
    return told["outcome"] == "lost" and not told.get("text")


def local_copy(facts: Facts, _gate: Gate) -> GuardResult:
    """G19: the primary bundle is built, sealed and verified on our own disk."""
    bundle = _newest(facts, "primary")
    if bundle is None:
        return failed("G19", "No primary bundle is ordered yet; the notice orders it.")
    if bundle.state not in _ON_DISK or not bundle.objects:
        trouble = f" Last trouble: {bundle.why}" if bundle.why else ""
        text = f"The primary bundle is {bundle.state}, not built yet. The worker goes on.{trouble}"
        return GuardResult(id="G19", status=Status.FAILED, text=text, facts=(bundle.order_id,))
    text = f"The primary bundle lies sealed on our own disk: {len(bundle.objects)} file(s)."
    return GuardResult(id="G19", status=Status.PASSED, text=text, facts=(bundle.order_id,))
