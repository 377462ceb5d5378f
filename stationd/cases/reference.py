"""The manual's pages of the case table and the guards, made from the code."""

from collections.abc import Iterable, Mapping

from stationd.cases.guards import GUARDS
from stationd.cases.kinds import CHANNELS, KINDS
from stationd.cases.model import Reason
from stationd.cases.overrides import CODES, LEAST_TEXT, RULES, Class, class_of
from stationd.cases.reasons import RULES as REASONS
from stationd.cases.states import STATES, TABLE, Row, State
from stationd.staff.rights import title

__all__ = ["case_table_page", "guards_page", "pages"]

_GENERATED = (
    "<!-- Made from the code by stationd.cases.reference; a test fails when it is stale. -->"
)


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
    head = [
        "## Facts",
        "",
        "`text` belongs to every kind. The compartment is where a fact and its file land.",
        "",
        "| kind | what it is | fields | recorded by | compartment |",
        "| --- | --- | --- | --- | --- |",
    ]
    return [*head, *_kinds(), "", text, ""]


def guards_page() -> str:
    """Return the page of the guards."""
    parts = (_guards(), _results(), _waiving(), _reasons())
    return "\n".join(line for part in parts for line in part)


def _guards() -> list[str]:
    return [
        "# The guards",
        "",
        _GENERATED,
        "",
        (
            "A guard is a pure function of facts read in the transaction of the step, and of the "
            "time: the same facts at the same time give the same results and the same hash. No "
            "flag, role or setting turns a failed guard into another; two persons can waive some. "
            "The results of every step are kept with the case, and their hash is in the step's "
            "ledger record."
        ),
        "",
        "| guard | passes when | stops | warns at | waived by |",
        "| --- | --- | --- | --- | --- |",
        *(_guard(name) for name in GUARDS),
        (
            "| `fact` | a fact of a kind that the row names is recorded since the case entered its "
            f"state | {_asking_facts()} | - | nobody |"
        ),
        (
            "| `approval` | a second person, who did not draft the letter, approved what the "
            "guards show | T12 | - | nobody |"
        ),
        "",
    ]


def _guard(name: str) -> str:
    stops = list(dict.fromkeys(one.id for one in TABLE if name in one.guards))
    warns = list(dict.fromkeys(one.id for one in TABLE if name in one.warns))
    classes = dict.fromkeys(class_of(name, row) for row in stops)
    waived = ", ".join(f"`{one}`" for one in classes)
    cells = [f"`{name}`", _rule(name), ", ".join(stops), ", ".join(warns) or "-", waived]
    return f"| {' | '.join(cells)} |"


def _asking_facts() -> str:
    return ", ".join(dict.fromkeys(one.id for one in TABLE if one.facts or one.once_noticed))


def _results() -> list[str]:
    return [
        "## Results",
        "",
        (
            "`passed`; `failed` stops the step, and its text says what is missing and who has it; "
            "`warned` is shown and stops nothing; `waived` is what two persons waived; `na` means "
            "that the guard does not apply."
        ),
        "",
    ]


def _waiving() -> list[str]:
    return [
        "## Waiving a guard",
        "",
        (
            "Two persons, both of whom give password and second factor again; a reason code, at "
            f"least {LEAST_TEXT} characters, attachments by hash. What is approved is exactly what "
            "the guards showed: it dies when that changes, and after a day "
            "(`approvals.valid`). It stands in the step's record, in the case and in its bundles."
        ),
        "",
        "| class | who |",
        "| --- | --- |",
        *(f"| `{one}` | {RULES[one].who} |" for one in Class),
        "",
        f"Reason codes: {_listed(CODES)}.",
        "",
    ]


def _reasons() -> list[str]:
    return [
        "## What a reason asks for",
        "",
        (
            "Of each group one document or fact is needed (`G2`); one of the first opens the case. "
            "Where the contract is with a dealer, reasons marked so need the dealer's instruction "
            "as well, and it opens the case."
        ),
        "",
        "| reason | because | documents | notice | ladder | dealer instructs | terms (`G8c`) |",
        "| --- | --- | --- | --- | --- | --- | --- |",
        *(_reason(reason) for reason in Reason),
        "",
    ]


def _reason(reason: Reason) -> str:
    rule = REASONS[reason]
    groups = "; ".join(" or ".join(f"`{kind}`" for kind in group) for group in rule.documents)
    cells = [
        f"`{reason}`",
        rule.title,
        groups,
        "none" if rule.notice is None else f"`{rule.notice}`",
        "yes" if rule.ladder else "-",
        "yes" if rule.instructed else "-",
        _listed(rule.terms) or "-",
    ]
    return f"| {' | '.join(cells)} |"


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
    guards += ["`approval`"] if found.approval else []
    event = f"`{found.event}`{_only(found.reasons)}"
    who = ", ".join("worker" if role == "--" else role.value for role in sorted(found.roles))
    cells = [
        found.id,
        source,
        event,
        to,
        " ".join(guards) or "-",
        _facts_of(found),
        who,
        found.effect or "-",
    ]
    return f"| {' | '.join(cells)} |"


def _only(reasons: frozenset[Reason]) -> str:
    """Return for which reasons a row is, where it is not for all, in as few words as it takes."""
    others = frozenset(Reason) - reasons
    if not others:
        return ""
    few = len(reasons) <= len(others)
    return f" ({'' if few else 'not '}{', '.join(sorted(reasons if few else others))})"


def _facts_of(found: Row) -> str:
    said = _listed(found.facts)
    if found.once_noticed:
        said += f"{_listed(found.once_noticed)}, once a notice is out"
    return said or "-"


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
    return [_kind(name) for name in KINDS]


def _kind(name: str) -> str:
    kind = KINDS[name]
    fields = ", ".join(
        f"`{field}`{'' if one.needed else ' (optional)'}: {one.help}"
        for field, one in kind.fields.items()
    )
    roles = ", ".join(title(role) for role in sorted(kind.roles))
    cells = [
        f"`{name}`",
        f"{kind.title}{', with its file' if kind.needs_document else ''}",
        fields or "-",
        "the program" if kind.by_program else roles,
        kind.compartment,
    ]
    return f"| {' | '.join(cells)} |"
