import zipfile
from hashlib import sha256
from pathlib import Path

import pytest

from archive.container import MIMETYPE, VolumeWriter, container_manifest, deflate_probe, pack
from archive.errors import MalformedError
from archive.manifest import Bag
from archive.segments import SegmentFiles
from archive.zip_layout import deflate_sign, read_layout


def by_nobody(files) -> bytes:
    return f"<signed files='{len(files)}'/>".encode()


def bag_of(folder: Path) -> Bag:
    bag = Bag(folder)
    for name in (
        "data/a.json",
        "b.txt",
        "tagmanifest-sha256.txt.p7s",
        "tagmanifest-sha256.txt.tsr",
    ):
        bag.write(name, name.encode() * 50)
    return bag


def test_names_are_sorted_behind_the_mimetype_and_dates_are_fixed(tmp_path) -> None:
    bag_of(tmp_path / "bag")

    container = pack(tmp_path / "bag", tmp_path / "x.asice", by_nobody)

    with zipfile.ZipFile(container) as archive:
        infos = archive.infolist()
        assert archive.testzip() is None
        assert archive.read("mimetype") == MIMETYPE
    names = [info.filename for info in infos]
    assert names[0] == "mimetype"
    assert names[1:] == sorted(names[1:])
    assert {info.date_time for info in infos} == {(1980, 1, 1, 0, 0, 0)}
    assert {info.external_attr >> 16 for info in infos} == {0o100644}
    assert {info.flag_bits for info in infos} == {0}
    assert [info.compress_type for info in infos[:2]] == [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED]


def test_the_same_bag_gives_the_same_bytes_and_the_strict_reader_takes_it(tmp_path) -> None:
    bag_of(tmp_path / "bag")
    one = pack(tmp_path / "bag", tmp_path / "1.asice", by_nobody)
    two = pack(tmp_path / "bag", tmp_path / "2.asice", by_nobody)

    assert one.read_bytes() == two.read_bytes()
    assert len(read_layout(one, stored_first="mimetype")) == 7


def test_the_manifest_names_every_file_with_its_media_type() -> None:
    text = container_manifest(["b.pdf", "a.csv", "c.unknown"]).decode()

    assert text.index('full-path="a.csv" manifest:media-type="text/csv"') < text.index("b.pdf")
    assert 'full-path="c.unknown" manifest:media-type="application/octet-stream"' in text
    assert text.endswith("</manifest:manifest>\n")


def test_what_signs_a_container_is_given_every_file_with_its_hash(tmp_path) -> None:
    bag_of(tmp_path / "bag")
    given = []

    pack(tmp_path / "bag", tmp_path / "x.asice", lambda files: given.extend(files) or b"<s/>")

    assert [one.name for one in given] == sorted(bag_of(tmp_path / "again").files)
    assert [one.sha256 for one in given] == [
        sha256(one.name.encode() * 50).digest() for one in given
    ]


def test_writer_and_verifier_know_this_machines_deflate_by_the_same_sign() -> None:
    assert deflate_probe() == deflate_sign()


def test_what_no_container_may_hold_is_refused_before_it_is_written(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("archive.container._LARGEST", 100)
    bag_of(tmp_path / "bag")

    with pytest.raises(MalformedError, match="larger than 100 bytes"):
        pack(tmp_path / "bag", tmp_path / "x.asice", by_nobody)

    assert not (tmp_path / "x.asice").exists()


def segments_in(bag: Bag, count: int, size: int = 400) -> list[SegmentFiles]:
    segments = []
    for number in range(1, count + 1):
        base = f"data/records/seg-{number:06}"
        segment = SegmentFiles(f"{base}.jsonl", f"{base}.csv", number, number)
        for name in segment.names():
            bag.write(name, bytes(range(256)) * (size // 256 + 1))
        segments.append(segment)
    return segments


def volumes_of(folder: Path, count: int) -> tuple[Bag, list[Path]]:
    bag = Bag(folder / "bag")
    with VolumeWriter(bag, folder / "volumes", "base") as writer:
        for segment in segments_in(bag, count):
            writer.add(segment)
        return bag, writer.finish()


def test_small_histories_need_no_volumes(tmp_path) -> None:
    bag, volumes = volumes_of(tmp_path, 3)

    assert volumes == []
    assert not (tmp_path / "volumes").exists()
    assert bag.path("data/records/seg-000001.csv").exists()


def test_large_histories_move_to_volumes_of_so_many_segments(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("archive.container.MAIN_RECORDS_LIMIT", 500)
    monkeypatch.setattr("archive.container.VOLUME_SEGMENTS", 2)

    bag, volumes = volumes_of(tmp_path, 5)

    assert [path.name for path in volumes] == [f"base.vol-000{n}.zip" for n in (1, 2, 3)]
    assert [len(read_layout(path, stored_first=None)) for path in volumes] == [4, 4, 2]
    assert not list((tmp_path / "bag/data/records").iterdir())
    assert len(bag.payload()) == 10


def test_a_volume_ends_before_it_is_too_large(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("archive.container.MAIN_RECORDS_LIMIT", 500)
    monkeypatch.setattr("archive.container.VOLUME_LIMIT", 1100)

    _, volumes = volumes_of(tmp_path, 3)

    assert len(volumes) == 3


def test_what_compresses_well_enough_stays_in_the_container(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("archive.container.MAIN_RECORDS_LIMIT", 1600)

    bag, volumes = volumes_of(tmp_path, 2)

    assert volumes == []
    assert list((tmp_path / "volumes").iterdir()) == []
    assert bag.path("data/records/seg-000002.csv").exists()


def test_an_error_while_packing_reaches_the_builder(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("archive.container.MAIN_RECORDS_LIMIT", 500)
    bag = Bag(tmp_path / "bag")
    segments = segments_in(bag, 2)
    bag.path(segments[1].file).unlink()

    def whole() -> None:
        with VolumeWriter(bag, tmp_path / "volumes", "base") as writer:
            for segment in segments:
                writer.add(segment)
            writer.finish()

    with pytest.raises(FileNotFoundError):
        whole()
