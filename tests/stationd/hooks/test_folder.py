import json
from dataclasses import replace
from pathlib import Path

import pytest

from stationd.errors import UnavailableError
from stationd.hooks.folder import put_files
from stationd.hooks.model import Letter
from stationd.paging import FolderHook


def test_a_page_is_a_file_of_its_id_and_twice_is_once(letter: Letter, tmp_path: Path) -> None:
    hook = FolderHook(kind="folder", name="drop", path=tmp_path)
    put_files(hook, letter)
    put_files(hook, letter)
    (file,) = tmp_path.iterdir()
    assert file.name == f"{letter.id}.json"
    assert json.loads(file.read_bytes())["subject"] == "c1"


def test_files_of_a_page_lie_there_as_they_are(letter: Letter, tmp_path: Path) -> None:
    hook = FolderHook(kind="folder", name="drop", path=tmp_path)
    put_files(hook, replace(letter, files=(("a.json", b"{}"), ("a.json.p7s", b"\x30"))))
    assert {one.name: one.read_bytes() for one in tmp_path.iterdir()} == {
        "a.json": b"{}",
        "a.json.p7s": b"\x30",
    }


def test_a_folder_that_is_not_there_is_named(letter: Letter, tmp_path: Path) -> None:
    with pytest.raises(UnavailableError, match="No such file"):
        put_files(FolderHook(kind="folder", name="drop", path=tmp_path / "gone"), letter)
