"""Build a bundle: everything that is signed, then the signature, the stamp and the container.

`build` writes a bag.  All under ``data/`` depends only on the ledger up to the checkpoint, the
facts frozen at the order and the software, so building again gives the same content id.
`finish` seals the bag and packs it; its bytes differ each time, by signature and stamp.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, tzinfo
from functools import lru_cache, partial
from hashlib import sha256
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from archive import canonical, merkle, xades
from archive.authorities.base import Authority
from archive.canonical import JsonValue
from archive.certificates import Copies
from archive.container import VolumeWriter, deflate_probe, volume_list
from archive.daybook import schedule
from archive.errors import MalformedError
from archive.facts import (
    SourceDocument,
    line_rows,
    write_dictionary,
    write_documents,
    write_facts,
)
from archive.forms import VERIFY_SH, FormFacts, Trust, fingerprints, named, readme
from archive.manifest import (
    BAGIT,
    MANIFEST,
    TAG_MANIFEST,
    VOLUMES,
    Bag,
    Listed,
    bag_info,
    file_sha256,
    listing,
)
from archive.page import IN_BUNDLE, read_page
from archive.proofs import PROOFS_FILE, Proofs, proof_files
from archive.redaction import KIND, Censor, Redaction
from archive.report_facts import ReportFacts, paper_of
from archive.seal import Seal
from archive.segments import SegmentFiles, write_segments
from archive.stamping import Panel, seal_bag
from archive.summary import Summary

__all__ = [
    "FORMAT",
    "Built",
    "BundleSource",
    "Finished",
    "FinishedFile",
    "SourceDocument",
    "Trust",
    "build",
    "finish",
    "report_signed_by",
    "safe_name",
    "write_forms",
]

FORMAT = "stationd-evidence/1"
_REPORT = "alarm-history.pdf"
_FORM = "custodian-certification"
_README = "README.txt"
_LETTERS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-")

Progress = Callable[[int, int], None]

# What checks the ledger without us, and the file of this package that it is.
CHECKERS = {
    "ledger": "ledger_check",
    "log_key_check": "log_key_check",
    "note_check": "note_check",
    "openssl": "openssl",
    "point_check": "point_check",
    "proof_check": "proof_check",
    "withheld_check": "withheld_check",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class BundleSource:
    """What a bundle is made of; nothing else goes into its ``data/``.

    ``records`` gives the exact bytes of records 1 to ``size``, which come to ``head``; it and
    ``documents`` may be called more than once.  Without ``proofs`` the bundle shows less, and says
    so.  With ``redaction`` it is a redacted copy: what that withholds is read, and not written.
    ``compartments`` are the content ids of the archives beside it, by name.
    """

    station: str
    acct: str
    epoch: int
    kind: str
    checkpoint: int
    checkpoint_entry: bytes
    checkpoint_note: bytes
    checkpoint_time: datetime
    origin: str
    size: int
    head: bytes
    records: Callable[[], Iterator[bytes]]
    documents: Callable[[], Iterator[SourceDocument]]
    facts: Mapping[str, JsonValue]
    software: str
    table: str
    dictionary: Mapping[str, str]
    proofs: Proofs | None = None
    redaction: Redaction | None = None
    compartments: Mapping[str, str] = field(default_factory=dict)

    @property
    def base(self) -> str:
        """The name of the bundle's files, without ending."""
        station, acct, kind = safe_name(self.station), safe_name(self.acct), safe_name(self.kind)
        # The kind's own underscore is part of its name: on_request.
        kind = kind.replace("_5f", "_")
        if self.redaction is not None:
            # Of one whole bundle there may be several copies.
            kind = f"{KIND}-{safe_name(self.redaction.order)}"
        return f"{station}-{acct}-e{self.epoch}-c{self.checkpoint}-{kind}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """A bag on disk that lacks only signature, stamp and container."""

    base: str
    folder: Path
    volumes: tuple[Path, ...]
    content_id: str
    files: int
    records: int
    form: FormFacts
    copies: Copies
    paper: str


@dataclass(frozen=True, slots=True)
class FinishedFile:
    """A file to be stored, and what its bytes must hash to."""

    path: Path
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Finished:
    """The files of a sealed bundle, volumes first, the container last.

    ``certifications`` are the custodian's forms that also name the container, as text and as PDF;
    they stand beside it.  ``away`` are authorities whose stamps it lacks, and what they said.
    """

    files: tuple[FinishedFile, ...]
    content_id: str
    records: int
    certifications: tuple[Path, ...]
    stamped_by: tuple[str, ...] = ()
    away: Mapping[str, str] = field(default_factory=dict)


def safe_name(text: str) -> str:
    """Return ``text`` as part of a file name: other bytes are _ and two hex digits."""
    return "".join(
        letter if letter in _LETTERS else "".join(f"_{byte:02x}" for byte in letter.encode())
        for letter in text
    )


def build(
    source: BundleSource,
    into: Path,
    *,
    trust: Trust,
    sign_report: Callable[[Path], None],
    progress: Progress | None = None,
) -> Built:
    """Write the bag of ``source`` below ``into``, an empty or new folder.

    ``sign_report`` signs the PDF of the report, which is the same for the same source, in its
    place.

    Raises `MalformedError` where the records are not the chain that the source names.
    """
    bag = Bag(into / "bag")
    censor = None if source.redaction is None else Censor(source.redaction)
    summary = Summary(_zone(source.facts), schedule(source.facts))
    with VolumeWriter(bag, into / "volumes", source.base) as volumes:

        def written(segment: SegmentFiles) -> None:
            volumes.add(segment)
            if progress is not None:
                progress(segment.last, source.size)

        segments = _records(bag, source, (summary, censor), written)
        if censor is not None:
            # From here on nothing knows more than the copy may show.
            source = replace(source, facts=censor.facts(source.facts, source.epoch))
        documents = _payload(bag, source, (summary, censor), segments)
        finished = volumes.finish()
    manifest = listing(bag.payload())
    content_id = sha256(manifest).hexdigest()
    form = _form(source, summary, content_id, finished)
    report = ReportFacts(
        form=form,
        fingerprints=fingerprints(trust),
        transmitters=_transmitters(source.facts),
        lines=line_rows(source.facts),
        documents=documents,
        segments=len(segments),
        table=source.table,
        dictionary=source.dictionary,
        known=source.facts,
        corrections=_corrections(source),
        censor=censor,
    )
    # What draws pages is loaded by whoever builds, not by all that know what a source is.
    from archive.report import alarm_history_pdf  # noqa: PLC0415

    pages = alarm_history_pdf(bag.path(_REPORT), report, summary)
    sign_report(bag.path(_REPORT))
    return _tags(bag, source, trust, _Tags(manifest, form, finished, pages))


def finish(
    built: Built, *, seal: Seal, authority: Authority, now: datetime, target: Path
) -> Finished:
    """Sign and stamp the bag, pack it, and put all its files into the folder ``target``."""
    target.mkdir(parents=True, exist_ok=True)
    panel = Panel(authority)
    container = target / f"{built.base}.asice"
    seal_bag(built.folder, container, seal=seal, panel=panel, now=now)
    paths = [_moved(path, target) for path in built.volumes]
    files = []
    for path in (*paths, container):
        listed = file_sha256(path)
        files.append(FinishedFile(path, listed.size, listed.sha256))
    named = (container.name, Listed(files[-1].sha256, files[-1].size))
    forms = write_forms(built.form, replace(built.copies, container=named), target, built.paper)
    return Finished(
        files=tuple(files),
        content_id=built.content_id,
        records=built.records,
        certifications=forms,
        stamped_by=panel.names,
        away=dict(panel.away),
    )


def write_forms(
    facts: FormFacts, copies: Copies, target: Path, paper: str = "letter"
) -> tuple[Path, ...]:
    """Write the custodian's forms that stand beside a container; return text and PDF."""
    # As with the report: what draws pages is loaded when there are some to draw.
    from archive.certificate_pages import (  # noqa: PLC0415
        certification_pdf,
        certification_text,
    )

    stem = f"{facts.base}-certification"
    text, pdf = target / f"{stem}.txt", target / f"{stem}.pdf"
    text.write_bytes(certification_text(facts, copies))
    pdf.unlink(missing_ok=True)
    certification_pdf(pdf, facts, copies, paper)
    return text, pdf


def report_signed_by(seal: Seal, authority: Authority, now: datetime) -> Callable[[Path], None]:
    """Return what signs the report of a bundle."""
    return partial(
        seal.sign_pdf, now=now, stamp_hash=authority.stamp_hash, trusted_pem=authority.trust_pem
    )


def _moved(path: Path, target: Path) -> Path:
    """Move a volume beside its container; a pass before may have done it already."""
    if path.exists():
        return path.replace(target / path.name)
    return target / path.name


def _records(
    bag: Bag,
    source: BundleSource,
    seen: tuple[Summary, Censor | None],
    written: Callable[[SegmentFiles], None],
) -> list[SegmentFiles]:
    summary, censor = seen
    key = merkle.account_key(source.station, source.acct, source.epoch)
    segments, head = write_segments(bag, source.records(), key, summary, written, censor)
    if summary.records != source.size or head != source.head:
        raise MalformedError(
            f"the {summary.records} records of account {source.acct} do not come to the head that "
            f"checkpoint {source.checkpoint} covers ({source.size} records); run the audit"
        )
    return segments


def _payload(
    bag: Bag,
    source: BundleSource,
    seen: tuple[Summary, Censor | None],
    segments: list[SegmentFiles],
) -> int:
    summary, censor = seen
    write_facts(bag, source.facts)
    there = source.documents()
    if censor is not None:
        there = (one for one in there if censor.keeps_document(one.doc, one.seq))
    documents = write_documents(bag, there, source.facts)
    write_dictionary(bag, summary, source.dictionary, source.table)
    note = f"data/checkpoint/{source.checkpoint}.note"
    bag.write(note, source.checkpoint_note)
    bag.write(f"data/checkpoint/{source.checkpoint}.json", source.checkpoint_entry)
    bag.write("data/ledger.json", canonical.encode(_ledger(source, note)) + b"\n")
    for name, content in proof_files(source.proofs) if source.proofs else ():
        bag.write(name, content)
    index = _index(source, summary, segments, documents) | _redacted(summary, censor)
    if source.compartments:
        index["compartments"] = [
            {"content_id": source.compartments[name], "name": name}
            for name in sorted(source.compartments)
        ]
    bag.write("data/index.json", canonical.encode(index) + b"\n")
    return documents


def _ledger(source: BundleSource, note: str) -> dict[str, JsonValue]:
    return {
        "account_key": merkle.account_key(source.station, source.acct, source.epoch).hex(),
        "acct": source.acct,
        "checkpoint": {
            "entry": source.checkpoint_entry.decode(),
            "n": source.checkpoint,
            "note": note,
            "origin": source.origin,
        },
        "epoch": source.epoch,
        "head": source.head.hex(),
        "records": source.size,
        "station": source.station,
        "v": 1,
    }


def _index(
    source: BundleSource, summary: Summary, segments: list[SegmentFiles], documents: int
) -> dict[str, JsonValue]:
    return {
        "acct": source.acct,
        "base": source.base,
        "checkpoint": source.checkpoint,
        "checkpoint_time": _shown(source.checkpoint_time),
        "counts": {
            "class": dict(summary.classes),
            "documents": documents,
            "origin": dict(summary.origins),
            "records": summary.records,
            "type": dict(summary.types),
        },
        "epoch": source.epoch,
        "format": FORMAT,
        "kind": source.kind,
        "redactions": [],
        "segments": [
            {"csv": one.csv, "file": one.file, "first": one.first, "last": one.last}
            for one in segments
        ],
        "site_zone": _zone_name(source.facts),
        "software": source.software,
        "software_sha256": _software_digest(),
        "station": source.station,
        "table": source.table,
        "time_basis": "t and rx are UTC of the recording machine's clock; order is by seq",
        "units": {"frame": "hex", "plain": "hex", "t": "YYYY-MM-DDThh:mm:ss.ffffffZ"},
    }


def _redacted(summary: Summary, censor: Censor | None) -> dict[str, JsonValue]:
    """Return what the index of a redacted copy says beside and instead of the rest."""
    if censor is None:
        return {}
    told = censor.told()
    withheld: dict[str, JsonValue] = {"records": summary.withheld, "reasons": censor.reasons()}
    return {
        "kind": KIND,
        "redaction": {**told, "withheld": withheld},
        "redactions": censor.listed(),
    }


@lru_cache(maxsize=1)
def _software_digest() -> str:
    """Return one hash over the files of this package: which program made the bundle."""
    folder = Path(__file__).parent
    names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.py"))
    return sha256(
        listing({name: sha256((folder / name).read_bytes()).hexdigest() for name in names})
    ).hexdigest()


@dataclass(frozen=True, slots=True)
class _Tags:
    """What the files outside ``data/`` are made from."""

    manifest: bytes
    form: FormFacts
    volumes: list[Path]
    pages: int


def _tags(bag: Bag, source: BundleSource, trust: Trust, made: _Tags) -> Built:
    """Write every file outside ``data/``, the list of them last."""
    report = file_sha256(bag.path(_REPORT))
    bag.files[_REPORT] = report
    payload = {name: listed for name, listed in bag.files.items() if name.startswith("data/")}
    form = made.form
    bag.write(_README, readme(form, trust))
    from archive.certificate_pages import (  # noqa: PLC0415
        certification_pdf,
        certification_text,
    )

    copies = Copies(payload=payload, report=report, pages=made.pages)
    bag.write(f"{_FORM}.txt", certification_text(form, copies))
    certification_pdf(bag.path(f"{_FORM}.pdf"), form, copies, paper_of(source.facts))
    bag.files[f"{_FORM}.pdf"] = file_sha256(bag.path(f"{_FORM}.pdf"))
    bag.write("bagit.txt", BAGIT)
    bag.write("bag-info.txt", _bag_info(bag, source, form))
    bag.write(MANIFEST, made.manifest)
    for name, content in (
        ("root.pem", trust.root_pem),
        ("signer.pem", trust.signer_pem),
        ("tsa.pem", trust.tsa_pem),
        ("log.pub.pem", trust.log_pub_pem),
        ("crls.pem", trust.crls_pem),
        ("ocsp.pem", trust.ocsp_pem),
        ("log-keys.txt", trust.log_keys),
    ):
        if content:
            bag.write(f"trust/{name}", content)
    bag.write("verify/verify.sh", VERIFY_SH)
    for name, module in CHECKERS.items():
        bag.write(f"verify/{name}.py", (Path(__file__).parent / f"{module}.py").read_bytes())
    if (page := read_page()) is not None:
        bag.write(IN_BUNDLE, page)
    if made.volumes:
        bag.write(VOLUMES, volume_list(made.volumes))
    bag.path(TAG_MANIFEST).write_bytes(listing(bag.tags()))
    return Built(
        base=source.base,
        folder=bag.folder,
        volumes=tuple(made.volumes),
        content_id=form.content_id,
        files=len(bag.files) + 1,
        records=source.size,
        form=form,
        copies=copies,
        paper=paper_of(source.facts),
    )


def _bag_info(bag: Bag, source: BundleSource, form: FormFacts) -> bytes:
    # What is stated here and is not there is refused: it was taken out.
    stated = [("Ledger-Proofs", PROOFS_FILE)] if source.proofs else []
    if form.profile:
        count = f"{form.withheld} of {form.records} records withheld"
        stated.append(("Redacted-Copy", f"{form.profile}; {count}"))
    return bag_info(
        [
            ("Source-Organization", source.station),
            ("External-Identifier", source.base),
            ("Bagging-Date", f"{source.checkpoint_time.astimezone(UTC):%Y-%m-%d}"),
            ("Bag-Software-Agent", source.software),
            ("Payload-Oxum", bag.oxum()),
            ("Container-Deflate", deflate_probe()),
            ("Container-Signature", xades.SIGNATURES),
            *stated,
        ]
    )


def _form(
    source: BundleSource, summary: Summary, content_id: str, volumes: list[Path]
) -> FormFacts:
    facts = source.facts
    return FormFacts(
        base=source.base,
        station=source.station,
        acct=source.acct,
        epoch=source.epoch,
        kind=source.kind if source.redaction is None else KIND,
        checkpoint=source.checkpoint,
        checkpoint_time=_shown(source.checkpoint_time),
        customer=named(facts.get("customer"), ("name",)),
        site=named(facts.get("site"), ("name", "address")),
        contract=named(facts.get("contract"), ("number",)),
        zone=_zone_name(facts),
        first=str(summary.first.get("t", "")),
        last=str(summary.last.get("t", "")),
        records=summary.records,
        origins=dict(summary.origins),
        gaps=len(line_rows(facts)),
        software=source.software,
        content_id=content_id,
        volumes=[(path.name, file_sha256(path)) for path in volumes],
        withheld=summary.withheld,
        profile=source.redaction.profile if source.redaction else "",
        of=source.redaction.of.base if source.redaction else "",
        gaps_by=dict(Counter(str(row["kind"]) for row in line_rows(facts))),
        proved=source.proofs is not None,
    )


def _shown(time: datetime) -> str:
    return f"{time.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"


def _zone_name(facts: Mapping[str, JsonValue]) -> str:
    site = facts.get("site")
    name = site.get("zone") if isinstance(site, Mapping) else None
    return name if isinstance(name, str) and name else "UTC"


def _zone(facts: Mapping[str, JsonValue]) -> tzinfo:
    name = _zone_name(facts)
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise MalformedError(
            f"the site's time zone {name!a} is not one of the zone table; correct it in the account"
        ) from None


def _corrections(source: BundleSource) -> list[Mapping[str, Any]]:
    """Return the corrections that stand in the station's chain, since this epoch is closed."""
    rows: Any = source.facts.get("custody") or []
    return [
        row
        for row in rows
        if isinstance(row, Mapping) and "corrects" in row and row.get("epoch") == source.epoch
    ]


def _transmitters(facts: Mapping[str, JsonValue]) -> list[str]:
    shown: list[str] = []
    rows: Any = facts.get("transmitters") or []
    for row in rows if isinstance(rows, (list, tuple)) else []:
        if not isinstance(row, Mapping):
            shown.append(str(row))
            continue
        group = row.get("group") or row.get("receiver_group") or ""
        shown.append(f"{group} {row.get('number', '')}".strip())
    return shown
