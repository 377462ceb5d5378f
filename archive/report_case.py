"""The section of a termination: what was done step by step, why it was allowed, how dates came."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta, tzinfo
from typing import Any

from archive.report_facts import ReportFacts
from archive.report_pages import Column, Layout
from archive.report_words import cut, duration, local_time, shown

__all__ = ["CASE", "termination"]

CASE = "The termination"

_LINE = (Column("site time", 112), Column("what was done", 348), Column("by", 62))
_RESULTS = (
    Column("step", 30),
    Column("guard", 34),
    Column("result", 46),
    Column("what it said", 412),
)
_BOUNDS = {
    "notice": "end of the notice period",
    "cure": "end of the time to put the default right",
    "clause": "date that a clause names",
    "requested": "date that was asked for",
}
_INPUTS = {
    "clause": "date of the clause",
    "cure_days": "days to put the default right",
    "hour": "the station's hour",
    "notice_days": "days of notice",
    "requested": "date asked for",
    "sent_at": "sent",
    "zone": "calendar of",
}
_SHOWN_ROWS = 600
_SHOWN_RESULTS = 300


def termination(layout: Layout, facts: ReportFacts, zone: tzinfo) -> None:
    """Write the case that this bundle was ordered for; nothing where there is none."""
    case = facts.case
    if not case:
        return
    layout.heading(CASE)
    layout.note(
        "Steps, facts and approvals as they were recorded when they happened; each is a record of "
        "this account's ledger too, and the files they name lie in the bundle under the hash that "
        "is shown. Of what is internal or privileged it says only that it is there. The letters "
        "T and G are rows and guards of the station's table of terminations: a guard is a "
        "condition that the program evaluates before a step, and no step is taken past one that "
        "fails unless two persons waived it by name."
    )
    layout.facts(_head(case, zone), label=150)
    layout.space(4)
    lines = sorted(_lines(case, zone), key=lambda line: line[0])
    layout.table(_LINE, [((local_time(at, zone), text, by), step) for at, text, by, step in lines])
    _computation(layout, _rows(case, "facts"), zone)
    _guards(layout, _rows(case, "steps"), zone)


def _head(case: Mapping[str, Any], zone: tzinfo) -> Iterator[tuple[str, str]]:
    yield "Case", shown(case.get("id"), zone)
    yield "Reason", _words(case.get("reason"))
    yield "State when this was ordered", _words(case.get("state"))
    times = (
        ("Opened", "opened_at"),
        ("Notice sent", "noticed_at"),
        ("Notice takes effect", "effective_at"),
        ("Monitoring ended", "ended_at"),
    )
    for title, key in times:
        if case.get(key):
            yield title, local_time(str(case[key]), zone)


def _lines(case: Mapping[str, Any], zone: tzinfo) -> Iterator[tuple[str, str, str, bool]]:
    """Yield time, text, person and whether it is a step, of everything that happened."""
    for fact in _rows(case, "facts"):
        yield str(fact.get("at")), _fact(fact, zone), shown(fact.get("by"), zone), False
    for one in _rows(case, "approvals"):
        yield from _approval(one, zone)
    for step in _rows(case, "steps"):
        source = _words(step.get("from")) or "the beginning"
        text = f"{step.get('row')}: from {source} to {_words(step.get('to'))}"
        if waived := [str(one.get("id")) for one in _results(step) if _status(one) == "waived"]:
            text += f"; waived by two persons: {', '.join(waived)}"
        yield str(step.get("at")), text, shown(step.get("by"), zone), True


def _fact(fact: Mapping[str, Any], zone: tzinfo) -> str:
    """Return what a fact says, the hash of its file, or why neither is shown."""
    title, told = _words(fact.get("kind")), fact.get("fact")
    title = title[:1].upper() + title[1:]
    if isinstance(told, Mapping) and "compartment" in told:
        return f"{title}: recorded; what it says is {told['compartment']} and not in this bundle"
    if isinstance(told, Mapping) and "masked" in told:
        return f"{title}: recorded; withheld from this copy"
    text = title
    if not isinstance(told, Mapping) or not told:
        pass
    elif fact.get("kind") in _LONG:
        text += f": {_LONG[str(fact['kind'])]}"
    else:
        text += f": {shown(told, zone)}"
    if fact.get("doc"):
        text += f"; file {shown(fact['doc'], zone)}"
    return cut(text)


# Facts that say more than a line can: they stand below, or in a file.
_LONG = {
    "effective": "computed as stated below",
    "followed": "every journal was read past the end of service, in data/case.json",
    "ladder": "the steps of contact in force, in data/case.json",
    "preflight": "what there was at the opening, in data/case.json",
    "snapshot": "account, contract and billing as they stood, in data/case.json",
}


def _approval(one: Mapping[str, Any], zone: tzinfo) -> Iterator[tuple[str, str, str, bool]]:
    what = f"step {one.get('row')}"
    waived = one.get("waived")
    if isinstance(waived, (list, tuple)) and waived:
        what = f"waiving {', '.join(map(str, waived))} for step {one.get('row')}"
        if one.get("code"):
            what += f" ({_words(one['code'])})"
    alone = "; the station has one operator, who gave both acts" if one.get("sole_operator") else ""
    hashed = f"; what was shown has the hash {shown(one.get('shown'), zone)}"
    asked = f"Asked for approval of {what}{hashed}"
    yield str(one.get("asked_at")), asked, shown(one.get("asked_by"), zone), False
    if one.get("decided_at"):
        said = "Approved" if one.get("approved") else "Refused"
        decided = f"{said}: {what}{alone}"
        yield str(one["decided_at"]), decided, shown(one.get("decided_by"), zone), False


def _computation(layout: Layout, facts: Iterable[Mapping[str, Any]], zone: tzinfo) -> None:
    """Write how the instant came about that was told to the customer."""
    computed = [one["fact"] for one in facts if one.get("kind") == "effective"]
    told = computed[-1] if computed else None
    if not isinstance(told, Mapping) or not isinstance(told.get("bounds"), Mapping):
        return
    layout.subheading("How the instant was computed at which monitoring ends")
    rows = [(_BOUNDS.get(name, _words(name)), at) for name, at in told["bounds"].items()]
    layout.facts([(title, shown(at, zone)) for title, at in rows], label=200)
    rolled = (
        "rolled forward to the station's hour on a business day" if told.get("roll") else "kept"
    )
    layout.text(
        f"The latest of these, {rolled}: {shown(told.get('effective_at'), zone)}. "
        f"Computed from: {'; '.join(_given(told, zone))}.",
        size=8.5,
    )


def _given(told: Mapping[str, Any], zone: tzinfo) -> Iterator[str]:
    """Yield what went into the computation, in words; what this release does not know as it is."""
    for key, value in told.items():
        if key in ("bounds", "effective_at", "roll") or value in (None, [], ""):
            continue
        if key == "mail_allowance_s" and isinstance(value, int):
            yield f"added for the mail {duration(timedelta(seconds=value))}"
        else:
            yield f"{_INPUTS.get(key, _words(key))} {shown(value, zone)}"


def _guards(layout: Layout, steps: Iterable[Mapping[str, Any]], zone: tzinfo) -> None:
    """Write what every guard said at every step that was taken."""
    rows = [
        (
            (
                str(step.get("row")),
                str(one.get("id")),
                _status(one),
                cut(shown(one.get("text"), zone)),
            )
        )
        for step in steps
        for one in _results(step)
    ]
    if not rows:
        return
    layout.subheading("What the guards said when each step was taken")
    marked = [(row, row[2] in {"waived", "warned"}) for row in rows[:_SHOWN_RESULTS]]
    layout.table(_RESULTS, marked)
    if len(rows) > _SHOWN_RESULTS:
        layout.note(f"{len(rows) - _SHOWN_RESULTS} more are in data/case.json.")


def _results(step: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    found = step.get("guards")
    if not isinstance(found, (list, tuple)):
        return ()
    return [one for one in found if isinstance(one, Mapping)]


def _status(one: Mapping[str, Any]) -> str:
    status = str(one.get("status") or "")
    return "not asked" if status == "na" else status


def _rows(case: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    value = case.get(key)
    if not isinstance(value, (list, tuple)):
        return []
    return [row for row in value if isinstance(row, Mapping)][:_SHOWN_ROWS]


def _words(value: object) -> str:
    return str(value or "").replace("_", " ")
