"""The container: one ZIP that is an ASiC-E container and, unpacked, a bag; and its volumes.

Nothing in a ZIP is left to chance, so that a verifier can account for every byte: names sorted
(``mimetype`` first and stored), 1980-01-01 00:00:00, made by Unix with mode 0644, DEFLATE level 6,
no extra fields, comments, data descriptors or gaps.
"""

import zipfile
import zlib
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import Self

from archive.errors import MalformedError
from archive.manifest import Bag, file_sha256
from archive.segments import SegmentFiles
from archive.xades import SIGNATURES, DataObject

__all__ = [
    "MAIN_RECORDS_LIMIT",
    "MIMETYPE",
    "VOLUME_LIMIT",
    "Sign",
    "VolumeWriter",
    "container_manifest",
    "deflate_probe",
    "pack",
]

MIMETYPE = b"application/vnd.etsi.asic-e+zip"
# Records beyond this, compressed, move to volumes: the main container stays easy to hand around.
MAIN_RECORDS_LIMIT = 64 << 20
# Each volume is one upload with a checksum over the whole object.
VOLUME_LIMIT = 512 << 20
VOLUME_SEGMENTS = 10

# Beyond it a ZIP needs fields that old readers do not know.
_LARGEST = 2**31 - 2**24
_CHUNK = 1 << 20
_MODE = 0o100644
_UNIX = 3
_MEDIA_TYPES = {
    "csv": "text/csv",
    "html": "text/html",
    "json": "application/json",
    "jsonl": "application/jsonl",
    "md": "text/plain",
    "note": "text/plain",
    "p7s": "application/pkcs7-signature",
    "pdf": "application/pdf",
    "pem": "application/x-pem-file",
    "py": "text/x-python",
    "sh": "application/x-sh",
    "tsr": "application/timestamp-reply",
    "txt": "text/plain",
}


Sign = Callable[[Sequence[DataObject]], bytes]
"""Gives ``META-INF/signatures0.xml`` over the files of a container."""


def deflate_probe() -> str:
    """Return a sign of which deflate this machine has.

    The same bytes may be compressed in different ways.  A verifier whose own probe is the same
    can compress again and compare, and so finds a change that unpacking would not show.
    """
    packer = zlib.compressobj(6, zlib.DEFLATED, -15)
    text = b",".join(b"%d" % (number * number) for number in range(20_000))
    return sha256(packer.compress(text) + packer.flush()).hexdigest()[:16]


def media_type(name: str) -> str:
    """Return the media type of a file of the container, by its ending."""
    return _MEDIA_TYPES.get(name.rpartition(".")[2], "application/octet-stream")


def container_manifest(names: Iterable[str]) -> bytes:
    """Return ``META-INF/manifest.xml``: every file with its media type."""
    rows = [
        f'<manifest:file-entry manifest:full-path="{name}" '
        f'manifest:media-type="{media_type(name)}"/>\n'
        for name in sorted(names)
    ]
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0" '
        'manifest:version="1.2">\n'
        f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{MIMETYPE.decode()}"/>\n'
        f"{''.join(rows)}</manifest:manifest>\n"
    ).encode()


def _info(name: str, size: int, *, stored: bool = False) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.create_system = _UNIX
    info.external_attr = _MODE << 16
    info.compress_type = zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED
    info.file_size = size
    return info


def _add(archive: zipfile.ZipFile, name: str, path: Path) -> None:
    with path.open("rb") as stream, archive.open(_info(name, path.stat().st_size), "w") as entry:
        while chunk := stream.read(_CHUNK):
            entry.write(chunk)


def pack(folder: Path, target: Path, sign: Sign) -> Path:
    """Write the container of the finished bag in ``folder`` to ``target``, signed by ``sign``."""
    names = sorted(
        path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()
    )
    manifest = container_manifest(names)
    if sum((folder / name).stat().st_size for name in names) > _LARGEST:
        raise MalformedError(
            f"the files of {target.name} are larger than {_LARGEST} bytes together, which one "
            "container may hold; move documents of that size out of the account's compartment"
        )
    signatures = sign([_data_object(folder, name) for name in names])
    with zipfile.ZipFile(target, "x", allowZip64=False) as archive:
        archive.writestr(_info("mimetype", len(MIMETYPE), stored=True), MIMETYPE)
        archive.writestr(_info("META-INF/manifest.xml", len(manifest)), manifest)
        archive.writestr(_info(SIGNATURES, len(signatures)), signatures)
        for name in names:
            _add(archive, name, folder / name)
    return target


def _data_object(folder: Path, name: str) -> DataObject:
    digest = bytes.fromhex(file_sha256(folder / name).sha256)
    return DataObject(name, digest, media_type(name))


@dataclass(slots=True)
class _Volume:
    """A volume being filled."""

    archive: zipfile.ZipFile
    path: Path
    segments: int = 0


class VolumeWriter:
    """Moves segments into volumes as soon as they are on disk, in a thread of its own.

    Nothing is packed while all segments together are smaller than what the main container may
    hold.  Whether volumes are needed is known at the end: `finish` returns them, or none and
    the segments still lie in the bag.
    """

    def __init__(self, bag: Bag, folder: Path, base: str) -> None:
        self._bag = bag
        self._folder = folder
        self._base = base
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="volumes")
        self._waiting: list[SegmentFiles] = []
        self._jobs: list[Future[None]] = []
        self._unpacked = 0
        self._packed = 0
        self._volumes: list[Path] = []
        self._volume: _Volume | None = None
        self._moved: list[str] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._thread.shutdown(cancel_futures=True)
        self._close_volume()

    def add(self, segment: SegmentFiles) -> None:
        """Take a segment that is on disk."""
        self._waiting.append(segment)
        self._unpacked += self._size(segment)
        if self._unpacked <= MAIN_RECORDS_LIMIT:
            return
        for waiting in self._waiting:
            self._jobs.append(self._thread.submit(self._pack, waiting))
        self._waiting.clear()
        # At most two segments wait for the packer: the disk must not fill with what is behind.
        while len(self._jobs) > 2:  # noqa: PLR2004 - see above
            self._jobs.pop(0).result()

    def finish(self) -> list[Path]:
        """Return the finished volumes; an empty list: the records fit the main container."""
        for job in self._jobs:
            job.result()
        self._close_volume()
        if self._packed <= MAIN_RECORDS_LIMIT:
            for path in self._volumes:
                path.unlink()
            return []
        return self._volumes

    def _size(self, segment: SegmentFiles) -> int:
        return sum(self._bag.files[name].size for name in segment.names())

    def _pack(self, segment: SegmentFiles) -> None:
        volume = self._volume_for(self._size(segment))
        before = volume.path.stat().st_size
        for name in segment.names():
            _add(volume.archive, name, self._bag.path(name))
            self._moved.append(name)
        volume.segments += 1
        self._packed += volume.path.stat().st_size - before
        if self._packed > MAIN_RECORDS_LIMIT:
            for name in self._moved:
                self._bag.path(name).unlink()
            self._moved.clear()

    def _volume_for(self, size: int) -> _Volume:
        volume = self._volume
        if volume is not None:
            full = volume.path.stat().st_size + size > VOLUME_LIMIT
            if not full and volume.segments < VOLUME_SEGMENTS:
                return volume
            self._close_volume()
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._folder / f"{self._base}.vol-{len(self._volumes) + 1:04}.zip"
        self._volumes.append(path)
        self._volume = _Volume(zipfile.ZipFile(path, "x", allowZip64=False), path)
        return self._volume

    def _close_volume(self) -> None:
        if self._volume is not None:
            self._volume.archive.close()
            self._volume = None


def volume_list(volumes: Sequence[Path]) -> bytes:
    """Return ``volumes-sha256.txt``: hash and file name of each volume."""
    return "".join(f"{file_sha256(path).sha256}  {path.name}\n" for path in volumes).encode()
