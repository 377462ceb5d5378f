"""Make the bundles of this folder again: one that is good, and some that are named by their fault.

    python tests/bundles/make.py DIR

Keys are made anew, so the bytes differ each time; what is committed is never made again, because
every later verifier must judge it as this one does.
"""

import importlib.util
import shutil
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import ModuleType

TESTS = Path(__file__).parents[1]


def module(path: Path, name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, path)
    loaded = importlib.util.module_from_spec(spec)
    sys.modules[name] = loaded
    spec.loader.exec_module(loaded)
    return loaded


def leave_out(spoiler: ModuleType, folder: Path) -> None:
    records = spoiler.records_of(folder)
    spoiler.write_records(folder, [*records[:6], *records[7:]])


def other_row(_: ModuleType, folder: Path) -> None:
    rows = folder / "data/records/seg-000001.csv"
    rows.write_bytes(rows.read_bytes().replace(b"Burglary", b"Fire", 1))


def nothing(_: ModuleType, __: Path) -> None:
    """Leave the files as they are: the fault is in who seals them, and when."""


def main(target: Path) -> None:
    target.mkdir(parents=True, exist_ok=True)
    maker = module(TESTS / "archive/conftest.py", "maker")
    spoiler = module(TESTS / "archive/test_verify.py", "spoiler")
    station = maker.make_station(target / "keys")
    finished = station.make(station.source(lambda: maker.history(12)), target / "work")
    good = Path(shutil.copy(finished.files[-1].path, target / "good.asice"))
    (target / "root.pem").write_bytes(station.root_pem)
    (target / "tsa.pem").write_bytes(station.authority.trust_pem)
    (target / "log.pub.pem").write_bytes(station.log_pub_pem)
    early = replace(station.authority, now=station.authority.now - timedelta(hours=2))
    for name, change, by in (
        ("record-left-out-under-the-real-seal", leave_out, station),
        ("row-unlike-its-record", other_row, station),
        ("stamp-before-checkpoint", nothing, replace(station, authority=early)),
    ):
        shutil.unpack_archive(good, target / "spoilt", "zip")
        change(spoiler, target / "spoilt")
        container = Path(shutil.copy(good, target / f"{name}.asice"))
        spoiler.reseal(target / "spoilt", by, container)
        shutil.rmtree(target / "spoilt")
    raw = bytearray(good.read_bytes())
    (target / "junk-before.asice").write_bytes(b"junk" + raw)
    raw[raw.index(b"README.txt") + 200] ^= 1
    (target / "one-byte-of-readme-changed.asice").write_bytes(raw)
    for folder in ("keys", "work"):
        shutil.rmtree(target / folder)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
