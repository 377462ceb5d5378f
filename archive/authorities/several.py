"""Several time-stamp authorities as one: whoever answers first."""

from collections.abc import Callable, Sequence

from archive.authorities.base import Authority
from archive.errors import AuthorityRefusedError, AuthorityUnavailableError

__all__ = ["Several", "said_by_all"]


class Several:
    """Asks one authority after the other, in their order, until one has stamped.

    ``trust_pem`` are the certificates of all, and of those that are no longer asked but whose old
    stamps still have to be checked.
    """

    def __init__(self, authorities: Sequence[Authority], trust_pem: bytes) -> None:
        self.authorities = tuple(authorities)
        self.name = ", ".join(one.name for one in authorities)
        self.trust_pem = trust_pem

    def stamp(self, data: bytes) -> bytes:
        """Return the first checked reply over ``data``; raise with what each said."""
        return self._first(lambda authority: authority.stamp(data))

    def stamp_hash(self, digest: bytes) -> bytes:
        """Return the first checked reply over bytes of this SHA-256; raise as `stamp` does."""
        return self._first(lambda authority: authority.stamp_hash(digest))

    def _first(self, ask: Callable[[Authority], bytes]) -> bytes:
        faults: list[AuthorityUnavailableError | AuthorityRefusedError] = []
        for authority in self.authorities:
            try:
                return ask(authority)
            except (AuthorityUnavailableError, AuthorityRefusedError) as error:
                faults.append(error)
        raise said_by_all(faults)


def said_by_all(
    faults: Sequence[AuthorityUnavailableError | AuthorityRefusedError],
) -> AuthorityUnavailableError | AuthorityRefusedError:
    """Return what authorities said, of which none has stamped, as one error."""
    said = "; ".join(str(fault) for fault in faults)
    # Asking again helps as long as one of them may answer then.
    if any(isinstance(fault, AuthorityUnavailableError) for fault in faults):
        return AuthorityUnavailableError(said)
    return AuthorityRefusedError(said or "there is no authority to ask")
