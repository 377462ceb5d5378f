import struct
import zipfile
import zlib
from pathlib import Path

import pytest

from archive.container import pack
from archive.manifest import Bag
from archive.zip_layout import (
    BrokenFileError,
    LayoutError,
    Member,
    Place,
    PlaceStream,
    read_layout,
    unsafe_part,
)


@pytest.fixture
def container(tmp_path: Path) -> Path:
    bag = Bag(tmp_path / "bag")
    for name in ("a.txt", "b.txt", "tagmanifest-sha256.txt.p7s", "tagmanifest-sha256.txt.tsr"):
        bag.write(name, name.encode() * 40)
    return pack(tmp_path / "bag", tmp_path / "x.asice", lambda _: b"")


def refused(path: Path, words: str) -> None:
    with pytest.raises(LayoutError, match=words):
        read_layout(path, stored_first="mimetype")


def written(path: Path, entries: list[tuple[str, bytes]], **more: object) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in entries:
            info = zipfile.ZipInfo(name)
            info.external_attr = 0o100644 << 16
            info.compress_type = 0 if name == "mimetype" else 8
            for key, value in more.items():
                setattr(info, key, value)
            archive.writestr(info, content)
    return path


@pytest.mark.parametrize(
    "name", ["../x", "/x", "a//b", "a/../b", "C:x", "a\\b", "a b", "", "ä", "a\0", "./a"]
)
def test_unsafe_names_are_known(name: str) -> None:
    assert unsafe_part(name)


@pytest.mark.parametrize("name", ["../x", "/x", "a b", "C:x", "a/../../b"])
def test_an_unsafe_name_is_refused_by_name(name: str, tmp_path) -> None:
    path = written(tmp_path / "x", [("mimetype", b"m"), (name, b"x")])

    refused(path, "not a safe name")


def test_a_name_beyond_ascii_is_refused(tmp_path) -> None:
    refused(written(tmp_path / "x", [("mimetype", b"m"), ("ä", b"x")]), "no entry|differs")


def test_no_byte_of_the_layout_is_free(container) -> None:
    """Every byte outside the packed data, flipped, is refused."""
    raw = container.read_bytes()
    members = read_layout(container, stored_first="mimetype")
    data = {at for it in members for at in range(it.offset, it.offset + it.packed)}
    passed = []
    for at in range(len(raw)):
        if at in data:
            continue
        container.write_bytes(raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :])
        try:
            changed = read_layout(container, stored_first="mimetype")
        except LayoutError:
            continue
        if [(it.name, it.crc, it.size) for it in changed] == [
            (it.name, it.crc, it.size) for it in members
        ]:
            passed.append(at)

    assert passed == []


@pytest.mark.parametrize(
    ("entries", "words"),
    [
        ([("a", b"x")], "first entry is not mimetype"),
        ([("mimetype", b"m"), ("b", b"x"), ("a", b"x")], "not sorted"),
        ([], "first entry is not mimetype"),
    ],
)
def test_entries_in_another_order_are_refused(entries, words: str, tmp_path) -> None:
    refused(written(tmp_path / "x", entries), words)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_name_that_is_there_twice_is_refused(tmp_path) -> None:
    refused(written(tmp_path / "x", [("mimetype", b"m"), ("a", b"1"), ("a", b"2")]), "twice")


@pytest.mark.parametrize(
    "more",
    [
        {"date_time": (2026, 1, 1, 0, 0, 0)},
        {"external_attr": 0o120777 << 16},
        {"comment": b"x"},
        {"extra": b"\1\0\0\0"},
        {"create_system": 0},
    ],
)
def test_what_a_header_must_not_hold_is_refused(more: dict[str, object], tmp_path) -> None:
    path = written(tmp_path / "x", [("mimetype", b"m"), ("a", b"x")], **more)

    refused(path, "differs from the one form")


def test_a_stored_entry_behind_the_first_is_refused(tmp_path) -> None:
    path = written(tmp_path / "x", [("mimetype", b"m"), ("a", b"x")], compress_type=0)

    refused(path, "not compressed")


def test_a_way_of_packing_that_is_not_used_is_refused(tmp_path) -> None:
    path = written(tmp_path / "x", [("mimetype", b"m"), ("a", b"x")])
    raw = bytearray(path.read_bytes())
    local = raw.index(b"PK\3\4", 4)
    central = raw.index(b"PK\1\2", raw.index(b"PK\1\2") + 4)
    raw[local + 8] = raw[central + 10] = 12
    path.write_bytes(raw)

    refused(path, "packed in a way that is not used")


def test_a_comment_at_the_end_is_refused(tmp_path) -> None:
    path = written(tmp_path / "x", [("mimetype", b"m")])
    with zipfile.ZipFile(path, "a") as archive:
        archive.comment = b"hello"

    refused(path, "does not end as a ZIP")


def test_a_gap_between_entries_is_refused(container) -> None:
    raw = container.read_bytes()
    start = struct.unpack("<I", raw[-6:-2])[0]
    end = bytearray(raw[start:])
    end[-6:-2] = struct.pack("<I", start + 4)
    container.write_bytes(raw[:start] + b"gap!" + bytes(end))

    refused(container, "bytes between its entries")


def test_a_directory_cut_short_is_refused(container) -> None:
    raw = bytearray(container.read_bytes())
    raw[-14:-10] = struct.pack("<HH", 99, 99)
    container.write_bytes(raw)

    refused(container, "cut short|no entry")


def test_a_bomb_is_refused_before_anything_is_unpacked(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("archive.zip_layout._RATIO_FREE", 1 << 20)
    path = written(tmp_path / "x", [("mimetype", b"m"), ("a", bytes(4 << 20))])

    refused(path, "nothing of it was unpacked")


# --- Contents ---


def place_of(
    folder: Path, packed: bytes, *, size: int, crc: int, method: int = 8, again: bool = False
) -> Place:
    path = folder / "data"
    path.write_bytes(packed)
    member = Member("a", method, crc, len(packed), size, 0)
    return Place("a", path, size, member, again=again)


def deflated(content: bytes, level: int = 6) -> bytes:
    squeeze = zlib.compressobj(level, zlib.DEFLATED, -15)
    return squeeze.compress(content) + squeeze.flush()


def drained(place: Place) -> str:
    with PlaceStream(place) as stream:
        return stream.drain()


CONTENT = b"alarm " * 100_000


def test_a_whole_entry_is_read_in_pieces(tmp_path) -> None:
    place = place_of(
        tmp_path, deflated(CONTENT), size=len(CONTENT), crc=zlib.crc32(CONTENT), again=True
    )

    with PlaceStream(place) as stream:
        assert stream.rest(len(CONTENT)) == CONTENT


@pytest.mark.parametrize(
    ("packed", "size", "crc", "words"),
    [
        (deflated(CONTENT)[:-5], len(CONTENT), zlib.crc32(CONTENT), "cut short"),
        (deflated(CONTENT) + b"x", len(CONTENT), zlib.crc32(CONTENT), "bytes after the end"),
        (deflated(CONTENT), len(CONTENT) - 1, zlib.crc32(CONTENT), "more than the ZIP states"),
        (deflated(CONTENT), len(CONTENT) + 1, zlib.crc32(CONTENT), "size and CRC"),
        (deflated(CONTENT), len(CONTENT), 0, "size and CRC"),
        (b"\xff" * 20, len(CONTENT), 0, "cannot be unpacked"),
        (deflated(CONTENT, 1), len(CONTENT), zlib.crc32(CONTENT), "not the one DEFLATE level 6"),
    ],
)
def test_an_entry_that_is_not_whole_is_refused(packed, size, crc, words: str, tmp_path) -> None:
    place = place_of(tmp_path, packed, size=size, crc=crc, again="DEFLATE" in words)

    with pytest.raises(BrokenFileError, match=words):
        drained(place)


def test_a_stored_entry_is_read_as_it_is(tmp_path) -> None:
    place = place_of(tmp_path, b"abc", size=3, crc=zlib.crc32(b"abc"), method=0)

    with PlaceStream(place) as stream:
        assert stream.rest(3) == b"abc"


def test_a_small_file_that_is_not_small_is_refused(tmp_path) -> None:
    place = place_of(tmp_path, b"abcd", size=4, crc=zlib.crc32(b"abcd"), method=0)

    with PlaceStream(place) as stream, pytest.raises(BrokenFileError, match="longer than 3"):
        stream.rest(3)


def test_a_change_that_unpacks_to_the_same_is_found(tmp_path) -> None:
    packed = deflated(b"x" * 10)
    other = deflated(b"x" * 10, 0)
    assert packed != other
    place = place_of(tmp_path, other, size=10, crc=zlib.crc32(b"x" * 10), again=True)

    with pytest.raises(BrokenFileError, match="not the one"):
        drained(place)
