"""Sealing a bag, with the stamps of every authority that answers on signature and list."""

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

from archive import cms, xades
from archive.authorities.base import Authority
from archive.authorities.several import Several, said_by_all
from archive.container import Sign, pack
from archive.errors import AuthorityRefusedError, AuthorityUnavailableError
from archive.manifest import SIGNATURE, STAMP, TAG_MANIFEST
from archive.seal import Seal

__all__ = ["Panel", "seal_bag", "signed_by"]

_FURTHER = f"{TAG_MANIFEST}.*.tsr"


class Panel:
    """Authorities that stamp one seal; who does not answer is left out, and named in ``away``.

    A verifier counts the stamps on signature and list, so that none can be taken out.
    """

    def __init__(self, authority: Authority) -> None:
        self._asked: list[Authority] = [authority]
        if isinstance(authority, Several):
            self._asked = [*authority.authorities]
        self.trust_pem = authority.trust_pem
        self.away: dict[str, str] = {}
        self._counts: set[int] = set()

    @property
    def names(self) -> tuple[str, ...]:
        """The names of those who answer."""
        return tuple(one.name for one in self._asked)

    def stamp(self, data: bytes) -> list[bytes]:
        """Return a checked reply over ``data`` of each; raise with what each said if none came."""
        replies: list[bytes] = []
        faults: list[AuthorityUnavailableError | AuthorityRefusedError] = []
        for one in tuple(self._asked):
            try:
                replies.append(one.stamp(data))
            except (AuthorityUnavailableError, AuthorityRefusedError) as error:
                faults.append(error)
                if len(self._asked) > 1:
                    self._asked.remove(one)
                    self.away[one.name] = str(error)
        if not replies:
            raise said_by_all(faults)
        self._counts.add(len(replies))
        return replies

    def first(self, data: bytes) -> bytes:
        """Return the checked reply of the first that answers; raise as `stamp` does."""
        faults: list[AuthorityUnavailableError | AuthorityRefusedError] = []
        for one in self._asked:
            try:
                return one.stamp(data)
            except (AuthorityUnavailableError, AuthorityRefusedError) as error:
                faults.append(error)
        raise said_by_all(faults)

    def agree(self, act: Callable[[], None]) -> None:
        """Run ``act``, and again where somebody stopped answering in the middle of it."""
        while True:
            self._counts.clear()
            act()
            if len(self._counts) <= 1:
                return


def seal_bag(folder: Path, container: Path, *, seal: Seal, panel: Panel, now: datetime) -> None:
    """Sign and stamp the list of lists in ``folder``, and pack it into ``container``."""

    def sealed() -> None:
        _seal_list(folder, seal, panel, now)
        container.unlink(missing_ok=True)
        pack(folder, container, signed_by(seal, panel, now))

    panel.agree(sealed)


def _seal_list(folder: Path, seal: Seal, panel: Panel, now: datetime) -> None:
    """Sign and stamp the list of lists in ``folder``; what was left of a pass before goes."""
    tags = (folder / TAG_MANIFEST).read_bytes()
    for left in folder.glob(_FURTHER):
        left.unlink()
    (folder / SIGNATURE).write_bytes(seal.sign(tags, now=now, stamps=panel.stamp))
    for number, reply in enumerate(panel.stamp(tags), start=1):
        name = STAMP if number == 1 else f"{TAG_MANIFEST}.{number}.tsr"
        (folder / name).write_bytes(reply)


def signed_by(seal: Seal, panel: Panel, now: datetime) -> Sign:
    """Return what signs the files of a container."""

    def sign(files: Sequence[xades.DataObject]) -> bytes:
        def stamps(data: bytes) -> list[bytes]:
            # Validators in the field refuse a second one there.
            return [cms.token(panel.first(data))]

        def values(tokens: Sequence[bytes]) -> xades.Values:
            known = seal.revocation
            if not known.lists:
                return xades.Values()
            return xades.Values(
                certificates=cms.certificates(panel.trust_pem),
                crls=known.der,
                # The answer is made after the stamps, whichever clock is ahead.
                answer=seal.answer(max(now, *(cms.stamp_time(token) for token in tokens))),
            )

        return xades.signatures(files, signer=seal, now=now, stamps=stamps, values=values)

    return sign
