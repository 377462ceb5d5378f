"""Which files a bundle has, under which names, and what its container's manifest must be."""

import re
from collections.abc import Callable, Iterable
from hashlib import sha256
from importlib import resources

from archive import ledger_check
from archive.note_check import Statement
from archive.opened import CONTAINER_MANIFEST, MOST_SMALL
from archive.withheld_check import COPY
from archive.zip_layout import Place

__all__ = [  # noqa: PLE0604
    *("CHECKERS", "KINDS", "PROSE", "REQUIRED", "base_name", "container_manifest"),
    *("foreign_checkers", "names_compartments", "same_but_for_case", "segment_rows", "too_long"),
    "unknown",
]

# What a bundle brings to check itself, and the file of this package that it is.
CHECKERS = {
    "verify/ledger.py": "ledger_check.py",
    "verify/log_key_check.py": "log_key_check.py",
    "verify/note_check.py": "note_check.py",
    "verify/openssl.py": "openssl.py",
    "verify/point_check.py": "point_check.py",
    "verify/proof_check.py": "proof_check.py",
    "verify/withheld_check.py": "withheld_check.py",
}
_SCRIPT = ("verify/verify.sh", "c49f4a7ed793df7fee6f4f1bed33ed44054339f057e2b82a3d7496468739c26f")
# What `make page` builds of these sources, here and anywhere.
_PAGE = ("verify/verify.html", "bd4e35589239e2ba3de3d79d7cae35b697f44a00155c054c6b25d25cc5701277")

KINDS = ("primary", "closing", "on_request", COPY)
REQUIRED = (
    *("README.txt", "alarm-history.pdf", "custodian-certification.txt", "bagit.txt"),
    *("bag-info.txt", "manifest-sha256.txt", "tagmanifest-sha256.txt"),
    *("tagmanifest-sha256.txt.p7s", "tagmanifest-sha256.txt.tsr", "mimetype", CONTAINER_MANIFEST),
    *("trust/root.pem", "trust/signer.pem", "trust/tsa.pem", "trust/log.pub.pem"),
    *("verify/ledger.py", "verify/verify.sh", "data/index.json", "data/ledger.json"),
    *("data/account.json", "data/contract/contract.json", "data/notices/notices.json"),
    *("data/custody/custody.csv", "data/line-status.csv", "data/dictionary.csv"),
    "data/documents/index.json",
)
_OPTIONAL = re.compile(
    r"volumes-sha256\.txt|tagmanifest-sha256\.txt\.([2-9]|[1-9][0-9])\.tsr|trust/(crls|ocsp)\.pem|trust/log-keys\.txt|custodian-certification\.pdf"
    r"|data/case\.json|data/proofs/proofs\.json|verify/verify\.html"
    r"|verify/(log_key_check|note_check|openssl|point_check|proof_check|withheld_check)\.py"
    r"|data/(documents|notices)/[0-9a-f]{16}-[A-Za-z0-9._-]+"
)
# These are read in pieces, and may be of any length; every other file is read whole.
_LONG = re.compile(r"alarm-history\.pdf|data/records/.*|data/(documents|notices)/[0-9a-f]{16}-.*")
PROSE = (
    "what alarm-history.pdf, the forms and the frozen facts say (account, contract, case, notices, "
    "custody, line status)"
)
"""What the seal covers, and no check compares with the records."""

_MOST_SEGMENTS = 32_767
_HASH = re.compile(r"[0-9a-f]{64}")
_PLAIN = re.compile(r"[A-Za-z0-9.-]")


def segment_rows(statement: Statement) -> list[dict[str, object]]:
    """Return the rows by which the index must name the files of records."""
    size = ledger_check.SEGMENT_RECORDS
    rows: list[dict[str, object]] = []
    # What is stated may be any number; no ZIP holds more files of records than this.
    most = min(statement.records, size * _MOST_SEGMENTS)
    for number, first in enumerate(range(1, most + 1, size), start=1):
        name = f"data/records/seg-{number:06}"
        last = min(first + size - 1, statement.records)
        rows.append({"csv": f"{name}.csv", "file": f"{name}.jsonl", "first": first, "last": last})
    return rows


def unknown(
    names: Iterable[str], statement: Statement, points: Iterable[tuple[str, str]] = ()
) -> list[str]:
    """Return the names that no file has of a bundle which states this, with these points."""
    point = f"data/checkpoint/{statement.checkpoint}"
    known = {f"{point}.json", f"{point}.note", *REQUIRED}
    known |= {name for pair in points for name in pair}
    for row in segment_rows(statement):
        known |= {str(row["csv"]), str(row["file"])}
    # Files in META-INF were judged when the container was opened.
    left = (it for it in names if it not in known and not it.startswith("META-INF/"))
    return sorted(name for name in left if not _OPTIONAL.fullmatch(name))


def too_long(places: Iterable[Place]) -> list[str]:
    """Return the names of files that must be read whole, and are too long for it."""
    long = (it.name for it in places if it.size > MOST_SMALL)
    return sorted(name for name in long if not _LONG.fullmatch(name))


def foreign_checkers(hash_of: Callable[[str], str | None]) -> list[str]:
    """Return the programs of a bundle that are not, byte for byte, this package's own files.

    They are those of another version, or were changed: what they say is worth nothing.
    """
    own = resources.files("archive")
    files = {name: own / file for name, file in CHECKERS.items()}
    known = {
        name: sha256(file.read_bytes()).hexdigest()
        for name, file in files.items()
        if file.is_file()
    } | dict([_SCRIPT, _PAGE])
    found = {name: hash_of(name) for name in (*CHECKERS, _SCRIPT[0], _PAGE[0])}
    return [name for name, there in found.items() if there and there != known.get(name)]


def same_but_for_case(names: Iterable[str]) -> list[str]:
    """Return names that a disk without upper and lower case would take for another's."""
    first: dict[str, str] = {}
    return [name for name in sorted(names) if first.setdefault(name.lower(), name) != name]


def base_name(statement: Statement, kind: str, order: str = "") -> str:
    """Return the name that the files of a bundle must bear (FORMAT.md, 1 and 13)."""
    station, acct = _safe(statement.station), _safe(statement.acct)
    kind = f"{kind}-{_safe(order)}" if kind == COPY else kind
    return f"{station}-{acct}-e{statement.epoch}-c{statement.checkpoint}-{kind}"


def names_compartments(value: object) -> bool:
    """Tell whether this is how an index names what lies beside a bundle (FORMAT.md, 14)."""
    rows = value if isinstance(value, list) else []
    pairs = [
        (row["name"], row["content_id"])
        for row in rows
        if isinstance(row, dict) and row.keys() == {"content_id", "name"}
    ]
    names = [name for name, _ in pairs]
    known = names in (["internal"], ["privileged"], ["internal", "privileged"])
    return known and len(pairs) == len(rows) and all(_is_hash(one) for _, one in pairs)


def _is_hash(text: object) -> bool:
    return isinstance(text, str) and _HASH.fullmatch(text) is not None


def _safe(text: str) -> str:
    return "".join(
        sign if _PLAIN.fullmatch(sign) else "".join(f"_{byte:02x}" for byte in sign.encode())
        for sign in text
    )


def container_manifest(names: set[str], hashes: dict[str, str]) -> bytes:
    """Return what ``META-INF/manifest.xml`` must be for these files and seals (FORMAT.md, 2)."""
    kinds = {
        "csv": "text/csv",
        "html": "text/html",
        "json": "application/json",
        "jsonl": "application/jsonl",
        "p7s": "application/pkcs7-signature",
        "pdf": "application/pdf",
        "pem": "application/x-pem-file",
        "py": "text/x-python",
        "sh": "application/x-sh",
        "tsr": "application/timestamp-reply",
    } | dict.fromkeys(("md", "note", "txt"), "text/plain")
    entry = '<manifest:file-entry manifest:full-path="{}" manifest:media-type="{}"/>'
    rows = ['<?xml version="1.0" encoding="UTF-8"?>']
    rows.append(
        "<manifest:manifest "
        'xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0" '
        'manifest:version="1.2">'
    )
    rows.append(entry.format("/", "application/vnd.etsi.asic-e+zip"))
    rows += [
        entry.format(name, kinds.get(name.split(".")[-1], "application/octet-stream"))
        for name in sorted(names)
    ]
    rows.append("</manifest:manifest>")
    if hashes:
        # The first form of a bundle had no signature that covers these (FORMAT.md, 10).
        rows += ["<!-- sha256", *(f"{hashes[name]}  {name}" for name in sorted(hashes)), "-->"]
    return "\n".join([*rows, ""]).encode()
