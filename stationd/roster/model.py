"""The roster: what answering needs per account, by receiver group and number."""

from collections.abc import Mapping
from types import MappingProxyType

from receivers.session import Account, Accounts

__all__ = ["Roster"]


class Roster:
    """An unchanging table of accounts; a newer roster is another object.

    The number is text as on the wire: leading zeros count.
    """

    def __init__(self, accounts: Mapping[tuple[str, str], Account] | None = None) -> None:
        self._accounts = MappingProxyType(dict(accounts or {}))

    @property
    def accounts(self) -> Mapping[tuple[str, str], Account]:
        """Every account by ``(group, number)``."""
        return self._accounts

    def find(self, group: str, number: str) -> Account | None:
        """Return the account of ``number`` in ``group``; None: unknown."""
        return self._accounts.get((group, number))

    def of_group(self, group: str) -> Accounts:
        """Return the look-up of one receiver group."""
        return lambda number: self._accounts.get((group, number))

    def __len__(self) -> int:
        return len(self._accounts)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Roster) and self._accounts == other._accounts

    __hash__ = None  # type: ignore[assignment]
