"""What spoils a bundle: its files as a table of name and content, lists made to agree, new seals.

`zipped` writes a container of the one form whatever the files are, so that what is refused is
refused for what was done to it and not for how it was packed again.
"""

import io
import re
import shutil
import zipfile
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from archive.container import MIMETYPE, container_manifest, media_type
from archive.stamping import Panel, signed_by
from archive.xades import SIGNATURES, DataObject

Files = dict[str, bytes]

MANIFEST, TAGS = "manifest-sha256.txt", "tagmanifest-sha256.txt"
RECORDS = "data/records/seg-000001.jsonl"


def files_of(folder: Path) -> Files:
    """Return every file of an unpacked bundle."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def unzipped(container: Path) -> Files:
    """Return every file of a container."""
    with zipfile.ZipFile(container) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def zipped(files: Mapping[str, bytes], *, level: int = 6, **odd: Any) -> bytes:
    """Return the container of ``files``; ``odd`` are fields that all its headers shall have."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name in sorted(files, key=lambda name: (name != "mimetype", name)):
            info = zipfile.ZipInfo(name)
            info.create_system, info.external_attr = 3, 0o100644 << 16
            info.compress_type = zipfile.ZIP_STORED if name == "mimetype" else zipfile.ZIP_DEFLATED
            for key, value in odd.items():
                setattr(info, key, value)
            archive.writestr(info, files[name], compresslevel=level)
    return target.getvalue()


def listing(files: Mapping[str, bytes]) -> bytes:
    """Return the list of ``files`` with their hashes."""
    rows = (f"{sha256(files[name]).hexdigest()}  {name}\n" for name in sorted(files))
    return "".join(rows).encode()


def mended(files: Files) -> Files:
    """Make both lists agree with the files again, as anybody can who has a shell."""
    payload = {name: content for name, content in files.items() if name.startswith("data/")}
    oxum = f"Payload-Oxum: {sum(map(len, payload.values()))}.{len(payload)}"
    info = re.sub("Payload-Oxum: .*", oxum, files["bag-info.txt"].decode())
    lists = {"bag-info.txt": info.encode(), MANIFEST: listing(payload)}
    there = files | lists
    tags = {
        name: content
        for name, content in there.items()
        if not name.startswith(("data/", "META-INF/", "tagmanifest")) and name != "mimetype"
    }
    return there | {TAGS: listing(tags)}


def sealed_anew(files: Files, station: Any) -> Files:
    """Mend the lists, and sign and stamp all of it with the station's real keys."""
    return signed_anew(mended(files), station)


def signed_anew(files: Files, station: Any) -> Files:
    """Sign and stamp the lists as they are, and then the container."""
    data, panel = files[TAGS], Panel(station.authority)
    seals = {f"{TAGS}.p7s": station.seal.sign(data, now=station.now, stamps=panel.stamp)}
    for number, reply in enumerate(panel.stamp(data), start=1):
        seals[f"{TAGS}.tsr" if number == 1 else f"{TAGS}.{number}.tsr"] = reply
    return packed_anew(files | seals, station)


def packed_anew(files: Files, station: Any) -> Files:
    """Sign the container of these files, seal and stamp among them as they are."""
    inside = {
        name: content
        for name, content in files.items()
        if not name.startswith("META-INF/") and name != "mimetype"
    }
    names = sorted(inside)
    objects = [DataObject(it, sha256(inside[it]).digest(), media_type(it)) for it in names]
    sign = signed_by(station.seal, Panel(station.authority), station.now)
    return inside | {
        "mimetype": MIMETYPE,
        "META-INF/manifest.xml": container_manifest(names),
        SIGNATURES: sign(objects),
    }


# --- The same, in a folder ---


def repair(folder: Path) -> None:
    """Make both lists of an unpacked bundle agree with its files again."""
    files = mended(files_of(folder))
    for name in ("bag-info.txt", MANIFEST, TAGS):
        (folder / name).write_bytes(files[name])


def reseal(folder: Path, station: Any, container: Path) -> Path:
    """Sign a spoilt bag with the station's real keys and pack it again."""
    files = sealed_anew(files_of(folder), station)
    shutil.rmtree(folder)
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    container.write_bytes(zipped(files))
    return container


def records_of(folder: Path) -> list[bytes]:
    return (folder / RECORDS).read_bytes().splitlines(keepends=True)


def write_records(folder: Path, records: list[bytes]) -> None:
    (folder / RECORDS).write_bytes(b"".join(records))
