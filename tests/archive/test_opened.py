import os
import shutil
from pathlib import Path

import pytest

from archive.container import pack
from archive.findings import Outcome, Report
from archive.opened import open_bundle


def test_every_file_of_a_container_has_its_place(sealed) -> None:
    report = Report(bundle="x")

    opened = open_bundle(sealed.container, report)

    assert opened is not None
    on_disk = {p.relative_to(sealed.folder).as_posix() for p in sealed.folder.rglob("*.*")}
    assert on_disk <= set(opened.places)
    assert opened.read("bagit.txt") == (sealed.folder / "bagit.txt").read_bytes()
    assert report.outcome is Outcome.PASSED


def test_a_file_that_is_not_there_or_too_large_reads_as_none(sealed) -> None:
    opened = open_bundle(sealed.folder, Report(bundle="x"))

    assert opened is not None
    assert opened.read("none") is None
    assert opened.read("README.txt", most=3) is None


def test_a_deflate_of_another_kind_leaves_the_compressed_form_open(sealed, monkeypatch) -> None:
    monkeypatch.setattr("archive.opened.deflate_sign", lambda: "another")
    report = Report(bundle="x")

    opened = open_bundle(sealed.container, report)

    assert opened is not None
    assert not any(place.again for place in opened.places.values())
    assert any("compressed form" in text for text in report.not_checked)


def test_a_name_in_a_folder_that_is_not_safe_is_refused(tmp_path) -> None:
    (tmp_path / "a b").write_text("x")
    report = Report(bundle="x")

    assert open_bundle(tmp_path, report) is None
    assert report.failed_subjects() == {"a b"}


def test_a_pipe_in_a_folder_is_refused(tmp_path) -> None:
    os.mkfifo(tmp_path / "pipe")
    report = Report(bundle="x")

    assert open_bundle(tmp_path, report) is None
    assert report.failed_subjects() == {"pipe"}


@pytest.mark.parametrize("name", ["../x.zip", "a/b.zip", "a b.zip"])
def test_a_volume_of_an_unsafe_name_is_never_opened(name: str, sealed, monkeypatch) -> None:
    from archive import opened as module  # noqa: PLC0415

    original = module.Opened.read

    def read(self, asked: str, most: int = 1 << 20) -> bytes | None:
        if asked == "volumes-sha256.txt":
            return f"{'0' * 64}  {name}\n".encode()
        return original(self, asked, most)

    monkeypatch.setattr(module.Opened, "read", read)
    report = Report(bundle="x")

    open_bundle(sealed.container, report)

    assert "not a safe name" in str(report)


def test_a_volume_that_holds_other_files_is_refused(volumes, tmp_path) -> None:
    container, volume = volumes.files[-1].path, volumes.files[0].path
    second = volumes.files[1].path
    volume.write_bytes(second.read_bytes())
    report = Report(bundle="x")

    open_bundle(container, report)

    assert second.name in report.failed_subjects()
    assert "not of its place" in str(report)


def test_a_file_that_may_not_be_read_is_undecided(sealed, monkeypatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied", str(sealed.container))

    monkeypatch.setattr("archive.opened.read_layout", refuse)
    report = Report(bundle="x")

    assert open_bundle(Path(sealed.container), report) is None
    assert report.outcome is Outcome.UNDECIDED


def test_a_container_without_bag_info_leaves_the_compressed_form_open(sealed) -> None:
    (sealed.folder / "bag-info.txt").unlink()
    (sealed.folder / "mimetype").unlink()
    shutil.rmtree(sealed.folder / "META-INF")
    report = Report(bundle="x")

    open_bundle(pack(sealed.folder, sealed.folder.parent / "other.asice", lambda _: b""), report)

    assert any("compressed form" in text for text in report.not_checked)


def test_bag_info_without_the_sign_leaves_the_compressed_form_open(sealed) -> None:
    (sealed.folder / "bag-info.txt").write_text("Bagging-Date: 2026-06-01\n")
    (sealed.folder / "mimetype").unlink()
    shutil.rmtree(sealed.folder / "META-INF")
    report = Report(bundle="x")

    open_bundle(pack(sealed.folder, sealed.folder.parent / "other.asice", lambda _: b""), report)

    assert any("compressed form" in text for text in report.not_checked)


def test_a_pipe_is_not_waited_for(tmp_path) -> None:
    pipe = tmp_path / "bundle.asice"
    os.mkfifo(pipe)
    report = Report(bundle="x")

    assert open_bundle(pipe, report) is None
    assert "neither a file nor a folder" in str(report)


def test_a_folder_that_cannot_be_listed_is_undecided(sealed, monkeypatch) -> None:
    def refused(_path: object) -> object:
        raise PermissionError(13, "Permission denied", "data")

    monkeypatch.setattr("os.scandir", refused)
    report = Report(bundle="x")

    assert open_bundle(sealed.folder, report) is None
    assert report.outcome is Outcome.UNDECIDED
