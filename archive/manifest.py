"""Lists of files and hashes, and the other small files that make a folder a bag (RFC 8493).

A list is what ``sha256sum -c`` reads: 64 hexadecimal digits, two spaces, the name, a line feed;
sorted by name.  `Bag` writes the files of a folder and keeps their hashes while it does.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import Self

from archive.errors import MalformedError

__all__ = [
    "BAGIT",
    "MANIFEST",
    "SIGNATURE",
    "STAMP",
    "TAG_MANIFEST",
    "VOLUMES",
    "Bag",
    "HashingFile",
    "Listed",
    "bag_info",
    "file_sha256",
    "listing",
    "name_is_safe",
]

MANIFEST = "manifest-sha256.txt"
TAG_MANIFEST = "tagmanifest-sha256.txt"
SIGNATURE = "tagmanifest-sha256.txt.p7s"
STAMP = "tagmanifest-sha256.txt.tsr"
VOLUMES = "volumes-sha256.txt"
BAGIT = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"

_LETTERS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-")
_CHUNK = 1 << 20


def name_is_safe(name: str) -> bool:
    """Tell whether ``name`` is parts of [A-Za-z0-9._-] joined by /, none of them . or .."""
    parts = name.split("/")
    return all(part not in {"", ".", ".."} and _LETTERS.issuperset(part) for part in parts)


@dataclass(frozen=True, slots=True)
class Listed:
    """What a list keeps of a file."""

    sha256: str
    size: int


def file_sha256(path: Path) -> Listed:
    """Return hash and size of a file, read in pieces."""
    digest, size = sha256(), 0
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
            size += len(chunk)
    return Listed(digest.hexdigest(), size)


def listing(files: Mapping[str, str]) -> bytes:
    """Return the list of ``files``, name to hash."""
    return "".join(f"{files[name]}  {name}\n" for name in sorted(files)).encode()


def bag_info(rows: Iterable[tuple[str, str]]) -> bytes:
    """Return ``bag-info.txt`` of label and value; a value is one line."""
    return "".join(f"{label}: {' '.join(value.split())}\n" for label, value in rows).encode()


class HashingFile:
    """A file being written whose hash and size are known when it is closed."""

    def __init__(self, bag: "Bag", name: str) -> None:
        self._bag = bag
        self._name = name
        self._digest = sha256()
        self._stream = bag.path(name).open("xb")
        self.size = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stream.close()
        if error is None:
            self._bag.files[self._name] = Listed(self._digest.hexdigest(), self.size)

    def write(self, data: bytes) -> None:
        """Append ``data``."""
        self._stream.write(data)
        self._digest.update(data)
        self.size += len(data)


class Bag:
    """A folder of files, each written once; ``files`` holds name to hash and size."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.files: dict[str, Listed] = {}

    def path(self, name: str) -> Path:
        """Return where the file ``name`` lies, its folder made."""
        if not name_is_safe(name):
            raise MalformedError(f"{name!a} cannot be the name of a file in a bundle")
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def create(self, name: str) -> HashingFile:
        """Begin the file ``name``."""
        return HashingFile(self, name)

    def write(self, name: str, content: bytes) -> None:
        """Write the whole file ``name``."""
        with self.create(name) as file:
            file.write(content)

    def payload(self) -> dict[str, str]:
        """Return name and hash of every file under data/."""
        return {name: file.sha256 for name, file in self.files.items() if _in_payload(name)}

    def tags(self) -> dict[str, str]:
        """Return name and hash of every file outside data/."""
        return {name: file.sha256 for name, file in self.files.items() if not _in_payload(name)}

    def oxum(self) -> str:
        """Return the Payload-Oxum: bytes and number of the files under data/."""
        sizes = [file.size for name, file in self.files.items() if _in_payload(name)]
        return f"{sum(sizes)}.{len(sizes)}"


def _in_payload(name: str) -> bool:
    return name.startswith("data/")
