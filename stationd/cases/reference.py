"""The manual's pages of the case table and the guards, made from the code."""

from collections.abc import Iterable, Mapping

from stationd.cases.guards import GUARDS
from stationd.cases.kinds import CHANNELS, KINDS, documents_for, notice_kind
from stationd.cases.model import Reason
from stationd.cases.states import STATES, TABLE, Row, State

__all__ = ["case_table_page", "guards_page", "pages"]

_GENERATED = (
    "<!-- Made from the code by stationd.cases.reference; a test fails when it is stale. -->"
)
_GATES = {
    "G2": "opening (T1) and T4",
    "G6": "notice (T12), end (T14), close (T17)",
    "G7": "end (T14)",
    "G10": "end (T14: `service` holds), close (T17: `records` holds)",
    "G11": "sealing (T16), close (T17); a warning at end (T14)",
    "G12": "sealing (T16), close (T17)",
}


def pages() -> Mapping[str, str]:
    """Return every page that this package makes, by its file name in docs/reference."""
    return {"case-table.md": case_table_page(), "guards.md": guards_page()}


def case_table_page() -> str:
    """Return the page of states, rows and facts, with the diagram."""
    parts = (_introduction(), _states(), _table(), _picture(), _facts())
    return "\n".join(line for part in parts for line in part)


def _introduction() -> list[str]:
    text = (
        "A termination is a case, and a case moves along a row of this table or not at all. "
        "`stationctl case step CASE EVENT` takes a row; the worker takes those that are due. "
        "Every guard of a row is evaluated and reported; one that failed stops the step."
    )
    return ["# The case table", "", _GENERATED, "", text, ""]


def _states() -> list[str]:
    rows = [f"| `{state}` | {meaning} |" for state, meaning in STATES.items()]
    return ["## States", "", "| state | meaning |", "| --- | --- |", *rows, ""]


def _table() -> list[str]:
    return [
        "## Rows",
        "",
        "| row | from | event | to | guards | facts, one of | who | besides |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
        *_rows(),
        "",
        "A guard in brackets only warns. `worker` is the program itself, when the step is due.",
        "",
    ]


def _picture() -> list[str]:
    text = (
        "Cure (T10) and withdrawal (T11) leave every state before `ended`, dispute (T6) and "
        "referral (T8) lead from each of them into their holds; the diagram leaves them out."
    )
    head = ["## Diagram", "", "```mermaid", "stateDiagram-v2"]
    return [*head, *_diagram(), "```", "", text, ""]


def _facts() -> list[str]:
    posted = [name for name, by_post in CHANNELS.items() if by_post]
    text = (
        f"A notice travels by {_listed(CHANNELS)}; the mail allowance is added for "
        f"{_listed(posted)}."
    )
    head = ["## Facts", "", "| kind | what it is | recorded by |", "| --- | --- | --- |"]
    return [*head, *_kinds(), "", text, ""]


def guards_page() -> str:
    """Return the page of the guards."""
    lines = [
        "# The guards",
        "",
        _GENERATED,
        "",
        (
            "A guard is a pure function of facts read in the transaction of the step, and of the "
            "time: the same facts at the same time give the same results and the same hash. No "
            "flag, role or setting turns a failed guard into another. The results of every step "
            "are kept with the case, and their hash is in the step's ledger record."
        ),
        "",
        "| guard | passes when | asked at |",
        "| --- | --- | --- |",
        *(f"| `{name}` | {_rule(name)} | {_GATES[name]} |" for name in GUARDS),
        (
            "| `fact` | a fact of a kind that the row names is recorded since the case entered its "
            "state | T6, T7, T8, T9, T10, T13 |"
        ),
        "",
        "## Results",
        "",
        (
            "`passed`; `failed` stops the step, and its text says what is missing and who has it; "
            "`warned` is shown and stops nothing; `waived` and `na` are kept for approvals and for "
            "guards that do not apply."
        ),
        "",
        "## What a reason asks for",
        "",
        "| reason | document (`G2`), one of | notice (`G6`) |",
        "| --- | --- | --- |",
        *(
            f"| `{reason}` | {_listed(documents_for(reason))} | `{notice_kind(reason)}` |"
            for reason in Reason
        ),
        "",
    ]
    return "\n".join(lines)


def _rule(name: str) -> str:
    """Return a guard's rule, the first sentence of its docstring."""
    (first, *_) = (GUARDS[name].__doc__ or "").splitlines()
    return first.partition(": ")[2].rstrip(".")


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _rows() -> list[str]:
    """Return a line a row; rows that leave many states are one line."""
    lines: list[str] = []
    seen: set[tuple[str, frozenset[Reason]]] = set()
    for found in TABLE:
        key = (found.id, found.reasons)
        if key in seen:
            continue
        seen.add(key)
        sources = [one.source for one in TABLE if (one.id, one.reasons) == key]
        lines.append(_row(found, sources))
    return lines


def _row(found: Row, sources: list[State | None]) -> str:
    source = "any before `ended`" if len(sources) > 1 else f"`{sources[0] or '-'}`"
    to = "the remembered state" if len(found.to) > 3 else _listed(found.to)  # noqa: PLR2004
    guards = [f"`{name}`" for name in found.guards] + [f"(`{name}`)" for name in found.warns]
    event = f"`{found.event}`"
    if found.reasons != frozenset(Reason):
        event += f" ({', '.join(sorted(found.reasons))})"
    who = ", ".join("worker" if role == "--" else role.value for role in sorted(found.roles))
    cells = [
        found.id,
        source,
        event,
        to,
        " ".join(guards) or "-",
        _listed(found.facts) or "-",
        who,
        found.effect or "-",
    ]
    return f"| {' | '.join(cells)} |"


def _diagram() -> list[str]:
    lines: list[str] = []
    for found in TABLE:
        if found.id in {"T6", "T8", "T10", "T11"}:
            continue
        source = "[*]" if found.source is None else found.source.value
        to = (State.NOTICED,) if found.id == "T7" else found.to
        lines += [f"    {source} --> {state}: {found.id} {found.event}" for state in to]
    lines += [f"    {state} --> [*]" for state in (State.CLOSED, State.CURED, State.WITHDRAWN)]
    return lines


def _kinds() -> list[str]:
    return [
        f"| `{name}` | {kind.title}{', with its file' if kind.needs_document else ''} | "
        f"{'the program' if kind.by_program else 'people'} |"
        for name, kind in KINDS.items()
    ]
