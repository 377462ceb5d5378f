"""How bundles are spoilt for the table of `refusals.py`: files, seals, and forgeries of the log."""

import base64
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from hashlib import sha256
from itertools import count
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    load_der_private_key,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from archive import canonical, checkpoint, merkle, openssl
from archive.authorities.several import Several
from archive.authorities.trial import TrialAuthority, make_authority
from archive.findings import Anchors
from archive.log_keys import sign_off
from archive.revocation import Revoked, new_list
from archive.seal import LogKey, Seal
from archive.seal_keys import FileKey
from archive.stamping import Panel
from archive.timestamps import request
from archive.xades import SIGNATURES
from archive.xades_check import read_form
from archive.zip_layout import read_layout
from tests.archive.spoiling import (
    MANIFEST,
    RECORDS,
    TAGS,
    Files,
    mended,
    packed_anew,
    sealed_anew,
    signed_anew,
    unzipped,
    zipped,
)

ROWS, PROOFS = "data/records/seg-000001.csv", "data/proofs/proofs.json"
NOTE, REPLY = "data/proofs/anchors/1.note", "data/proofs/anchors/1.tsr"
SEAL, STAMP = f"{TAGS}.p7s", f"{TAGS}.tsr"
ORIGIN = "log.example-alarm.test/station-1"
HOUR = timedelta(hours=1)
CONTAINER = "spoilt.asice"


@dataclass
class Workbench:
    """A whole bundle with proofs, the keys it was made with, and somebody else's."""

    container: Path
    station: Any
    other: Any
    book: Callable[[], Any]
    folder: Path

    @property
    def files(self) -> Files:
        """The files of the whole bundle, a table of one's own."""
        return unzipped(self.container)

    @property
    def raw(self) -> bytes:
        """The bytes of the whole container."""
        return self.container.read_bytes()

    def built(self, source: Any, station: Any = None) -> bytes:
        """Return the container of ``source``, sealed with the real keys; its report is unsigned."""
        station = station or self.station
        bag = station.bag(source, self.folder / "work")
        return station.seal_folder(bag, self.folder).files[-1].path.read_bytes()  # type: ignore[no-any-return]


Spoil = Callable[[Workbench], bytes]
Given = Callable[[Workbench], Anchors]


# --- Bytes of the container ---


def _rewritten(change: Callable[[Files], Files], finish: Callable[[Files, Any], Files]) -> Spoil:
    return lambda bench: zipped(finish(change(bench.files), bench.station))


def by_anyone(change: Callable[[Files], Files]) -> Spoil:
    """Spoil files, and nothing else."""
    return _rewritten(change, lambda files, _: files)


def by_mender(change: Callable[[Files], Files]) -> Spoil:
    """Spoil files, and make the lists agree."""
    return _rewritten(change, lambda files, _: mended(files))


def by_station(change: Callable[[Files], Files]) -> Spoil:
    """Spoil files, make the lists agree, and sign and stamp it all with the real keys."""
    return _rewritten(change, sealed_anew)


def flipped(name: str) -> Spoil:
    """Change one bit of an entry's compressed form."""

    def spoil(bench: Workbench) -> bytes:
        raw = bytearray(bench.raw)
        (place,) = (
            it for it in read_layout(bench.container, stored_first="mimetype") if it.name == name
        )
        raw[place.offset + place.packed // 2] ^= 1
        return bytes(raw)

    return spoil


def in_bytes(old: bytes, new: bytes, count: int) -> Spoil:
    """Change what stands ``count`` times in the container's headers."""

    def spoil(bench: Workbench) -> bytes:
        assert bench.raw.count(old) == count
        return bench.raw.replace(old, new)

    return spoil


def gap(bench: Workbench) -> bytes:
    """Put bytes between two entries, all offsets behind them corrected."""
    raw, at = bench.raw, bench.raw.index(b"PK\3\4", 40)
    start = int.from_bytes(raw[-6:-2], "little")
    head, body, directory = raw[:at], raw[at:start], bytearray(raw[start:])
    place = 0
    while directory[place : place + 4] == b"PK\1\2":
        offset = int.from_bytes(directory[place + 42 : place + 46], "little")
        moved = offset + 4 if offset >= at else offset
        directory[place + 42 : place + 46] = moved.to_bytes(4, "little")
        place += 46 + int.from_bytes(directory[place + 28 : place + 30], "little")
    directory[-6:-2] = (start + 4).to_bytes(4, "little")
    return head + b"junk" + body + bytes(directory)


def bomb(bench: Workbench) -> bytes:
    """Put in a file of zeros that unpacks to very much more than the ZIP's size."""
    return zipped(bench.files | {"zzz": bytes(96 << 20)})


# --- Records ---


def in_records(change: Callable[[list[bytes]], list[bytes]]) -> Callable[[Files], Files]:
    """Spoil the lines of the one file of records."""

    def spoil(files: Files) -> Files:
        lines = files[RECORDS].splitlines(keepends=True)
        return files | {RECORDS: b"".join(change(lines))}

    return spoil


def changed_record(lines: list[bytes]) -> list[bytes]:
    assert b'"zone":"0' in lines[9]
    return [*lines[:9], lines[9].replace(b'"zone":"0', b'"zone":"1'), *lines[10:]]


RECORD_CHANGES: dict[str, Callable[[list[bytes]], list[bytes]]] = {
    "changed": changed_record,
    "dropped": lambda lines: [*lines[:9], *lines[10:]],
    "doubled": lambda lines: [*lines[:10], *lines[9:]],
    "swapped with the next": lambda lines: [*lines[:9], lines[10], lines[9], *lines[11:]],
    "added at the end": lambda lines: [*lines, lines[-1].replace(b'"seq":40', b'"seq":41')],
    "cut off at the end": lambda lines: lines[:-1],
}


def exchanged(name: str, change: Callable[[bytes], bytes]) -> Callable[[Files], Files]:
    """Change the content of a file."""

    def spoil(files: Files) -> Files:
        content = change(files[name])
        assert content != files[name]
        return files | {name: content}

    return spoil


def put(name: str, old: bytes, new: bytes) -> Callable[[Files], Files]:
    """Put ``new`` in the place of ``old``, once."""
    return exchanged(name, lambda content: content.replace(old, new, 1))


def copied(name: str, source: str) -> Callable[[Files], Files]:
    """Put one file's content in another's place."""
    return lambda files: files | {name: files[source]}


def without(*names: str) -> Callable[[Files], Files]:
    """Leave files out."""
    return lambda files: {name: files[name] for name in files if not name.startswith(names)}


def extra(name: str) -> Callable[[Files], Files]:
    """Add a file."""
    return lambda files: files | {name: b"x\n"}


def in_proofs(change: Callable[[dict[str, Any]], object]) -> Callable[[Files], Files]:
    """Change what ``proofs.json`` holds."""

    def spoil(files: Files) -> Files:
        value = json.loads(files[PROOFS])
        change(value)
        return files | {PROOFS: canonical.encode(value) + b"\n"}

    return spoil


def document(files: Files) -> str:
    (name,) = (it for it in files if it.startswith("data/notices/") and it.endswith(".txt"))
    return name


def another_document(files: Files) -> Files:
    return files | {document(files): b"Monitoring ends on 2027-05-01.\n"}


# --- Seal and stamp ---


def damaged_value(seal: bytes) -> bytes:
    value, _ = openssl.signature_stamps(seal)
    return seal.replace(value, value[:-1] + bytes([value[-1] ^ 1]))


def damaged_xml_value(document: bytes) -> bytes:
    def other(hit: re.Match[bytes]) -> bytes:
        return hit[1] + (b"A" if hit[2] != b"A" else b"B")

    return re.sub(rb'(S0-value">..)(.)', other, document)


def sealed_by_another(bench: Workbench) -> bytes:
    return zipped(sealed_anew(bench.files, bench.other))


def with_seal(bench: Workbench, seal: bytes) -> bytes:
    return zipped(packed_anew(bench.files | {SEAL: seal}, bench.station))


def without_stamp(bench: Workbench) -> bytes:
    data = bench.files[TAGS]
    return with_seal(bench, bench.station.seal.sign(data, now=bench.station.now))


def signed_by_a_line_of_ours(bench: Workbench) -> bytes:
    """Put a certificate between that signed neither, which nothing covers."""
    files = bench.files
    added = base64.b64encode(bench.other.seal.chain[1])
    shown = b"<ds:X509Certificate>" + added + b"</ds:X509Certificate></ds:X509Data>"
    return zipped(files | {SIGNATURES: files[SIGNATURES].replace(b"</ds:X509Data>", shown)})


def stamped_before(bench: Workbench) -> bytes:
    """Stamp the seal two hours before the checkpoint that it covers was made."""
    book = bench.book()
    book.checkpoint(20)
    book.checkpoint(40, bench.station.authority.now + 2 * HOUR)
    return bench.built(book.source(book.proofs([0, 1])))


def other_purpose(use: Any, *, days: int = 30) -> Callable[[Workbench], Any]:
    """Return the station with a seal whose certificate, under the real root, is for ``use``."""

    def station(bench: Workbench) -> Any:
        folder = bench.station.folder
        root = x509.load_pem_x509_certificate((folder / "root.pem").read_bytes())
        signer: Any = load_pem_private_key((folder / "root.key.pem").read_bytes(), None)
        key = ec.generate_private_key(ec.SECP256R1())
        now = bench.station.now
        certificate = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "for another use")]))
            .issuer_name(root.subject)
            .public_key(key.public_key())
            .serial_number(4711)
            .not_valid_before(now - timedelta(days=60))
            .not_valid_after(now + timedelta(days=days))
            .add_extension(x509.ExtendedKeyUsage([use]), critical=False)
            .sign(signer, hashes.SHA256())
        )
        seal = Seal(key=FileKey(key), certificates=[certificate], root=root)
        return replace(bench.station, seal=seal)

    return station


def sealed_for_another_purpose(bench: Workbench) -> bytes:
    station = other_purpose(ExtendedKeyUsageOID.SERVER_AUTH)(bench)
    return zipped(
        sealed_anew(bench.files | {"trust/signer.pem": station.seal.certificate_pem}, station)
    )


def sealed_with_an_expired_certificate(bench: Workbench) -> bytes:
    station = other_purpose(ExtendedKeyUsageOID.EMAIL_PROTECTION, days=-30)(bench)
    then = bench.station.now - timedelta(days=45)
    early = replace(station, now=then)
    return zipped(
        sealed_anew(bench.files | {"trust/signer.pem": station.seal.certificate_pem}, early)
    )


def revoked_seal(bench: Workbench) -> Anchors:
    """Give a newer list of the root's, on which the seal was revoked when it was used."""
    station = bench.station
    seal = x509.load_pem_x509_certificate(station.seal.certificate_pem)
    crl = _list(station, Revoked(seal.serial_number, station.now))
    return replace(station.anchors, crls_pem=crl)


def lost_authority(bench: Workbench) -> Anchors:
    """Give a list of the authority's, on which its key was lost to somebody afterwards."""
    station, trial = bench.station, bench.station.authority.trial
    number = x509.load_der_x509_certificate(trial.certificate).serial_number
    lost = Revoked(number, station.now + HOUR, x509.ReasonFlags.key_compromise)
    root = x509.load_pem_x509_certificate(station.authority.trust_pem)
    key: Any = load_der_private_key(trial.root_key, None)
    crl = new_list(root, key, now=station.now + 2 * HOUR, revoked=[lost])
    return replace(station.anchors, crls_pem=crl.public_bytes(Encoding.PEM))


def list_of_another(bench: Workbench) -> Anchors:
    """Give a list in the root's name that somebody else has signed."""
    return replace(bench.station.anchors, crls_pem=_list(bench.other))


def _list(station: Any, *revoked: Revoked) -> bytes:
    key: Any = load_pem_private_key((station.folder / "root.key.pem").read_bytes(), None)
    root = x509.load_pem_x509_certificate(station.root_pem)
    made = new_list(root, key, now=station.now + timedelta(minutes=1), number=2, revoked=revoked)
    return made.public_bytes(Encoding.PEM)


def lists_of_another(bench: Workbench) -> bytes:
    """Put another root's list of the same name into ``trust/``, and seal that."""
    theirs = _list(bench.other)
    return zipped(sealed_anew(bench.files | {"trust/crls.pem": theirs}, bench.station))


def answered_by_another(bench: Workbench) -> bytes:
    """Put another responder's answer into the container's signature."""
    return _answered(bench, bench.other.seal.answer(bench.station.now))


def answered_before(bench: Workbench) -> bytes:
    """Put the responder's answer of an hour before the stamp into the container's signature."""
    return _answered(bench, bench.station.seal.answer(bench.station.now - HOUR))


def _answered(bench: Workbench, answer: bytes) -> bytes:
    files = bench.files
    ours = base64.b64encode(read_form(files[SIGNATURES]).answer)
    document = files[SIGNATURES].replace(ours, base64.b64encode(answer))
    return zipped(files | {SIGNATURES: document})


def listed_otherwise(change: Callable[[bytes], bytes]) -> Spoil:
    """Change the list of what lies under data/, all else made to agree and sealed."""

    def spoil(bench: Workbench) -> bytes:
        files = mended(bench.files)
        files[MANIFEST] = change(files[MANIFEST])
        tags = re.sub(
            rb"[0-9a-f]{64}(?=  manifest-sha256.txt)",
            sha256(files[MANIFEST]).hexdigest().encode(),
            files[TAGS],
        )
        return zipped(signed_anew(files | {TAGS: tags}, bench.station))

    return spoil


# --- Two stamps ---

SECOND = f"{TAGS}.2.tsr"


@cache
def _second(since: datetime, now: datetime) -> Any:
    """Return an authority that stamps beside the station's own."""
    trial = make_authority(now=since, serials=count(3001), title="Second time-stamp")
    return Trialled(trial, now)


@dataclass
class Trialled:
    """An authority on trial, as an authority that is asked."""

    trial: TrialAuthority
    now: datetime
    name: str = "second"

    @property
    def trust_pem(self) -> bytes:
        return self.trial.trust_pem

    def stamp(self, data: bytes) -> bytes:
        return self.stamp_hash(sha256(data).digest())

    def stamp_hash(self, digest: bytes) -> bytes:
        return self.trial.reply(request(digest, nonce=7), now=self.now, serial=1)


def stamped_twice(bench: Workbench) -> Any:
    """Return the station with two authorities, the second a stranger to it until then."""
    first = bench.station.authority
    second = _second(first.now - timedelta(days=400), first.now + timedelta(seconds=3))
    both = Several([first, second], first.trust_pem + second.trust_pem)
    return replace(bench.station, authority=both)


def in_twice(change: Callable[[Files], Files] = lambda files: files) -> Spoil:
    """Change files of a bundle whose seal has two stamps on each part."""

    def spoil(bench: Workbench) -> bytes:
        station = stamped_twice(bench)
        pem = {"trust/tsa.pem": station.authority.trust_pem}
        return zipped(change(sealed_anew(bench.files | pem, station)))

    return spoil


def given_both(bench: Workbench) -> Anchors:
    return stamped_twice(bench).anchors  # type: ignore[no-any-return]


def sealed_once_only(bench: Workbench) -> bytes:
    """Seal with one stamp, and put two beside the list."""
    station = stamped_twice(bench)
    files = sealed_anew(bench.files | {"trust/tsa.pem": station.authority.trust_pem}, station)
    single = Panel(bench.station.authority)
    seal = station.seal.sign(files[TAGS], now=station.now, stamps=single.stamp)
    return zipped(packed_anew(files | {SEAL: seal}, station))


def second_of_others(bench: Workbench) -> bytes:
    """Put a reply over other bytes in the second one's place."""
    station = stamped_twice(bench)
    files = sealed_anew(bench.files | {"trust/tsa.pem": station.authority.trust_pem}, station)
    reply = station.authority.authorities[1].stamp(b"other bytes")
    return zipped(packed_anew(files | {SECOND: reply}, station))


def stamped_by_a_stranger(bench: Workbench) -> bytes:
    """Add a stamp of an authority that the bundle does not name."""
    files = bench.files
    form = read_form(files[SIGNATURES])
    stranger = openssl.reply_token(bench.other.authority.stamp(form.stamped))
    added = (
        b'<xades:SignatureTimeStamp Id="S0-stamp-2"><ds:CanonicalizationMethod Algorithm='
        b'"http://www.w3.org/2006/12/xml-c14n11"></ds:CanonicalizationMethod>'
        b"<xades:EncapsulatedTimeStamp>" + base64.b64encode(stranger.der) + b"</xades:"
        b"EncapsulatedTimeStamp></xades:SignatureTimeStamp>"
    )
    end = b"</xades:SignatureTimeStamp>"
    return zipped(files | {SIGNATURES: files[SIGNATURES].replace(end, end + added, 1)})


# --- Changes of the log key ---

LOG_KEYS = "trust/log-keys.txt"


@dataclass
class Forger:
    """Says to be one key, and signs with another."""

    public: bytes
    sign: Callable[[bytes], bytes]


def changed(bench: Workbench, size: int = 1, **more: Any) -> bytes:
    """Return the station's change of its log key to the next one, signed off."""
    before, after = bench.station.log_key, bench.other.log_key
    values = {"origin": ORIGIN, "size": size, "before": before, "after": after}
    return sign_off(**(values | more))


def rekeyed(
    changes: Callable[[Workbench], bytes] = changed, *, first: bool = False, then: bool = True
) -> Spoil:
    """Seal a log of two checkpoints, between which its key was changed.

    ``first`` and ``then`` tell whether they are signed with the key after the change.
    """

    def spoil(bench: Workbench) -> bytes:
        book, station = bench.book(), bench.station
        new = {"log_key": bench.other.log_key}
        for size, later in ((20, first), (40, then)):
            book.station = replace(station, **new) if later else station
            book.checkpoint(size)
        after = replace(station, **new, log_pub_pem=bench.other.log_pub_pem)
        if changes is changed:
            return bench.built(whole(book), replace(after, log_keys=changed(bench)))
        # A station's own program refuses to seal these.
        container = bench.folder / "before.asice"
        container.write_bytes(bench.built(whole(book), after))
        return zipped(sealed_anew(unzipped(container) | _listed(changes(bench)), after))

    return spoil


def _listed(changes: bytes) -> Files:
    return {LOG_KEYS: changes} if changes else {}


def not_signed_off(bench: Workbench) -> bytes:
    thief = LogKey(Ed25519PrivateKey.generate())
    return changed(bench, before=Forger(bench.station.log_key.public, thief.sign))


def two_successors(bench: Workbench) -> bytes:
    third = LogKey(Ed25519PrivateKey.generate())
    return changed(bench, after=third) + changed(bench, 2)


def another_successor(bench: Workbench) -> Anchors:
    """Give the key with a change of it that is another than the bundle's."""
    third = LogKey(Ed25519PrivateKey.generate())
    anchors = bench.station.anchors
    return replace(anchors, log_pub_pem=anchors.log_pub_pem + changed(bench, after=third))


# --- Forgeries of the log ---


def forgery(
    make: Callable[[Any], Any],
    sizes: tuple[int, ...] = (20, 40),
) -> Spoil:
    """Seal what ``make`` gives of a log with checkpoints of these sizes."""

    def spoil(bench: Workbench) -> bytes:
        book = bench.book()
        for size in sizes:
            book.checkpoint(size)
        return bench.built(make(book))

    return spoil


def whole(book: Any, **more: Any) -> Any:
    return book.source(book.proofs(list(range(len(book.entries))), **more))


def dated(stamped: timedelta) -> Spoil:
    def make(book: Any) -> Any:
        book.checkpoint(40, stamped=stamped)
        return whole(book)

    return forgery(make, (20,))


def rewritten_history(change: Callable[[list[bytes]], list[bytes]], **more: Any) -> Spoil:
    def make(book: Any) -> Any:
        records = change(book.records)
        sizes = [min(size, len(records)) for size in book.sizes]
        forged = replace(book, records=records, sizes=sizes)
        return forged.source(forged.proofs([0, 1]), **more)

    return forgery(make)


def one_left_out(records: list[bytes]) -> list[bytes]:
    left = [json.loads(record) for record in records[:9] + records[10:]]
    return [canonical.encode(row | {"seq": seq}) for seq, row in enumerate(left, start=1)]


def one_altered(records: list[bytes]) -> list[bytes]:
    altered = canonical.encode(json.loads(records[9]) | {"name": "Nothing happened"})
    return [*records[:9], altered, *records[10:]]


def second_epoch(book: Any) -> Any:
    book.checkpoint(40, others=[("4821", 2)])
    return whole(book, absent=replace(book.absence(1), other=None))


def second_epoch_as_its_own(book: Any) -> Any:
    book.checkpoint(40, others=[("4821", 2)])
    return whole(book)


def closed_too_early(book: Any) -> Any:
    book.checkpoint(40, others=[("4821", 2)])
    return whole(book, absent=replace(book.absence(0), at=book.at_close(0, 1)))


def closed_elsewhere(book: Any) -> Any:
    at = replace(book.at_close(1, 1), inclusion=[bytes(32)])
    return whole(book, absent=replace(book.absence(1), at=at))


def replayed(book: Any) -> Any:
    book.notes[1], book.replies[1] = book.notes[0], book.replies[0]
    return whole(book)


def forked(book: Any) -> Any:
    forked = replace(book, log=merkle.LogTree(), entries=[], notes=[], replies=[])
    forked.sizes, forked.states = [], []
    forked.checkpoint(19)
    forked.checkpoint(40)
    proofs = forked.proofs([0, 1])
    first = replace(book.point(0, 0), consistency=proofs.points[0].consistency)
    return forked.source(replace(proofs, points=[first, proofs.points[1]]))


def swapped_account(book: Any) -> Any:
    key = merkle.account_key("station-1", "1000", 1)
    proofs = book.proofs([0, 1])
    other = replace(
        book.point(1, 1), siblings=book.states[1].siblings(key), head=sha256(key).digest()
    )
    return book.source(replace(proofs, points=[proofs.points[0], other]))


def second_note(book: Any) -> Any:
    key = book.station.log_key
    other = checkpoint.note(origin=ORIGIN, size=2, root=bytes(32), sign=key.sign, public=key.public)
    return book.source(book.proofs([0, 1]), checkpoint_note=other)


def second_entry(book: Any) -> Any:
    later = json.loads(book.entries[1]) | {"time": "2026-01-02T00:45:00.000000Z"}
    time = datetime(2026, 1, 2, 0, 45, tzinfo=UTC)
    return book.source(
        book.proofs([0, 1]), checkpoint_entry=canonical.encode(later), checkpoint_time=time
    )


def month_left_out(book: Any) -> Any:
    book.records[30:] = [
        canonical.encode(json.loads(record) | {"t": "2026-04-01T00:00:00.000000Z"})
        for record in book.records[30:]
    ]
    book.checkpoint(20)
    book.checkpoint(40, datetime(2026, 4, 2, tzinfo=UTC))
    return whole(book)


def moved_record(t: str) -> Spoil:
    """Date a record outside of the points around it."""

    def make(book: Any) -> Any:
        book.records[24] = canonical.encode(json.loads(book.records[24]) | {"t": t})
        for size in (20, 30, 40):
            book.checkpoint(size)
        return whole(book)

    return forgery(make, ())


def head_not_reached(book: Any) -> Any:
    other = canonical.encode(json.loads(book.records[2]) | {"name": "x"})
    forged = replace(book, records=[*book.records[:2], other, *book.records[3:]])
    proofs = forged.proofs([0, 1])
    return forged.source(replace(proofs, points=[book.point(0, 1), proofs.points[1]]))


def stated_by_no_key(bench: Workbench) -> bytes:
    """Sign the checkpoint's note with the key of another log."""
    name = "data/checkpoint/4.note"
    text, _, _ = bench.files[name].partition(b"\n\n")
    key = bench.other.log_key
    key_id = sha256(ORIGIN.encode() + b"\n\x01" + key.public).digest()[:4]
    line = base64.b64encode(key_id + key.sign(text + b"\n"))
    note = text + b"\n\n" + "— ".encode() + ORIGIN.encode() + b" " + line + b"\n"
    return zipped(sealed_anew(bench.files | {name: note}, bench.station))


def unproved(files: Files) -> Files:
    info = re.sub(b"Ledger-Proofs: .*\n", b"", files["bag-info.txt"])
    return without("data/proofs/")(files) | {"bag-info.txt": info}


def of_another(part: str) -> Given:
    """Return anchors of which one part is the other station's."""

    def anchors(bench: Workbench) -> Anchors:
        return replace(bench.station.anchors, **{part: getattr(bench.other.anchors, part)})

    return anchors


def deflated_otherwise(bench: Workbench) -> bytes:
    return zipped(bench.files, level=9)
