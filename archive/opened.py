"""Find the files of a bundle: in a container and its volumes, or in a folder it was unpacked to."""

import os
import stat
from dataclasses import dataclass, field
from pathlib import Path

from archive.findings import Outcome, Report
from archive.zip_layout import (
    BrokenFileError,
    LayoutError,
    Place,
    PlaceStream,
    deflate_sign,
    read_layout,
    unsafe_part,
)

__all__ = ["CONTAINER_MANIFEST", "MOST_SMALL", "Opened", "open_bundle"]

CONTAINER_MANIFEST = "META-INF/manifest.xml"
_META = (CONTAINER_MANIFEST, "META-INF/signatures0.xml")
_MIMETYPE = b"application/vnd.etsi.asic-e+zip"
_VOLUMES = "volumes-sha256.txt"
MOST_SMALL = 64 << 20
"""No file is longer that is read whole."""

_HASH_DIGITS = 64
_STEP = "container"


@dataclass(slots=True)
class Opened:
    """The bundle's files by name, and the volumes that were found beside it.

    ``unread`` are files that were wanted whole and could not be had.
    """

    places: dict[str, Place] = field(default_factory=dict)
    volumes: dict[str, Place] = field(default_factory=dict)
    packed: bool = False
    unread: set[str] = field(default_factory=set)

    def read(self, name: str, most: int = MOST_SMALL) -> bytes | None:
        """Return a small file whole; None where it is missing or cannot be read."""
        place = self.places.get(name)
        if place is None:
            return None
        try:
            with PlaceStream(place) as stream:
                return stream.rest(most)
        except (BrokenFileError, OSError):
            # The step that hashes every file says why; what nobody tells of is told of at the end.
            self.unread.add(name)
            return None


def open_bundle(bundle: Path, report: Report) -> Opened | None:
    """1. ``container``: find every file, or report why there is nothing to go on with."""
    opened = Opened()
    try:
        if bundle.is_dir():
            _open_folder(bundle, opened)
            report.not_checked.append("the form of the ZIP: a folder was given")
        else:
            opened.packed = True
            _open_container(bundle, opened, report)
    except LayoutError as error:
        report.add(_STEP, Outcome.FAILED, error.subject, error.text)
        return None
    except OSError as error:
        subject = Path(error.filename or bundle).name
        report.add(_STEP, Outcome.UNDECIDED, subject, f"cannot be read: {error.strerror}")
        return None
    _check_meta(opened, report)
    _open_volumes(bundle, opened, report)
    report.conclude(_STEP, bundle.name, f"{len(opened.places)} files, nothing else in it")
    return opened


def _open_folder(folder: Path, opened: Opened) -> None:
    for base, folders, files in os.walk(folder, onerror=_raise):
        for name in [*folders, *files]:
            path = Path(base, name)
            shown = path.relative_to(folder).as_posix()
            mode = path.lstat().st_mode
            if unsafe_part(shown):
                raise LayoutError(shown, "is not a safe name for a file")
            if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
                raise LayoutError(shown, "is neither a file nor a folder")
            if stat.S_ISREG(mode):
                opened.places[shown] = Place(shown, path, path.stat().st_size)


def _raise(error: OSError) -> None:
    raise error


def _open_container(path: Path, opened: Opened, report: Report) -> None:
    if not stat.S_ISREG(path.stat().st_mode):
        # A pipe would be waited for, and can be read only once.
        raise LayoutError(path.name, "is neither a file nor a folder; copy it to a disk")
    members = read_layout(path, stored_first="mimetype")
    for member in members:
        opened.places[member.name] = Place(member.name, path, member.size, member)
    stated = _label(opened.read("bag-info.txt") or b"", b"Container-Deflate")
    if stated != deflate_sign().encode():
        report.not_checked.append("the compressed form: this machine's deflate is another")
        return
    for member in members:
        opened.places[member.name] = Place(member.name, path, member.size, member, again=True)


def _label(bag_info: bytes, label: bytes) -> bytes:
    for line in bag_info.splitlines():
        name, _, value = line.partition(b": ")
        if name == label:
            return value
    return b""


def _check_meta(opened: Opened, report: Report) -> None:
    if opened.read("mimetype") != _MIMETYPE:
        report.add(_STEP, Outcome.FAILED, "mimetype", "does not name an ASiC-E container")
    for name in sorted(opened.places):
        if name.startswith("META-INF/") and name not in _META:
            report.add(_STEP, Outcome.FAILED, name, "nothing else may be placed in META-INF")


def _open_volumes(bundle: Path, opened: Opened, report: Report) -> None:
    """Take in the volumes that ``volumes-sha256.txt`` names."""
    listed = opened.read(_VOLUMES)
    if listed is None:
        return
    if not opened.packed:
        report.not_checked.append("the form of the volumes: a folder was given")
        return
    for line in listed.decode("ascii", "replace").splitlines():
        name = line[_HASH_DIGITS + 2 :]
        path = bundle.parent / name
        if "/" in name or unsafe_part(name) or not name.endswith(".zip"):
            report.add(_STEP, Outcome.FAILED, _VOLUMES, "names a volume that is not a safe name")
        elif not path.is_file():
            text = "is not beside the container; without it the records cannot be checked"
            report.add(_STEP, Outcome.UNDECIDED, name, text)
        else:
            opened.volumes[name] = Place(name, path, path.stat().st_size)
            _take_volume(path, opened, report)


def _take_volume(path: Path, opened: Opened, report: Report) -> None:
    try:
        members = read_layout(path, stored_first=None)
    except LayoutError as error:
        report.add(_STEP, Outcome.FAILED, path.name, f"{error.subject} {error.text}")
        return
    for member in members:
        if not member.name.startswith("data/records/") or member.name in opened.places:
            text = f"holds {member.name}, which is not of its place"
            report.add(_STEP, Outcome.FAILED, path.name, text)
            continue
        opened.places[member.name] = Place(member.name, path, member.size, member)
