"""Changes of the log key: each is a text that the key before and the key after sign.

::

    stationd-log-key/1
    <origin>
    <tree size>
    <base64 key before>
    <base64 key after>

    — <origin> <base64(key id ‖ signature)>     of the key before: it signs off
    — <origin> <base64(key id ‖ signature)>     of the key after: it is there

The key before signs trees up to that size, the key after all larger ones.  Several changes stand
one after the other, the oldest first (FORMAT.md, 4).
"""

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from archive.ceremony import fingerprint
from archive.checkpoint import NotePoint, read_note, read_signature, signature_line
from archive.errors import MalformedError

__all__ = [
    "KeyChange",
    "KeyLine",
    "LogSigner",
    "former_keys",
    "key_fingerprint",
    "key_line",
    "read_change",
    "read_changes",
    "sign_off",
]

_HEAD = "stationd-log-key/1"
_LINES = 8
_TEXT = 5


class LogSigner(Protocol):
    """What signs notes: a log's key."""

    @property
    def public(self) -> bytes:
        """The public key, 32 bytes."""

    def sign(self, text: bytes) -> bytes:
        """Return the Ed25519 signature of ``text``."""


@dataclass(frozen=True, slots=True)
class KeyChange:
    """A change: ``before`` signs trees up to ``size``, ``after`` larger ones."""

    origin: str
    size: int
    before: bytes
    after: bytes


@dataclass(frozen=True, slots=True)
class KeyLine:
    """A log's keys, one after the other; ``newest`` signs what is signed next."""

    newest: bytes
    changes: tuple[KeyChange, ...] = ()

    def at(self, size: int) -> bytes:
        """Return the key that signs a tree of ``size`` entries."""
        for change in self.changes:
            if size <= change.size:
                return change.before
        return self.newest

    def read(self, note: bytes, origin: str) -> NotePoint:
        """Return what a note says, signed by the key of its tree size, or raise."""
        row = note.split(b"\n")[1:2]
        size = int(row[0]) if row and re.fullmatch(rb"[0-9]{1,19}", row[0]) else 0
        return read_note(note, origin, self.at(size))


def sign_off(*, origin: str, size: int, before: LogSigner, after: LogSigner) -> bytes:
    """Return the change from one key to another at a tree size, signed by both."""
    rows = [_HEAD, origin, str(size), _base64(before.public), _base64(after.public)]
    text = "".join(f"{row}\n" for row in rows).encode()
    lines = (signature_line(origin, one.public, one.sign(text)) for one in (before, after))
    return text + b"\n" + b"".join(lines)


def read_change(raw: bytes) -> KeyChange:
    """Return a change whose two signatures hold, or raise `MalformedError`."""
    rows = raw.decode(errors="replace").split("\n")
    try:
        head, origin, size, before, after, blank, *lines, end = rows
        keys = [base64.b64decode(key, validate=True) for key in (before, after)]
        number = int(size)
    except ValueError:
        raise MalformedError("this is no change of a log key") from None
    if head != _HEAD or blank or end or len(lines) != len(keys):
        raise MalformedError("this is no change of a log key")
    text = "".join(f"{row}\n" for row in rows[:_TEXT]).encode()
    for key, line in zip(keys, lines, strict=True):
        signature = read_signature(f"{line}\n".encode(), origin, key)
        try:
            Ed25519PublicKey.from_public_bytes(key).verify(signature, text)
        except (InvalidSignature, ValueError):
            raise MalformedError(f"the change of the key of {origin} is not signed off") from None
    return KeyChange(origin, number, keys[0], keys[1])


def read_changes(raw: bytes) -> list[KeyChange]:
    """Return changes that follow one another, or raise `MalformedError`."""
    rows = raw.splitlines(keepends=True)
    blocks = [b"".join(rows[at : at + _LINES]) for at in range(0, len(rows), _LINES)]
    changes = [read_change(block) for block in blocks]
    for one, two in pairwise(changes):
        if (two.before, two.origin) != (one.after, one.origin) or two.size <= one.size:
            raise MalformedError("the changes of the log key do not follow one another")
    return changes


def key_line(public: bytes, changes: Sequence[KeyChange]) -> KeyLine:
    """Return the log's keys where ``public`` is one of them; else that key alone."""
    known = {change.before for change in changes} | {change.after for change in changes}
    if public not in known:
        return KeyLine(public)
    return KeyLine(changes[-1].after, tuple(changes))


def former_keys(raw: bytes) -> list[tuple[int, str]]:
    """Return of each key that was replaced up to which tree size it signs, and its fingerprint."""
    return [(one.size, key_fingerprint(one.before)) for one in read_changes(raw)]


def key_fingerprint(public: bytes) -> str:
    """Return the SHA-256 of a log key, as it is published."""
    key = Ed25519PublicKey.from_public_bytes(public)
    return fingerprint(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()
