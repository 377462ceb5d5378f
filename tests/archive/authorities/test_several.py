"""Several authorities are asked in their order."""

import pytest

from archive.authorities.several import Several
from archive.errors import AuthorityRefusedError, AuthorityUnavailableError


class Answering:
    trust_pem = b""

    def __init__(self, name: str, answer: bytes | Exception) -> None:
        self.name = name
        self._answer = answer
        self.asked = 0

    def stamp(self, data: bytes) -> bytes:
        self.asked += 1
        if isinstance(self._answer, Exception):
            raise self._answer
        return self._answer

    def stamp_hash(self, digest: bytes) -> bytes:
        return self.stamp(digest)


def test_the_first_that_answers_is_taken() -> None:
    last = Answering("c", b"3")
    several = Several(
        [Answering("a", AuthorityRefusedError("a: no")), Answering("b", b"2"), last], b"pem"
    )
    assert several.stamp(b"data") == b"2"
    assert several.stamp_hash(bytes(32)) == b"2"
    assert last.asked == 0
    assert (several.name, several.trust_pem) == ("a, b, c", b"pem")


def test_what_each_said_is_told_and_asked_again_if_one_was_away() -> None:
    away = Answering("a", AuthorityUnavailableError("a: away"))
    refusing = Answering("b", AuthorityRefusedError("b: no"))
    with pytest.raises(AuthorityUnavailableError, match="a: away; b: no"):
        Several([away, refusing], b"").stamp(b"")
    with pytest.raises(AuthorityRefusedError, match=r"^b: no$"):
        Several([refusing], b"").stamp(b"")


def test_without_any_there_is_nobody_to_ask() -> None:
    with pytest.raises(AuthorityRefusedError, match="no authority"):
        Several([], b"").stamp(b"")
