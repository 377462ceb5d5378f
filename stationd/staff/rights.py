"""Who may do what: one table, as data.

Where the table says that a right is limited to something (an operator's own shift, what
was shared with an attorney), the right stands here and the use case checks the limit.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from stationd.errors import NotAuthorisedError
from stationd.staff.model import Person, Role

__all__ = ["RIGHTS", "Right", "may", "require", "title"]


class Right(StrEnum):
    """What a person may be allowed to do; the value completes "may …"."""

    SEE_RECEIVERS = "see receivers and the live feed"
    SEE_SIGNALS = "see account signals"
    SEE_MONEY = "see money and case notes"
    SEE_CODES = "see codes and call lists"
    LOG_CONTACTS = "log contacts, set on-test and write notes"
    EDIT_ACCOUNTS = "open, import and change accounts"
    WORK_CASES = "open and work cases"
    MAKE_BUNDLES = "make, verify and hand out bundles"
    SET_HOLD = "set holds"
    LIFT_HOLD = "lift holds"
    DECIDE = "decide payments, disputes and cures"
    GIVE_CLEARANCE = "give clearance and sign off templates"
    APPROVE = "approve as second person"
    SEE_PRIVILEGED = "see privileged documents"
    RUN_MACHINE = "manage staff, keys, receivers and storage"
    READ_AUDIT = "read the audit log"
    PURGE = "purge, with a second person"


_OPERATOR = frozenset(
    {
        Right.SEE_RECEIVERS,
        Right.SEE_SIGNALS,
        Right.SEE_CODES,
        Right.LOG_CONTACTS,
        Right.READ_AUDIT,
    }
)
_CLERK = frozenset(
    {
        Right.SEE_RECEIVERS,
        Right.SEE_SIGNALS,
        Right.SEE_MONEY,
        Right.LOG_CONTACTS,
        Right.EDIT_ACCOUNTS,
        Right.WORK_CASES,
        Right.MAKE_BUNDLES,
        Right.SET_HOLD,
        Right.APPROVE,
        Right.READ_AUDIT,
    }
)
_MANAGER = _CLERK | {
    Right.SEE_CODES,
    Right.LIFT_HOLD,
    Right.DECIDE,
    Right.SEE_PRIVILEGED,
    Right.PURGE,
}
_ATTORNEY = frozenset(
    {
        Right.SEE_SIGNALS,
        Right.SEE_MONEY,
        Right.SET_HOLD,
        Right.GIVE_CLEARANCE,
        Right.APPROVE,
        Right.SEE_PRIVILEGED,
        Right.READ_AUDIT,
    }
)
_ADMINISTRATOR = frozenset(
    {
        Right.SEE_RECEIVERS,
        Right.EDIT_ACCOUNTS,
        Right.APPROVE,
        Right.RUN_MACHINE,
        Right.READ_AUDIT,
        Right.PURGE,
    }
)

RIGHTS: Mapping[Role, frozenset[Right]] = MappingProxyType(
    {
        Role.OPERATOR: _OPERATOR,
        Role.CLERK: _CLERK,
        Role.MANAGER: _MANAGER,
        Role.ATTORNEY: _ATTORNEY,
        Role.ADMINISTRATOR: _ADMINISTRATOR,
        Role.NOBODY: frozenset(),
    }
)

_TITLES: Mapping[Role, str] = MappingProxyType(
    {
        Role.OPERATOR: "operator",
        Role.CLERK: "evidence clerk",
        Role.MANAGER: "manager",
        Role.ATTORNEY: "attorney",
        Role.ADMINISTRATOR: "administrator",
        Role.NOBODY: "the program itself",
    }
)


def title(role: Role) -> str:
    """Return what people call a role."""
    return _TITLES[role]


def may(person: Person, right: Right) -> bool:
    """Tell whether a person's role has a right."""
    return right in RIGHTS[person.role]


def require(person: Person, *rights: Right) -> None:
    """Return if the person has every one of ``rights``, or raise `NotAuthorisedError`."""
    for right in rights:
        if not may(person, right):
            others = ", ".join(title(role) for role in Role if right in RIGHTS[role])
            msg = f"{person.login} ({title(person.role)}) may not {right.value}. Who may: {others}."
            raise NotAuthorisedError(msg)
