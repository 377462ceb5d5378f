"""Reference pages, made from the code."""

from pathlib import Path

import pytest

from stationd.cli import reference
from stationd.imports.columns import FIELDS

PAGES = reference.pages()
DOCS = Path(__file__).parents[3] / "docs" / "reference"


@pytest.mark.parametrize("name", sorted(PAGES))
def test_no_page_is_stale(name):
    assert (DOCS / name).read_text(encoding="utf-8") == PAGES[name], "run `make docs`"


def test_pages_are_written_into_a_folder(tmp_path):
    reference.main([str(tmp_path / "new")])
    assert {path.name for path in (tmp_path / "new").iterdir()} == {*PAGES}


@pytest.mark.parametrize(
    "line",
    [
        "## `[station]`",
        "| `station` | text | needed | The station's name in every record. |",
        "| `keep` | period | `30d` | How long entries stay after they are anchored. |",
        "| `path` | path | `/var/lib/stationd/roster.json` | The roster's file. |",
        '## `[archive.store] with kind = "s3"`',
        '## `[[listeners]] with kind = "serial"`',
        "| `path` | path | needed | The folder. |",
    ],
)
def test_settings_have_kind_default_and_meaning(line):
    assert line in PAGES["settings.md"].splitlines()


def test_every_command_and_subcommand_has_its_help():
    for words in ("stationctl account import", "stationctl doctor", "stationctl staff totp"):
        assert f"\n## {words}\n" in PAGES["stationctl.md"]


def test_every_field_of_an_import_is_there():
    assert all(f"| `{name}` |" in PAGES["import-fields.md"] for name in FIELDS)


def test_every_exit_code_is_there():
    assert all(f"\n| {code} | " in PAGES["exit-codes.md"] for code in (0, 1, 2, 3, 4, 5, 130))


def test_defaults_that_are_true_or_false_are_written_as_toml_has_them():
    assert "| true or false | `true` |" in PAGES["settings.md"]
