"""`stationctl export certify`."""

from pathlib import Path

import pytest

from stationd.bundles import service
from stationd.bundles.reading import read_custody


@pytest.fixture
def made(opened, value, worker, tmp_path, config):
    """Have a bundle of account 1001 made and stored."""
    config.write_text(
        f'{config.read_text()}\n[archive.store]\nkind = "directory"\npath = "{tmp_path}/store"\n'
    )
    return value("export", "1001")["order"]


def test_forms_of_a_stored_bundle_are_made_again_and_that_is_on_record(made, ok, desk, tmp_path):
    stick = tmp_path / "stick"
    stick.mkdir()
    (kept,) = [one for one in service.objects(desk, made) if one.file.endswith(".txt")]

    text = ok("export", "certify", made, stick)

    assert "a person completes and signs" in text
    assert (stick / kept.file).read_bytes() == Path(kept.path).read_bytes()
    assert (stick / kept.file).with_suffix(".pdf").read_bytes().startswith(b"%PDF")
    with desk.database.reading() as connection:
        assert read_custody(connection, "1001")[-1]["act"] == "certificates"


def test_what_lies_here_changed_is_fetched_from_the_archive(made, ok, desk, tmp_path):
    (container,) = [one for one in service.objects(desk, made) if one.file.endswith(".asice")]
    Path(container.path).write_bytes(b"changed")

    ok("export", "certify", made, tmp_path, "--paper", "a4")

    assert (
        container.sha256
        in (tmp_path / f"{Path(container.file).stem}-certification.txt").read_text()
    )


def test_an_archive_that_gives_other_bytes_is_told(made, run, desk, tmp_path):
    (container,) = [one for one in service.objects(desk, made) if one.file.endswith(".asice")]
    Path(container.path).unlink()
    for path in (tmp_path / "store").rglob("*.asice*"):
        if path.is_file() and not path.name.endswith(".json"):
            path.chmod(0o644)
            path.write_bytes(b"changed")

    done = run("export", "certify", made, tmp_path)

    assert done.exit_code in {1, 5}
    assert not [*tmp_path.glob("*-certification.*")]


def test_an_order_that_is_not_in_the_archive_has_no_forms_yet(opened, value, run, tmp_path):
    order = value("export", "1001", "--no-wait")["order"]

    done = run("export", "certify", order, tmp_path)

    assert done.exit_code == 2
    assert "not in the archive yet" in done.output
