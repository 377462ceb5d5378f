"""Make ``stationd-verify.pyz``: the verifier as one file that any Python runs.

    python3 -m archive.zipapp_build dist/stationd-verify.pyz

It holds the modules that the verifier needs and no others, so nothing has to be installed; the
same sources give the same bytes.
"""

import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path

__all__ = ["MODULES", "main", "write_zipapp"]

# What `archive.cli` imports, directly or not.
MODULES = (
    "__init__",
    "bag_check",
    "cli",
    "errors",
    "examination",
    "file_check",
    "findings",
    "ledger_check",
    "log_key_check",
    "note_check",
    "opened",
    "openssl",
    "point_check",
    "proof_check",
    "proof_steps",
    "revocation_check",
    "seal_check",
    "stamp_check",
    "trust_check",
    "verify",
    "withheld_check",
    "xades_check",
    "zip_layout",
)
_SHEBANG = b"#!/usr/bin/env python3\n"
_MAIN = """\
import sys

from archive.cli import main

if __name__ == "__main__":
    sys.exit(main())
"""
_MODE = 0o100644 << 16


def write_zipapp(target: Path) -> Path:
    """Write the zipapp to ``target``, its folder made."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("wb") as stream:
        stream.write(_SHEBANG)
        with zipfile.ZipFile(stream, "w") as archive:
            _add(archive, "__main__.py", _MAIN)
            for module in MODULES:
                source = Path(__file__).parent / f"{module}.py"
                _add(archive, f"archive/{module}.py", source.read_text("utf-8"))
    target.chmod(0o755)
    return target


def _add(archive: zipfile.ZipFile, name: str, text: str) -> None:
    info = zipfile.ZipInfo(name)
    info.external_attr = _MODE
    info.compress_type = zipfile.ZIP_DEFLATED
    archive.writestr(info, text)


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the zipapp to the path named on the command line."""
    given = sys.argv[1:] if arguments is None else list(arguments)
    if len(given) != 1:
        sys.stderr.write("usage: python3 -m archive.zipapp_build TARGET.pyz\n")
        return 2
    sys.stdout.write(f"{write_zipapp(Path(given[0]))}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
