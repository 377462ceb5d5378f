"""The build: what it stands on is pinned, and the same sources give the same bytes."""

import html
import json
import re
import shutil
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "page"
BUILT = ROOT / "archive/verify.html"
LOCK = json.loads((PAGE / "package-lock.json").read_text())


def build(folder: Path, target: Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, folder / "build.py", target], capture_output=True, text=True, check=False
    )


def test_everything_that_is_fetched_is_pinned_by_its_hash() -> None:
    packages = {name: it for name, it in LOCK["packages"].items() if name}

    assert [name for name, it in packages.items() if it.get("integrity", "")[:7] != "sha512-"] == []
    # Where it is fetched from is the business of whoever fetches.
    assert [name for name, it in packages.items() if "resolved" in it] == []


def test_versions_are_named_exactly() -> None:
    named = json.loads((PAGE / "package.json").read_text())

    versions = [*named["dependencies"].values(), *named["devDependencies"].values()]
    assert [it for it in versions if not re.fullmatch(r"\d+\.\d+\.\d+", it)] == []


def test_the_same_sources_give_the_same_bytes_in_another_folder(tmp_path) -> None:
    copy = tmp_path / "elsewhere"
    shutil.copytree(PAGE, copy, ignore=shutil.ignore_patterns("node_modules"))
    (copy / "node_modules").symlink_to(PAGE / "node_modules")

    done = build(copy, tmp_path / "page.html")

    assert done.returncode == 0, done.stderr
    assert (tmp_path / "page.html").read_bytes() == BUILT.read_bytes()
    assert done.stdout == f"{sha256(BUILT.read_bytes()).hexdigest()}  page.html\n"


def test_without_npm_it_says_what_is_missing(tmp_path, monkeypatch) -> None:
    copy = tmp_path / "elsewhere"
    shutil.copytree(PAGE, copy, ignore=shutil.ignore_patterns("node_modules"))
    monkeypatch.setenv("PATH", str(tmp_path))

    done = build(copy, tmp_path / "page.html")

    assert (done.returncode, "install npm" in done.stderr) == (1, True)
    assert not (tmp_path / "page.html").exists()


def test_it_is_one_file_that_may_reach_nothing() -> None:
    text = BUILT.read_text("utf-8")
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]+)"', text)

    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert not re.search(r"connect-src|https?:|\*|unsafe", policy)
    assert re.findall(r"<(?:link|img|iframe|object|embed|base)\b|<script[^>]+src=", text) == []


def test_the_types_of_its_sources_hold() -> None:
    (checker,) = PAGE.glob("node_modules/@typescript/typescript-*/lib/tsc")

    done = subprocess.run([checker, "-p", PAGE], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("path", sorted(PAGE.glob("src/**/*.ts")), ids=lambda path: path.name)
def test_its_files_say_what_they_are_and_stay_short(path: Path) -> None:
    text = path.read_text("utf-8")

    assert text.startswith("/**")
    assert len(text.splitlines()) <= 450
    assert [line for line in text.splitlines() if len(line) > 140] == []


def test_the_page_holds_the_licence_of_every_library_in_it() -> None:
    shown = html.unescape(BUILT.read_text("utf-8"))
    libraries = [name for name, it in LOCK["packages"].items() if name and not it.get("dev")]

    assert len(libraries) >= 5
    for name in libraries:
        assert (PAGE / name / "LICENSE").read_text("utf-8").strip() in shown
