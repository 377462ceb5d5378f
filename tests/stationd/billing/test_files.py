import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from stationd.billing.files import BILLING, file_at, load_arrangement, take_dropped
from stationd.billing.mapping import Arrangement
from stationd.billing.store import read_lines
from stationd.desk import Desk
from stationd.errors import MistakeError, UnavailableError
from stationd.policies import BillingSettings
from stationd.schedule.checks import Check, read_check
from tests.stationd.billing.conftest import HEAD, INVOICE, PAYMENT, nobody

Dropping = Callable[..., Path]


@pytest.fixture
def dropping(station: Desk, drop: Path, tmp_path: Path) -> Desk:
    mapping = tmp_path / "billing.toml"
    mapping.write_text('source = "books"\n[defaults]\ncurrency = "USD"\n')
    return replace(station, billing=BillingSettings(drop=drop, mapping=mapping))


@pytest.fixture
def put(drop: Path, station: Desk) -> Dropping:
    def put(name: str, text: str, age: float = 60) -> Path:
        path = drop / name
        path.write_text(text)
        when = station.clock.now().timestamp() - age
        os.utime(path, (when, when))
        return path

    return put


def check(desk: Desk) -> Check:
    with desk.database.reading() as connection:
        found = read_check(connection, BILLING)
    assert found is not None
    return found


def there(drop: Path) -> list[str]:
    return sorted(str(path.relative_to(drop)) for path in drop.rglob("*") if path.is_file())


def test_a_good_file_is_taken_and_moved(dropping: Desk, drop: Path, put: Dropping) -> None:
    put("a.csv", HEAD + INVOICE)
    assert take_dropped(dropping, nobody) == "1 file(s): 1 line(s) taken; passed"
    assert there(drop) == ["taken/a.csv"]
    assert check(dropping).outcome == "passed"
    put("a.csv", HEAD + INVOICE + PAYMENT)
    take_dropped(dropping, nobody)
    assert there(drop) == ["taken/2-a.csv", "taken/a.csv"]


def test_a_bad_file_is_moved_with_a_text_beside_it_and_holds_up_no_other(
    dropping: Desk, drop: Path, put: Dropping
) -> None:
    put("a.csv", HEAD + "R,invoice,1001,soon,,1,,\n")
    put("b.csv", HEAD + INVOICE + INVOICE.replace("1001", "7777").replace("R-1", "R-7"))
    put("c.csv", HEAD + PAYMENT)
    assert take_dropped(dropping, nobody).startswith("3 file(s): 2 line(s) taken; failed")
    assert there(drop) == [
        *("refused/a.csv", "refused/a.csv.txt"),
        *("refused/b.csv", "refused/b.csv.txt", "taken/c.csv"),
    ]
    assert "a.csv:2: on is 'soon'" in (drop / "refused/a.csv.txt").read_text()
    partly = (drop / "refused/b.csv.txt").read_text()
    assert "1 line(s) were taken" in partly
    assert "b.csv:3: invoice R-7: there is no account 7777 here" in partly
    assert "2 file(s) lie in" in check(dropping).detail
    for path in (drop / "refused").iterdir():
        path.unlink()
    take_dropped(dropping, nobody)
    assert check(dropping).outcome == "passed"


def test_what_is_still_written_hidden_or_no_file_is_left_alone(
    dropping: Desk, drop: Path, put: Dropping, tmp_path: Path
) -> None:
    put("new.csv", HEAD + INVOICE, age=1)
    put(".hidden.csv", HEAD + INVOICE)
    (tmp_path / "elsewhere.csv").write_text(HEAD + INVOICE)
    (drop / "link.csv").symlink_to(tmp_path / "elsewhere.csv")
    assert take_dropped(dropping, nobody).startswith("0 file(s)")


def test_a_file_that_was_taken_and_not_moved_yet_is_moved_the_next_time(
    dropping: Desk, drop: Path, put: Dropping, monkeypatch: pytest.MonkeyPatch
) -> None:
    put("a.csv", HEAD + INVOICE)

    def ends(_self: Path, _target: Path) -> Path:
        raise UnavailableError("killed")

    with monkeypatch.context() as patched:
        patched.setattr(Path, "rename", ends)
        with pytest.raises(UnavailableError):
            take_dropped(dropping, nobody)
    assert there(drop) == ["a.csv"]
    take_dropped(dropping, nobody)
    assert there(drop) == ["taken/a.csv"]
    with dropping.database.reading() as connection:
        assert len(read_lines(connection, "k1001")) == 1


def test_without_a_folder_nothing_is_done_and_a_wrong_one_is_named(
    station: Desk, dropping: Desk, drop: Path
) -> None:
    assert "no drop folder" in take_dropped(station, nobody)
    drop.rmdir()
    with pytest.raises(MistakeError, match=r"No such file.*billing\.drop"):
        take_dropped(dropping, nobody)


def test_a_mapping_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(MistakeError, match="No such file"):
        load_arrangement(tmp_path / "none.toml")
    broken = tmp_path / "broken.toml"
    broken.write_text("source = ")
    with pytest.raises(MistakeError, match=r"broken\.toml"):
        load_arrangement(broken)
    with pytest.raises(MistakeError, match="No such file"):
        file_at(tmp_path / "none.csv", "csv", load_arrangement_of(tmp_path)).open()


def load_arrangement_of(folder: Path) -> Arrangement:
    (folder / "m.toml").write_text('source = "books"')
    return load_arrangement(folder / "m.toml")


@pytest.mark.parametrize("name", [f"{'x' * 250}.csv", "b\udcffd\n.csv"])
def test_an_odd_name_holds_up_nothing(dropping: Desk, drop: Path, put: Dropping, name: str) -> None:
    put(name, HEAD + "R,invoice,1001,soon,,1,,\n")
    assert take_dropped(dropping, nobody).startswith("1 file(s): 0 line(s) taken; failed")
    assert len(there(drop)) == 2
    assert check(dropping).outcome == "failed"
