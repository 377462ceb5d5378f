"""Checkpoints: what is entered into the log, and the signed note over the log's head.

An *entry* says what the ledger was at one moment.  A *note* (C2SP `tlog-checkpoint`) says what
the log of all entries was::

    <origin>
    <tree size>
    <base64 root>

    — <origin> <base64(key id ‖ signature)>

The signature is Ed25519 over the text up to and including the newline before the empty line.
The key id is the first four bytes of H(origin ‖ newline ‖ 0x01 ‖ public key).  Lines of other
signers (witnesses) may follow; they are kept and not judged here.
"""

import base64
import binascii
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from archive.canonical import JsonValue, encode
from archive.errors import MalformedError

__all__ = [
    "JournalPoint",
    "NotePoint",
    "entry",
    "note",
    "read_note",
    "read_signature",
    "signature_line",
]

# A C2SP key name: not empty, no white space, no plus sign.
_ORIGIN = re.compile(r"[^\s+]+")
_ED25519 = b"\x01"
_SIGNED = "\u2014 "


@dataclass(frozen=True, slots=True)
class JournalPoint:
    """How far a checkpoint reaches into one journal."""

    id: str
    node: str
    position: int
    link: bytes


@dataclass(frozen=True, slots=True)
class NotePoint:
    """What a verified note says of the log."""

    size: int
    root: bytes


def entry(
    *,
    accounts: int,
    n: int,
    previous: bytes | None,
    state_root: bytes,
    time: datetime,
    journals: Sequence[JournalPoint] = (),
) -> bytes:
    """Return the bytes of entry ``n`` (from 0); ``previous`` are those of the entry before it."""
    members: dict[str, JsonValue] = {
        "accounts": accounts,
        "n": n,
        "prev": sha256(previous).hexdigest() if previous is not None else "0" * 64,
        "state_root": state_root.hex(),
        "time": time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "type": "stationd-checkpoint",
        "v": 1,
    }
    if journals:
        members["journals"] = [
            {
                "id": point.id,
                "link": point.link.hex(),
                "node": point.node,
                "position": point.position,
            }
            for point in sorted(journals, key=lambda point: point.id)
        ]
    return encode(members)


def note(
    *, origin: str, size: int, root: bytes, sign: Callable[[bytes], bytes], public: bytes
) -> bytes:
    """Return the signed note over a log of ``size`` entries; ``sign`` is the log key's."""
    if not _ORIGIN.fullmatch(origin):
        raise MalformedError(f"{origin!r} cannot be a log's origin: no spaces, no plus sign")
    text = f"{origin}\n{size}\n{base64.b64encode(root).decode()}\n".encode()
    return text + b"\n" + signature_line(origin, public, sign(text))


def signature_line(origin: str, public: bytes, signature: bytes) -> bytes:
    """Return the line of a signature by ``public``, its line feed included."""
    encoded = base64.b64encode(_key_id(origin, public) + signature).decode()
    return f"{_SIGNED}{origin} {encoded}\n".encode()


def read_note(note: bytes, origin: str, public: bytes) -> NotePoint:
    """Return what ``note`` says, signed by ``public`` for ``origin``, or raise."""
    text, separator, lines = note.partition(b"\n\n")
    if not separator:
        raise MalformedError("the note has no empty line before its signatures")
    signed = text + b"\n"
    point = _point(signed, origin)
    signature = read_signature(lines, origin, public)
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, signed)
    except InvalidSignature:
        raise MalformedError(f"the note is not signed by the log key of {origin}") from None
    return point


def _key_id(origin: str, public: bytes) -> bytes:
    return sha256(origin.encode() + b"\n" + _ED25519 + public).digest()[:4]


def _point(signed: bytes, origin: str) -> NotePoint:
    """Read the three lines; anything more or written differently is refused."""
    try:
        name, size, root, *rest = signed.decode().split("\n")
    except ValueError:
        raise MalformedError("the note does not hold origin, size and root") from None
    if rest != [""]:
        raise MalformedError("the note does not hold just origin, size and root")
    if name != origin:
        raise MalformedError(f"the note is of {name!r}, not of {origin!r}")
    if not re.fullmatch(r"0|[1-9][0-9]{0,18}", size, re.ASCII):
        raise MalformedError("the note's tree size is not a plain number")
    decoded = _unbase64(root)
    if decoded is None or len(decoded) != sha256().digest_size:
        raise MalformedError("the note's root is not a hash in base64")
    return NotePoint(size=int(size), root=decoded)


def read_signature(lines: bytes, origin: str, public: bytes) -> bytes:
    """Return the signature of ``public`` among signature lines, unchecked, or raise."""
    key_id = _key_id(origin, public)
    try:
        text = lines.decode()
    except UnicodeDecodeError:
        raise MalformedError("the note's signature lines are not UTF-8") from None
    if not text.endswith("\n"):
        raise MalformedError("the note's last line has no end")
    ours = None
    for line in text[:-1].split("\n"):
        name, _, encoded = line.removeprefix(_SIGNED).partition(" ")
        decoded = _unbase64(encoded)
        if not line.startswith(_SIGNED) or not decoded:
            raise MalformedError("the note has a line that is no signature")
        if name == origin and decoded.startswith(key_id):
            ours = decoded[len(key_id) :]
    if ours is None:
        raise MalformedError(f"the note has no signature of the log key of {origin}")
    return ours


def _unbase64(text: str) -> bytes | None:
    """Return the bytes of strict base64, or None."""
    try:
        decoded = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return decoded if base64.b64encode(decoded).decode() == text else None
