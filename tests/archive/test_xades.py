"""The container's signature, before judges who know nothing of us."""

import shutil
import subprocess
import xml.etree.ElementTree as ET
from base64 import b64decode
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest

from archive import xades
from archive.xades import DataObject, signatures

NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
DS = "{http://www.w3.org/2000/09/xmldsig#}"
FILES = [
    DataObject("README.txt", sha256(b"read me").digest(), "text/plain"),
    DataObject("data/a.json", sha256(b"{}").digest(), "application/json"),
]


class Scribe:
    """Signs with its name, so that what was signed can be seen."""

    algorithm = xades.ECDSA_SHA256
    chain = (b"certificate", b"root")

    def __init__(self) -> None:
        self.signed = b""

    def signature_of(self, data: bytes, *, now: datetime) -> bytes:
        self.signed = data
        return b"signature"


def test_the_same_files_give_the_same_document() -> None:
    one, two = (
        signatures(FILES, signer=Scribe(), now=NOW, stamps=lambda _: [b"token"]) for _ in range(2)
    )

    assert one == two
    assert one.startswith(b'<?xml version="1.0" encoding="UTF-8"?>\n<asic:XAdESSignatures xmlns:')


def test_every_file_has_a_reference_with_its_hash_and_a_format_with_its_media_type() -> None:
    tree = ET.fromstring(signatures(FILES, signer=Scribe(), now=NOW, stamps=lambda _: [b"t"]))

    references = tree.findall(f".//{DS}SignedInfo/{DS}Reference")
    assert [one.get("URI") for one in references] == ["README.txt", "data/a.json", "#S0-properties"]
    assert b64decode(references[0].findtext(f"{DS}DigestValue")) == FILES[0].sha256
    kinds = tree.findall(".//{http://uri.etsi.org/01903/v1.3.2#}MimeType")
    assert [one.text for one in kinds] == ["text/plain", "application/json"]


def test_what_is_signed_is_the_canonical_form_of_signed_info() -> None:
    scribe = Scribe()
    document = signatures(FILES, signer=scribe, now=NOW, stamps=lambda _: [b"t"]).decode()

    text = document[document.index("<ds:SignedInfo") : document.index("<ds:SignatureValue")]
    assert scribe.signed == xades.canonical("ds:SignedInfo", text)
    # Python's own C14N 2.0 leaves out name spaces that are not used, and is the same otherwise.
    bare = scribe.signed.decode()
    for name in ("asic", "xades"):
        start = bare.index(f" xmlns:{name}=")
        bare = bare[:start] + bare[bare.index('"', bare.index('"', start) + 1) + 1 :]
    assert ET.canonicalize(scribe.signed.decode()) == bare


def test_the_stamp_covers_the_signature_value() -> None:
    stamped = []
    document = signatures(
        FILES, signer=Scribe(), now=NOW, stamps=lambda data: stamped.append(data) or [b"token"]
    )

    assert stamped[0].startswith(b"<ds:SignatureValue xmlns:asic=")
    assert stamped[0].endswith(b">c2lnbmF0dXJl</ds:SignatureValue>")
    assert b"<xades:EncapsulatedTimeStamp>dG9rZW4=</xades:EncapsulatedTimeStamp>" in document


# --- Judges ---


def xmlsec(folder: Path, root: Path) -> subprocess.CompletedProcess[str]:
    """Ask xmlsec1, which follows URIs from the folder it stands in."""
    return subprocess.run(
        [
            *(shutil.which("xmlsec1") or "xmlsec1", "--verify", "--enabled-key-data", "x509"),
            *("--id-attr:Id", "SignedProperties", "--trusted-pem", str(root)),
            str(folder / "META-INF/signatures0.xml"),
        ],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def root(station, tmp_path: Path) -> Path:
    place = tmp_path / "root.pem"
    place.write_bytes(station.seal.root_pem)
    return place


def test_xmlsec1_confirms_the_signature_of_a_bundle(sealed, root) -> None:
    judged = xmlsec(sealed.folder, root)

    assert judged.returncode == 0, judged.stderr
    assert "SignedInfo References (ok/all): " in judged.stderr


def test_xmlsec1_refuses_a_changed_file(sealed, root) -> None:
    place = sealed.folder / "README.txt"
    place.write_bytes(place.read_bytes() + b" ")

    assert xmlsec(sealed.folder, root).returncode != 0


def test_xmlsec1_refuses_another_root(sealed, other_station, tmp_path) -> None:
    place = tmp_path / "other.pem"
    place.write_bytes(other_station.seal.root_pem)

    assert xmlsec(sealed.folder, place).returncode != 0
