import json
import tracemalloc
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

from archive.build import finish, safe_name
from archive.errors import MalformedError


def test_building_twice_gives_the_same_content_and_the_same_report(
    station, tmp_path, short_history
) -> None:
    source = station.source(lambda: short_history(60))

    one = station.bag(source, tmp_path / "1")
    two = station.bag(source, tmp_path / "2")

    def contents(folder: Path) -> dict[str, bytes]:
        return {
            path.relative_to(folder).as_posix(): path.read_bytes()
            for path in folder.rglob("*")
            if path.is_file()
        }

    assert contents(one.folder) == contents(two.folder)
    assert one.content_id == two.content_id
    assert one.content_id == sha256((one.folder / "manifest-sha256.txt").read_bytes()).hexdigest()


def test_the_content_id_stands_in_report_form_and_readme(sealed) -> None:
    content_id = sealed.finished.content_id

    assert content_id in (sealed.folder / "README.txt").read_text()
    assert content_id in (sealed.folder / "custodian-certification.txt").read_text()
    assert content_id in sealed.finished.certifications[0].read_text()


def test_the_form_beside_names_the_container_and_the_one_inside_does_not(sealed) -> None:
    container = sealed.finished.files[-1]

    assert container.sha256 in sealed.finished.certifications[0].read_text()
    assert container.sha256 == sha256(container.path.read_bytes()).hexdigest()
    assert container.size == container.path.stat().st_size
    assert ".asice" not in (sealed.folder / "custodian-certification.txt").read_text()


def test_the_verifier_in_the_bundle_is_the_packages_own(sealed) -> None:
    package = Path(__file__).parents[2] / "archive/ledger_check.py"

    assert (sealed.folder / "verify/ledger.py").read_bytes() == package.read_bytes()


@pytest.mark.parametrize("spoil", ["drop", "change", "add"])
def test_records_that_do_not_come_to_the_head_stop_the_build(
    spoil: str, station, tmp_path, short_history
) -> None:
    records = list(short_history(10))
    source = station.source(lambda: iter(records))
    spoilt = {
        "drop": records[:-1],
        "change": [*records[:-1], records[-1].replace(b'"mg"', b'"ec"')],
        "add": [*records, records[-1].replace(b'"seq":10', b'"seq":11')],
    }[spoil]

    with pytest.raises(MalformedError, match="do not come to the head"):
        station.bag(replace(source, records=lambda: iter(spoilt)), tmp_path)


def test_progress_is_told_by_segment(station, tmp_path, short_history, monkeypatch) -> None:
    monkeypatch.setattr("archive.segments.SEGMENT_RECORDS", 20)
    told: list[tuple[int, int]] = []

    station.bag(
        station.source(lambda: short_history(50)),
        tmp_path,
        progress=lambda done, of: told.append((done, of)),
    )

    assert told == [(20, 50), (40, 50), (50, 50)]


def test_facts_of_any_shape_are_kept(station, tmp_path, short_history) -> None:
    facts = {
        "site": "a shop",
        "customer": None,
        "contract": ["odd"],
        "case": {"id": "c1"},
        "transmitters": ["main 1", {"number": "2"}],
        "lines": "none",
        "gaps": [{"kind": "clock_step", "from": "2026-01-02T05:00:00.000000Z"}, "odd"],
        "whatever": {"kept": True},
    }
    source = replace(station.source(lambda: short_history(10)), facts=facts)

    built = station.bag(source, tmp_path)

    account = json.loads((built.folder / "data/account.json").read_text())
    assert account["whatever"] == {"kept": True}
    assert json.loads((built.folder / "data/contract/contract.json").read_text()) == ["odd"]
    assert json.loads((built.folder / "data/case.json").read_text()) == {"id": "c1"}
    assert "clock_step" in (built.folder / "data/line-status.csv").read_text()


def test_no_facts_at_all_make_a_bundle_too(station, tmp_path, short_history) -> None:
    source = replace(
        station.source(lambda: short_history(10)),
        facts={"transmitters": "x"},
        documents=lambda: iter([]),
    )

    assert station.bag(source, tmp_path).records == 10


def test_a_site_in_no_known_zone_is_refused(station, tmp_path, short_history) -> None:
    source = replace(station.source(lambda: short_history(10)), facts={"site": {"zone": "Mars/X"}})

    with pytest.raises(MalformedError, match="time zone 'Mars/X'"):
        station.bag(source, tmp_path)


def test_sealing_again_replaces_what_a_pass_before_left(station, tmp_path, short_history) -> None:
    built = station.bag(station.source(lambda: short_history(10)), tmp_path / "w")
    station.seal_folder(built, tmp_path)

    again = station.seal_folder(built, tmp_path)

    assert again.files[-1].path.exists()


def test_sealing_again_finds_the_volumes_where_they_went(
    station, tmp_path, short_history, monkeypatch
) -> None:
    monkeypatch.setattr("archive.container.MAIN_RECORDS_LIMIT", 1000)
    built = station.bag(station.source(lambda: short_history(60)), tmp_path / "w")
    first = finish(
        built, seal=station.seal, authority=station.authority, now=station.now, target=tmp_path
    )

    again = finish(
        built, seal=station.seal, authority=station.authority, now=station.now, target=tmp_path
    )

    assert first.files[:-1] == again.files[:-1]
    assert len(again.files) > 1


@pytest.mark.parametrize(
    ("text", "name"),
    [("4821", "4821"), ("a_b", "a_5fb"), ("unknown:g:1", "unknown_3ag_3a1"), ("ü", "_c3_bc")],
)
def test_names_of_files_hold_plain_letters_only(text: str, name: str) -> None:
    assert safe_name(text) == name


def test_memory_does_not_grow_with_the_history(
    station, tmp_path, short_history, monkeypatch
) -> None:
    # The report's rows are many only up to their limit; here it is reached at once.
    monkeypatch.setattr("archive.summary.ROWS", 100)

    def peak(size: int) -> int:
        source = station.source(lambda: short_history(size))
        tracemalloc.start()
        station.bag(source, tmp_path / str(size))
        _, highest = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return highest

    peak(300)

    assert peak(3_000) < peak(1_000) * 1.3
