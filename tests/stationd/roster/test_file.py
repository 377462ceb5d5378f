"""The roster's file: whole, sealed, or refused."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from receivers.session import Account, Key
from stationd.errors import CheckFailedError
from stationd.roster.file import read, write
from stationd.roster.model import Roster
from stationd.sealing import Sealer, new_sealing_key

SECRET = bytes(range(16))
OLD = Key(bytes(32), None, datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=UTC))
ROSTER = Roster(
    {
        ("main", "0001"): Account("0001"),
        ("main", "A2"): Account(
            "A2",
            keys=(OLD, Key(SECRET, datetime(2026, 1, 2, tzinfo=UTC))),
            window_back=None,
            window_ahead=600,
            poll_interval=60,
            switches=frozenset({"nak-never"}),
        ),
    }
)


@pytest.fixture
def sealer() -> Sealer:
    return Sealer(new_sealing_key())


def test_what_was_published_is_loaded(tmp_path: Path, sealer: Sealer) -> None:
    write(tmp_path / "roster", ROSTER, sealer)
    assert read(tmp_path / "roster", sealer) == ROSTER


def test_a_second_one_replaces_the_first_and_leaves_nothing_behind(
    tmp_path: Path, sealer: Sealer
) -> None:
    write(tmp_path / "roster", ROSTER, sealer)
    write(tmp_path / "roster", Roster(), sealer)
    assert read(tmp_path / "roster", sealer) == Roster()
    assert [file.name for file in tmp_path.iterdir()] == ["roster"]


def test_no_key_stands_in_the_file(tmp_path: Path, sealer: Sealer) -> None:
    write(tmp_path / "roster", ROSTER, sealer)
    content = (tmp_path / "roster").read_bytes()
    assert SECRET not in content
    assert SECRET.hex().encode() not in content


def test_another_sealing_key_opens_nothing(tmp_path: Path, sealer: Sealer) -> None:
    write(tmp_path / "roster", ROSTER, sealer)
    with pytest.raises(CheckFailedError):
        read(tmp_path / "roster", Sealer(new_sealing_key()))


def test_another_version_is_refused(tmp_path: Path, sealer: Sealer) -> None:
    (tmp_path / "roster").write_text(json.dumps({"version": 2, "accounts": []}))
    with pytest.raises(CheckFailedError, match="has version 2"):
        read(tmp_path / "roster", sealer)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"version":1,"accounts":[{}]}', '{"version":1'])
def test_a_file_that_is_not_whole_is_refused(tmp_path: Path, sealer: Sealer, text: str) -> None:
    (tmp_path / "roster").write_text(text)
    with pytest.raises(CheckFailedError, match="not of its shape"):
        read(tmp_path / "roster", sealer)


def test_a_file_that_is_away_is_an_os_error(tmp_path: Path, sealer: Sealer) -> None:
    with pytest.raises(FileNotFoundError):
        read(tmp_path / "roster", sealer)


@pytest.mark.parametrize(
    "change",
    [
        {"poll_interval": "60"},
        {"poll_interval": True},
        {"window_back": 1.5},
        {"window_ahead": -1},
        {"number": 17},
        {"group": None},
        {"keys": [{"sealed": 5, "from": None, "to": None}]},
        {"keys": 5},
        {"switches": None},
    ],
)
def test_a_line_of_another_shape_is_refused_before_a_session_sees_it(
    tmp_path: Path, sealer: Sealer, change: dict[str, object]
) -> None:
    write(tmp_path / "roster", ROSTER, sealer)
    content = json.loads((tmp_path / "roster").read_text())
    content["accounts"][0] |= change
    (tmp_path / "roster").write_text(json.dumps(content))
    with pytest.raises(CheckFailedError):
        read(tmp_path / "roster", sealer)


def test_a_file_nested_without_end_is_refused(tmp_path: Path, sealer: Sealer) -> None:
    (tmp_path / "roster").write_text("[" * 100_000)
    with pytest.raises(CheckFailedError, match="RecursionError"):
        read(tmp_path / "roster", sealer)


def test_what_a_newer_worker_adds_to_a_line_does_no_harm(tmp_path: Path, sealer: Sealer) -> None:
    write(tmp_path / "roster", ROSTER, sealer)
    content = json.loads((tmp_path / "roster").read_text())
    content["accounts"][0]["colour"] = "red"
    (tmp_path / "roster").write_text(json.dumps(content))
    assert read(tmp_path / "roster", sealer) == ROSTER
