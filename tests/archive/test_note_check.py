"""Notes, entries and moments are read strictly; test_ledger_check.py has the rest."""

from datetime import UTC, datetime

import pytest

from archive import note_check as check

ENTRY = (
    '{"accounts":1,"n":4,"prev":"' + "0" * 64 + '","state_root":"' + "1" * 64 + '",'
    '"time":"2026-01-02T03:04:05.000006Z","type":"stationd-checkpoint","v":1}'
)


def test_an_entry_gives_number_time_and_root() -> None:
    entry = check.read_entry("x", ENTRY)
    at = datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=UTC)
    assert (entry.n, entry.time, entry.state_root) == (4, at, b"\x11" * 32)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"n":4', '"n":true'),
        ('"v":1', '"v":2'),
        ("stationd-checkpoint", "checkpoint"),
        ("1" * 64, "1" * 63),
        ("0" * 64, "Z" * 64),
        ("2026-01", "2026-13"),
    ],
)
def test_what_is_no_entry_is_refused(old: str, new: str) -> None:
    with pytest.raises(check.LedgerError):
        check.read_entry("x", ENTRY.replace(old, new))
    with pytest.raises(check.LedgerError, match="none of a checkpoint"):
        check.read_entry("x", ENTRY + "\n")


@pytest.mark.parametrize("text", ["", "2026-02-31T00:00:00.000000Z", "2026-02-01T00:00:00Z"])
def test_what_is_no_moment_is_none(text: str) -> None:
    assert check.moment(text) is None


def test_spans_of_other_kinds_are_read_by_their_kind() -> None:
    at = "2026-01-02T03:04:05.000000Z"
    raw = f"kind,from,to\r\nunstamped,{at},\r\ngap,{at},{at}\r\n".encode()
    (found,) = check.clock_steps(raw, "unstamped")
    assert found.first == found.last == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert check.clock_steps(raw) == []


@pytest.mark.parametrize("text", ['{"a":1.0}', '{"a":NaN}', '{"a":-Infinity}', '{"a":1e2}'])
def test_no_file_holds_floating_point(text: str) -> None:
    with pytest.raises(check.LedgerError):
        check.canonical_value("x", text.encode())
