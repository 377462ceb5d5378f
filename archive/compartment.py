"""Compartments: what an account's history names and a bundle does not hold, as archives apart.

`internal` is the house's own (codes, notes, grounds of holds), `privileged` is between the station
and its counsel.  Each is a sealed container of documents beside the bundle, enveloped to the
certificates of those who may read it; the bundle knows its name and its content id, nothing more.
The content id tells nothing either: the salts of the documents are under it (FORMAT.md, 14).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from archive import canonical, xades
from archive.authorities.base import Authority
from archive.build import BundleSource, FinishedFile, Trust
from archive.canonical import JsonValue
from archive.container import deflate_probe
from archive.envelope import ENDING, Recipient, envelop
from archive.facts import SourceDocument, write_documents
from archive.forms import fingerprints
from archive.manifest import (
    BAGIT,
    MANIFEST,
    TAG_MANIFEST,
    Bag,
    bag_info,
    file_sha256,
    listing,
)
from archive.seal import Seal
from archive.stamping import Panel, seal_bag

__all__ = [
    "FORMAT",
    "BuiltCompartment",
    "CompartmentSource",
    "build_compartment",
    "seal_compartment",
]

FORMAT = "stationd-compartment/1"

_README = """DOCUMENTS OF THE COMPARTMENT {name}, ACCOUNT {acct}, STATION {station}
{base}

These documents belong to the alarm history {of} and are not part of what is
produced from it. {rule}

Records of the history name each document by a hash, doc: SHA-256 over
"stationd:doc:v1", a zero byte, 16 salt bytes and the content. data/documents/index.json has the
salt, the file and the records that name it. data/facts.json, where it is there, holds facts of the
account that the history leaves out. How the seal is checked: as that of the history, by the
four commands of its README.txt.

Fingerprints (SHA-256)
----------------------
{marks}

Content id: {content_id}
"""
_RULES = {
    "internal": "They are the house's own and leave it one by one, by a person's decision.",
    "privileged": "They are between the station and its counsel, and go to counsel only.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CompartmentSource:
    """What a compartment is made of; ``facts`` are those that the bundle leaves out."""

    name: str
    documents: Callable[[], Iterator[SourceDocument]]
    facts: Mapping[str, JsonValue] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class BuiltCompartment:
    """The bag of a compartment, which lacks seal, container and envelope."""

    name: str
    base: str
    folder: Path
    content_id: str
    documents: int


def build_compartment(
    one: CompartmentSource, source: BundleSource, trust: Trust, into: Path
) -> BuiltCompartment | None:
    """Write the bag of a compartment of the account of ``source``; None where nothing is in it.

    Like a bundle's ``data/`` it depends on ledger and facts only, so its content id is the same
    each time.
    """
    bag = Bag(into)
    documents = write_documents(bag, one.documents(), {})
    if not documents and not one.facts:
        return None
    base = f"{source.base}-{one.name}"
    if one.facts:
        bag.write("data/facts.json", canonical.encode(one.facts) + b"\n")
    index: dict[str, JsonValue] = {
        "acct": source.acct,
        "base": base,
        "checkpoint": source.checkpoint,
        "compartment": one.name,
        "documents": documents,
        "epoch": source.epoch,
        "format": FORMAT,
        "of": source.base,
        "software": source.software,
        "station": source.station,
    }
    bag.write("data/index.json", canonical.encode(index) + b"\n")
    manifest = listing(bag.payload())
    content_id = sha256(manifest).hexdigest()
    _tags(bag, one.name, (source, trust), manifest)
    return BuiltCompartment(
        name=one.name, base=base, folder=bag.folder, content_id=content_id, documents=documents
    )


def _tags(bag: Bag, name: str, of: tuple[BundleSource, Trust], manifest: bytes) -> None:
    source, trust = of
    base = f"{source.base}-{name}"
    readme = _README.format(
        name=name,
        acct=source.acct,
        station=source.station,
        base=base,
        of=source.base,
        rule=_RULES[name],
        marks="\n".join(f"  {title}\n    {digest}" for title, digest in fingerprints(trust)),
        content_id=sha256(manifest).hexdigest(),
    )
    bag.write("README.txt", readme.encode())
    bag.write("bagit.txt", BAGIT)
    rows = [
        ("Source-Organization", source.station),
        ("External-Identifier", base),
        ("Bag-Software-Agent", source.software),
        ("Payload-Oxum", bag.oxum()),
        ("Container-Deflate", deflate_probe()),
        ("Container-Signature", xades.SIGNATURES),
        ("Compartment", name),
    ]
    bag.write("bag-info.txt", bag_info(rows))
    bag.write(MANIFEST, manifest)
    for part, content in (
        ("root.pem", trust.root_pem),
        ("signer.pem", trust.signer_pem),
        ("tsa.pem", trust.tsa_pem),
    ):
        bag.write(f"trust/{part}", content)
    bag.path(TAG_MANIFEST).write_bytes(listing(bag.tags()))


def seal_compartment(
    built: BuiltCompartment,
    recipients: Sequence[Recipient],
    *,
    seal: Seal,
    authority: Authority,
    now: datetime,
    target: Path,
) -> FinishedFile:
    """Seal, pack and envelop a compartment into ``target``; the container itself is not kept."""
    target.mkdir(parents=True, exist_ok=True)
    container = built.folder.parent / f"{built.base}.asice"
    seal_bag(built.folder, container, seal=seal, panel=Panel(authority), now=now)
    envelope = target / f"{container.name}{ENDING}"
    envelope.unlink(missing_ok=True)
    envelop(container, envelope, recipients)
    container.unlink()
    listed = file_sha256(envelope)
    return FinishedFile(envelope, listed.size, listed.sha256)
