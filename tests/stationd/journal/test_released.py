"""The file that says how far entries may be dropped."""

from pathlib import Path

import pytest

from stationd.journal.released import Released, read_released, released_path, write_released

RELEASED = Released(journal="ab" * 16, position=12, link=bytes(range(32)))


def test_what_was_written_is_read(tmp_path: Path) -> None:
    write_released(tmp_path / "released", RELEASED)
    assert read_released(tmp_path / "released") == RELEASED


def test_writing_leaves_nothing_else_behind(tmp_path: Path) -> None:
    write_released(tmp_path / "released", RELEASED)
    write_released(tmp_path / "released", RELEASED)
    assert [file.name for file in tmp_path.iterdir()] == ["released"]


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"journal":"a","position":1,"link":"zz"}'])
def test_a_file_that_cannot_be_read_releases_nothing(tmp_path: Path, text: str) -> None:
    (tmp_path / "released").write_text(text)
    assert read_released(tmp_path / "released") is None


def test_no_file_releases_nothing(tmp_path: Path) -> None:
    assert read_released(tmp_path / "released") is None


def test_it_lies_beside_the_journal() -> None:
    assert released_path(Path("/var/j.sqlite3")) == Path("/var/j.sqlite3.released")
