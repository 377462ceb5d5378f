# ruff: noqa: PLR2004 - the sizes of the formats are written where they are checked
"""Which log key counts for a note: follow the changes of it, each signed off by the key before.

A change says up to which tree size the old key signs, and is signed by both keys.  So whoever
trusts one of them is led to the other, forwards and backwards, and no size has two keys.

A bundle carries this file beside ``verify/ledger.py``; it needs Python and the openssl command.
"""

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from archive.note_check import (
    LedgerError,
    Problem,
    check_signature,
    key_id,
    public_key,
    signature_line,
    unbase64,
)

__all__ = ["LOG_KEYS", "Change", "LogKeys", "key_pem", "log_keys", "read_changes", "split_given"]

LOG_KEYS = "trust/log-keys.txt"
_HEAD = b"stationd-log-key/1"
_LINES = 8
_SPKI = bytes.fromhex("302a300506032b6570032100")


@dataclass(frozen=True)
class Change:
    """A change of the log key: ``before`` signs trees up to ``size``, ``after`` all larger ones."""

    origin: str
    size: int
    before: bytes
    after: bytes
    text: bytes
    signatures: tuple[tuple[bytes, bytes], ...]


@dataclass(frozen=True)
class LogKeys:
    """The log key given, and the changes that lead from it to others; they were checked."""

    pem: bytes
    changes: tuple[Change, ...] = ()

    @property
    def keys(self) -> tuple[bytes, ...]:
        """Every key of the log that is known, the oldest first."""
        if not self.changes:
            return (public_key(self.pem),)
        return (self.changes[0].before, *(change.after for change in self.changes))

    def at(self, size: int) -> bytes:
        """Return the key that signs a tree of ``size`` entries; raise where there is none."""
        return self.keys[sum(change.size < size for change in self.changes)]

    def said(self, size: int) -> str:
        """Say which key is meant for a tree of ``size`` entries."""
        return f"the log key that counts for tree size {size}" if self.changes else "the log key"


def key_pem(key: bytes) -> bytes:
    """Return an Ed25519 public key in PEM."""
    body = base64.b64encode(_SPKI + key)
    return b"-----BEGIN PUBLIC KEY-----\n" + body + b"\n-----END PUBLIC KEY-----\n"


def split_given(given: bytes) -> tuple[bytes, bytes]:
    """Return the key of a file of a log key, and the changes that may follow it in the file."""
    at = given.find(_HEAD)
    return (given, b"") if at < 0 else (given[:at], given[at:])


def log_keys(
    given: bytes | None, inside: bytes | None, changes: bytes | None, origin: str
) -> tuple[LogKeys, list[Problem]]:
    """Return the keys that count, and what is wrong with the changes or the bundle's own key.

    ``given`` is from outside (None: the bundle's word is taken), ``inside`` and ``changes`` are
    the bundle's ``trust/log.pub.pem`` and ``trust/log-keys.txt``.
    """
    pem, outside = split_given(given if given is not None else inside or b"")
    alone = LogKeys(pem)
    listed = changes or b""
    if not outside and not listed:
        return alone, _compared(alone, inside, ())
    try:
        found = read_changes(_longer(outside, listed), origin)
        own = read_changes(listed, origin) if listed else []
    except LedgerError as error:
        return alone, [Problem(error.subject, error.text)]
    if problems := _unsigned(found):
        return alone, problems
    keys = LogKeys(pem, tuple(found))
    try:
        known = public_key(pem) in keys.keys
    except LedgerError:
        # What is no key is told of by whoever needs one.
        return alone, []
    if not known:
        return alone, [Problem("trust/log.pub.pem", "is not the log key given, nor leads to it")]
    return keys, _compared(keys, inside, own)


def _longer(one: bytes, two: bytes) -> bytes:
    """Return the longer of two lists of changes, of which one must begin with the other."""
    short, long = sorted((one, two), key=len)
    if long.startswith(short):
        return long
    raise LedgerError(LOG_KEYS, "is not the list of changes that was given from outside")


def _compared(keys: LogKeys, inside: bytes | None, own: Sequence[Change]) -> list[Problem]:
    """Check that ``trust/log.pub.pem`` is the key that the bundle's changes end in."""
    if inside is None:
        return []
    try:
        there, known = public_key(inside), keys.keys
    except LedgerError:
        same = inside.split() == keys.pem.split()
        return [] if same else [Problem("trust/log.pub.pem", "is not the log key given")]
    if own and there != own[-1].after:
        text = f"is not the key that {LOG_KEYS} ends in"
        return [Problem("trust/log.pub.pem", text)]
    if there not in known:
        return [Problem("trust/log.pub.pem", "is not the log key given")]
    return []


def read_changes(raw: bytes, origin: str) -> list[Change]:
    """Return a log's changes of key in order, signatures unchecked; raise `LedgerError`."""
    rows = raw.split(b"\n")
    if rows[-1] or len(rows) % _LINES != 1 or len(rows) == 1:
        raise LedgerError(LOG_KEYS, "does not hold changes of a log key, of eight lines each")
    changes = [_change(rows[at : at + _LINES]) for at in range(0, len(rows) - 1, _LINES)]
    if any(change.origin != origin for change in changes):
        raise LedgerError(LOG_KEYS, "has a change of another log's key")
    if fault := _line_fault(changes):
        raise LedgerError(LOG_KEYS, fault)
    return changes


def _line_fault(changes: Sequence[Change]) -> str:
    """Say why changes do not make one line of keys; empty: they do."""
    befores: set[bytes] = set()
    for change in changes:
        if change.before in befores:
            return "gives one key two successors"
        befores.add(change.before)
        if change.after in befores:
            return "goes back to a key of before"
    for one, two in pairwise(changes):
        if two.before != one.after:
            return "has a change that does not follow the one before it"
        if two.size <= one.size:
            return "has changes whose tree sizes do not grow"
    return ""


def _change(rows: Sequence[bytes]) -> Change:
    head, origin, size, before, after, blank, *lines = rows
    keys = (unbase64(before), unbase64(after))
    form = head == _HEAD and origin and not blank and all(len(key) == 32 for key in keys)
    if not form or not re.fullmatch(rb"[1-9][0-9]{0,15}", size):
        raise LedgerError(LOG_KEYS, "has a change that is not of the known form")
    return Change(
        origin=origin.decode(errors="replace"),
        size=int(size),
        before=keys[0],
        after=keys[1],
        text=b"\n".join(rows[:5]) + b"\n",
        signatures=tuple(signature_line(LOG_KEYS, line) for line in lines),
    )


def _unsigned(changes: Sequence[Change]) -> list[Problem]:
    """Check that each change is signed by the key before and by the one after, in this order."""
    for change in changes:
        named = ((change.before, "signed off by the key before"), (change.after, "signed by it"))
        for (key, said), (known, signature) in zip(named, change.signatures, strict=True):
            text = f"the change at tree size {change.size} to a new key is not {said}"
            if known != key_id(change.origin, key):
                return [Problem(LOG_KEYS, text)]
            for problem in check_signature(LOG_KEYS, change.text, signature, key_pem(key)):
                return [Problem(LOG_KEYS, text) if problem.decided else problem]
    return []
