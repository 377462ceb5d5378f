"""What a redacted copy withholds: profiles, classes of data, and the account of what was left out.

A record is withheld whole: its line is replaced by its leaf hash, so the chain still verifies.  A
document is withheld by the record that names it, a frozen fact by its key.  Each leaves a count
under the class it was withheld for; nothing else of it goes into the copy (FORMAT.md, 13).
"""

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from archive.canonical import JsonValue
from archive.summary import moment

__all__ = [
    "CONTAINED",
    "KIND",
    "OUTSIDE",
    "PROFILES",
    "Censor",
    "DataClass",
    "Profile",
    "Redaction",
    "RedactionSource",
    "document_class",
    "record_class",
]

KIND = "redacted"
"""The kind of a bundle that is a redacted copy."""

OUTSIDE = "outside"
"""Why a record is withheld that does not lie in the span an extract is about."""

CONTAINED = "contained"
"""Why a correction is withheld: it repeats what the withheld record that it corrects says."""

_UNCLASSED = "unclassed"


class DataClass(StrEnum):
    """Classes of data that a copy may have to do without."""

    CODE = "code"
    CONTACT = "contact"
    HEALTH = "health"
    MONEY = "money"
    NETWORK = "network"
    OPERATOR_NAME = "operator_name"
    PRIVILEGED = "privileged"
    THIRD_PARTY = "third_party"


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What one kind of copy withholds, and which frozen facts it keeps.

    ``spanned``: only what lies in a span is shown.
    """

    title: str
    classes: frozenset[str]
    facts: frozenset[str]
    spanned: bool = False


_NEVER = {DataClass.CODE, DataClass.PRIVILEGED, DataClass.THIRD_PARTY}
_WHO = {"account", "customer", "dealer", "gaps", "lines", "report", "site", "transmitters"}

PROFILES: Mapping[str, Profile] = MappingProxyType(
    {
        "producible": Profile(
            title="for the other side: without contacts, health and network addresses",
            classes=frozenset(_NEVER | {DataClass.CONTACT, DataClass.HEALTH, DataClass.NETWORK}),
            facts=frozenset(_WHO | {"case", "contract", "custody", "notices", "order", "staff"}),
        ),
        "customer": Profile(
            title="for the customer: without the station's people and network addresses",
            classes=frozenset(_NEVER | {DataClass.NETWORK, DataClass.OPERATOR_NAME}),
            facts=frozenset(_WHO | {"contract", "custody", "notices", "order"}),
        ),
        "incident": Profile(
            title="extract of one incident: everything outside of its span is withheld",
            classes=frozenset(_NEVER),
            facts=frozenset(_WHO | {"custody", "order"}),
            spanned=True,
        ),
    }
)

# Addresses of the internet, and the long numbers of SIM cards (ITU-T E.118 begins them with 89).
_ADDRESS = re.compile(
    r"\b\d{1,3}(?:\.\d{1,3}){3}\b|(?:\b[0-9A-Fa-f]{1,4}:){3,7}[0-9A-Fa-f:]*|\b89\d{16,18}\b"
)
# What a fact of a case is about; of a kind that is not here nothing is said.
_FACTS_BY_CLASS = (
    (
        DataClass.PRIVILEGED,
        ("attorney_instruction clearance collection_return counsel_note referral stay_review"),
    ),
    (
        DataClass.THIRD_PARTY,
        ("dealer_billing dealer_instruction reinstated sale_schedule"),
    ),
    (
        DataClass.CONTACT,
        (
            "contact customer_writing letter_message letter_returned notice_delivered "
            "notice_returned premises_visit recorded_call representative_authority "
            "returned_mail snapshot"
        ),
    ),
    (
        DataClass.HEALTH,
        ("functioning_report welfare_contact"),
    ),
    (
        DataClass.MONEY,
        (
            "billing_statement breach_review cure_accepted dispute dispute_decision letter_draft "
            "letter_sent nonpayment_reason payment payment_decision promise refund"
        ),
    ),
    (
        DataClass.OPERATOR_NAME,
        ("ladder_waiver manager_grounds note"),
    ),
    (
        "",
        (
            "authority_draft authority_letter continuity_proof court_notice declaration "
            "effective ending_statement followed issuer_cancellation ladder lengthened "
            "local_operation notice notice_draft preflight proceedings quarantine reason "
            "receiving_station renewal_facts retention second_notice supervision_evidence "
            "tracking vendor withdrawal_letter"
        ),
    ),
)
_CASE_FACTS: Mapping[str, str] = MappingProxyType(
    {kind: found for found, kinds in _FACTS_BY_CLASS for kind in kinds.split()}
)
# Members of a case that say how it went; of others nobody has said that they may be shown.
_CASE = frozenset(
    {"id", "reason", "state", "opened_at", "opened_by", "noticed_at", "effective_at", "ended_at"}
    | {"approvals"}
)
# Of an account's own details these are known to hold nothing that is withheld.
_DETAILS = frozenset({"systems", "test_by", "test_grace", "test_hours"})
_STEP = ("version", "row", "event", "from", "to", "by", "at", "guards_hash")


@dataclass(frozen=True, slots=True, kw_only=True)
class RedactionSource:
    """The whole bundle that a copy is made of; it stays in the archive."""

    order: str
    kind: str
    base: str
    content_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Redaction:
    """How a copy is to be redacted.  ``span`` is the first and the last time of an extract."""

    order: str
    profile: str
    reason: str
    of: RedactionSource
    span: tuple[str, str] | None = None

    @property
    def rule(self) -> Profile:
        """What its profile withholds."""
        return PROFILES[self.profile]


def record_class(fields: Mapping[str, Any]) -> frozenset[str]:
    """Return the classes of data that a record holds by itself, documents left aside."""
    found: set[str] = set()
    if fields.get("class") == "medical":
        found.add(DataClass.HEALTH)
    if fields.get("scope") == "unresolved" or _from_another(fields):
        found.add(DataClass.THIRD_PARTY)
    if any(_ADDRESS.search(text) for text in _texts(fields)):
        found.add(DataClass.NETWORK)
    return frozenset(found)


def _from_another(fields: Mapping[str, Any]) -> bool:
    """Tell whether a record came over from the chain of another account."""
    came = fields.get("from")
    acct = came.get("acct") if isinstance(came, Mapping) else None
    return isinstance(acct, str) and acct != fields.get("acct") and not acct.startswith("unknown:")


def _texts(fields: Mapping[str, Any]) -> list[str]:
    """Return what a signal says in words, its extras among them."""
    extra = fields.get("extra")
    found = [*extra.values()] if isinstance(extra, Mapping) else []
    found += [fields.get(key) for key in ("text", "peer", "cause", "detail")]
    return [text for text in found if isinstance(text, str)]


def document_class(fields: Mapping[str, Any]) -> str:
    """Return the class of the document that a record names; empty: none is known to matter."""
    if fields.get("type") == "config":
        # What is known of an account, its contacts included, as it was opened or changed.
        return DataClass.CONTACT
    fact = fields.get("fact")
    return _CASE_FACTS.get(fact, _UNCLASSED) if isinstance(fact, str) else ""


@dataclass(slots=True)
class Censor:
    """What judges record after record of one copy, and keeps count of what it withheld."""

    redaction: Redaction
    runs: list[tuple[int, int, str]] = field(default_factory=list)
    documents: dict[bytes, str] = field(default_factory=dict)
    masks: Counter[str] = field(default_factory=Counter)
    _firsts: list[int] = field(default_factory=list)
    _naming: dict[int, str] = field(default_factory=dict)
    _shown: set[bytes] = field(default_factory=set)

    def judge(self, fields: Mapping[str, Any], seq: int) -> bool:
        """Tell whether the next record is withheld, and note why."""
        why = self._why(fields)
        if not why:
            hidden = document_class(fields)
            if hidden == _UNCLASSED or hidden in self.redaction.rule.classes:
                self._naming[seq] = hidden
            return False
        if self.runs and self.runs[-1][1:] == (seq - 1, why):
            self.runs[-1] = (self.runs[-1][0], seq, why)
        else:
            self.runs.append((seq, seq, why))
            self._firsts.append(seq)
        return True

    def _why(self, fields: Mapping[str, Any]) -> str:
        corrects = fields.get("corrects")
        if isinstance(corrects, int) and self.withholds(corrects):
            return CONTAINED
        if self.redaction.span is not None:
            first, last = self.redaction.span
            if not first <= moment(fields) <= last:
                return OUTSIDE
        return ",".join(sorted(record_class(fields) & self.redaction.rule.classes))

    def withholds(self, seq: int) -> bool:
        """Tell whether a record that was judged is withheld."""
        at = bisect_right(self._firsts, seq) - 1
        return at >= 0 and self.runs[at][0] <= seq <= self.runs[at][1]

    @property
    def withheld(self) -> int:
        """How many records are withheld."""
        return sum(last - first + 1 for first, last, _ in self.runs)

    def reasons(self) -> dict[str, int]:
        """Return how many records are withheld for each reason."""
        counted: Counter[str] = Counter()
        for first, last, why in self.runs:
            counted[why] += last - first + 1
        return dict(sorted(counted.items()))

    # --- Documents ---

    def keeps_document(self, doc: bytes, seq: int) -> bool:
        """Tell whether a document may go in that record ``seq``, which was judged, names."""
        why = OUTSIDE if self.withholds(seq) else self._naming.get(seq, "")
        if why:
            self.documents[doc] = why
        else:
            self._shown.add(doc)
        return not why

    def documents_withheld(self) -> dict[str, int]:
        """Return how many documents that records name are withheld, for each reason."""
        left = [why for doc, why in self.documents.items() if doc not in self._shown]
        return dict(sorted(Counter(left).items()))

    # --- Facts ---

    def facts(self, known: Mapping[str, JsonValue], epoch: int) -> dict[str, JsonValue]:
        """Return the frozen facts without what the copy does not show; called once."""
        kept: dict[str, Any] = {}
        for key in sorted(known):
            if key in self.redaction.rule.facts:
                kept[key] = known[key]
            elif known[key]:
                self.masks[f"{key}: {_PART_CLASS.get(key, _UNCLASSED)}"] += 1
        kept["account"] = self._account(kept.get("account"))
        kept["customer"] = self._customer(kept.get("customer"))
        kept["custody"] = self._custody(kept.get("custody"), epoch)
        for key in ("lines", "gaps"):
            kept[key] = self._lines(key, kept.get(key))
        if "case" in kept:
            kept["case"] = self._case(kept["case"])
            kept["notices"] = self._rows("notices", kept.get("notices"), "kind")
        return kept

    def _account(self, account: Any) -> Any:  # noqa: ANN401 - JSON is anything
        if not isinstance(account, Mapping) or not isinstance(account.get("details"), Mapping):
            return account
        details = account["details"]
        self._mask("account", _UNCLASSED, len(details.keys() - _DETAILS))
        return {**account, "details": {key: details[key] for key in sorted(_DETAILS & {*details})}}

    def _customer(self, customer: Any) -> Any:  # noqa: ANN401
        if not isinstance(customer, Mapping) or not customer.get("details"):
            return customer
        if DataClass.CONTACT not in self.redaction.rule.classes and not self.redaction.span:
            return customer
        self._mask("customer", DataClass.CONTACT, len(customer["details"]))
        return {**customer, "details": {}}

    def _custody(self, rows: Any, epoch: int) -> list[Any]:  # noqa: ANN401
        """Return acts on bundles, and corrections of this epoch's records that are shown."""
        kept: list[Any] = []
        for row in rows if isinstance(rows, (list, tuple)) else []:
            corrects = row.get("corrects") if isinstance(row, Mapping) else None
            if corrects is None or (row.get("epoch") == epoch and not self.withholds(corrects)):
                kept.append(row)
            else:
                self._mask("custody", CONTAINED)
        return kept

    def _lines(self, key: str, rows: Any) -> list[Any]:  # noqa: ANN401
        """Return line status of the span; steps of the clock and of stamps explain the chain."""
        kept: list[Any] = []
        for row in rows if isinstance(rows, (list, tuple)) else []:
            if not isinstance(row, Mapping):
                kept.append(row)
            elif row.get("kind") in {"clock_step", "unstamped"} or self._touches(row):
                kept.append(self._without_addresses(key, row))
            else:
                self._mask(key, OUTSIDE)
        return kept

    def _touches(self, row: Mapping[str, Any]) -> bool:
        if self.redaction.span is None:
            return True
        first, last = self.redaction.span
        return str(row.get("from") or "") <= last and (not row.get("to") or str(row["to"]) >= first)

    def _without_addresses(self, key: str, row: Mapping[str, Any]) -> dict[str, Any]:
        found = dict(row)
        for name in ("cause", "detail"):
            text = found.get(name)
            if isinstance(text, str) and _ADDRESS.search(text):
                found[name] = _ADDRESS.sub("*", text)
                self._mask(key, DataClass.NETWORK)
        return found

    def _case(self, case: Any) -> Any:  # noqa: ANN401
        """Return a case with its steps, and of its facts those of kinds that are not withheld."""
        if not isinstance(case, Mapping) or not case:
            return case
        steps = case.get("steps") or []
        unknown = case.keys() - _CASE - {"facts", "steps"}
        self._mask("case", _UNCLASSED, len(unknown))
        return {
            **{key: case[key] for key in case if key in _CASE},
            "facts": self._rows("case", case.get("facts"), "kind"),
            # What a guard saw may be a signal that is withheld: its result alone is kept.
            "steps": [{key: step.get(key) for key in _STEP} for step in steps],
        }

    def _rows(self, part: str, rows: Any, key: str) -> list[Any]:  # noqa: ANN401
        """Return facts of a case, the content of those masked that are of a withheld class."""
        kept: list[Any] = []
        for row in rows if isinstance(rows, (list, tuple)) else []:
            kind = row.get(key) if isinstance(row, Mapping) else None
            why = _CASE_FACTS.get(str(kind), _UNCLASSED) if kind is not None else ""
            if why in self.redaction.rule.classes or why == _UNCLASSED:
                self._mask(part, why)
                kept.append({**row, "fact": {"masked": why}, "doc": None})
            else:
                kept.append(row)
        return kept

    def _mask(self, part: str, why: str, count: int = 1) -> None:
        if count:
            self.masks[f"{part}: {why}"] += count

    def told(self) -> dict[str, JsonValue]:
        """Return what ``data/index.json`` says of the redaction, called when all is written."""
        one = self.redaction
        span: dict[str, JsonValue] = (
            {} if one.span is None else {"span": {"from": one.span[0], "to": one.span[1]}}
        )
        return {
            **span,
            "documents": dict(self.documents_withheld()),
            "masks": dict(sorted(self.masks.items())),
            "of": {
                "base": one.of.base,
                "content_id": one.of.content_id,
                "kind": one.of.kind,
                "order": one.of.order,
            },
            "order": one.order,
            "profile": one.profile,
            "reason": one.reason,
        }

    def listed(self) -> list[JsonValue]:
        """Return every run of withheld records, and why, in order."""
        return [{"first": first, "last": last, "why": why} for first, last, why in self.runs]


# Why a part of the facts is left out as a whole.
_PART_CLASS: Mapping[str, str] = MappingProxyType(
    {
        "case": DataClass.OPERATOR_NAME,
        "contract": OUTSIDE,
        "notices": OUTSIDE,
        "staff": DataClass.OPERATOR_NAME,
    }
)
