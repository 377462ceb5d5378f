"""A seal has the stamps of all who answer, the same on each of its parts."""

from pathlib import Path

import pytest

from archive import openssl
from archive.authorities.several import Several
from archive.errors import AuthorityRefusedError, AuthorityUnavailableError
from archive.findings import Outcome
from archive.stamping import Panel
from archive.verify import examine
from archive.xades_check import read_form
from tests.archive.conftest import history
from tests.archive.spoiling import unzipped
from tests.archive.spoils import SEAL, SECOND, SIGNATURES, STAMP, Workbench, stamped_twice


class Away:
    """An authority that stops answering after some stamps."""

    def __init__(self, authority, name: str, answers: int) -> None:
        self._authority, self.name, self._answers = authority, name, answers
        self.trust_pem = authority.trust_pem

    def stamp(self, data: bytes) -> bytes:
        self._answers -= 1
        if self._answers < 0:
            raise AuthorityUnavailableError(f"{self.name}: no answer")
        return self._authority.stamp(data)

    def stamp_hash(self, digest: bytes) -> bytes:
        return self._authority.stamp_hash(digest)


@pytest.fixture
def twice(proved_once, station, other_station, logbook, tmp_path):
    """The station with two authorities; ``after``: how often the second answers."""
    bench = Workbench(proved_once.container, station, other_station, lambda: logbook, tmp_path)

    def make(after: int):
        made = stamped_twice(bench)
        first, second = made.authority.authorities
        made.authority = Several([first, Away(second, "second", after)], made.authority.trust_pem)
        return made

    return make


def counts(container: Path) -> tuple[int, int, int]:
    files = unzipped(container)
    return (
        len(openssl.signature_stamps(files[SEAL])[1]),
        len(read_form(files[SIGNATURES]).tokens),
        len([it for it in files if it in {STAMP, SECOND}]),
    )


@pytest.mark.parametrize(("answers", "stamps"), [(99, 2), (0, 1), (1, 1), (2, 2)])
def test_whoever_is_away_is_left_out_of_every_part_and_named(
    twice, station, tmp_path: Path, answers: int, stamps: int
) -> None:
    made = twice(answers)
    source = station.source(lambda: history(40))
    done = made.seal_folder(made.bag(source, tmp_path / "work"), tmp_path)

    container = done.files[-1].path
    assert counts(container) == (stamps, 1, stamps)
    assert done.stamped_by == ("trial", "second")[:stamps]
    assert done.away == ({} if stamps == 2 else {"second": "second: no answer"})
    assert examine(container, made.anchors).outcome is Outcome.PASSED


def test_without_any_stamp_nothing_is_sealed() -> None:
    class Down:
        name, trust_pem = "down", b""

        def stamp(self, _data: bytes) -> bytes:
            raise AuthorityUnavailableError("down: no answer")

        stamp_hash = stamp

    class Refusing(Down):
        def stamp(self, _data: bytes) -> bytes:
            raise AuthorityRefusedError("no")

    with pytest.raises(AuthorityUnavailableError, match="no; down: no answer"):
        Panel(Several([Refusing(), Down()], b"")).stamp(b"data")
    with pytest.raises(AuthorityRefusedError, match=r"^no$"):
        Panel(Refusing()).stamp(b"data")
