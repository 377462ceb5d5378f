"""Judge certificates by lists of revoked ones, at the time that a stamp proves (FORMAT.md, 10).

OpenSSL refuses whatever a list names, however late; a seal of before the revocation still holds.
So the signature of a list is openssl's matter, and what the list says at a time is read here.  This
shares nothing with the writer.
"""

import base64
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from archive import openssl
from archive.findings import Outcome
from archive.openssl import DerError, Node, nodes, only

__all__ = [
    "CrlList",
    "answer_fault",
    "believed",
    "judged",
    "list_pems",
    "own_issuer",
    "read_list",
    "strict",
]

_PEM = re.compile(rb"-----BEGIN X509 CRL-----(.+?)-----END X509 CRL-----", re.DOTALL)
_SEQUENCE, _INTEGER, _OCTETS, _BITS, _ENUMERATED = 0x30, 0x02, 0x04, 0x03, 0x0A
_TRUE = 0x01  # a boolean that says no is left out
_UTC_TIME, _TIME, _CONTEXT_0, _CONSTRUCTED = 0x17, 0x18, 0xA0, 0x20
_REASON = bytes.fromhex("0603551d15")
_INVALID_SINCE = bytes.fromhex("0603551d18")
# Since two-digit years of certificates begin with 1950 (RFC 5280, 4.1.2.5.1).
_CENTURY_TURNS = 50
# RFC 3161, 4: with one of these reasons, given, stamps of before go on to count; else none does.
_STAMPS_REMAIN = {0, 3, 4, 5}
_REASONS = {
    0: "no reason given",
    1: "the key was lost to somebody",
    2: "the issuer's key was lost to somebody",
    3: "names in it changed",
    4: "replaced by another",
    5: "no longer used",
    6: "on hold",
    9: "a right was withdrawn",
    10: "a key above it was lost to somebody",
}
_ECDSA_SHA256 = bytes.fromhex("300a06082a8648ce3d040302")
_BASIC = bytes.fromhex("06092b0601050507300101")
_SUCCESSFUL = bytes.fromhex("0a0100")
_TOLERANCE = timedelta(seconds=120)


@dataclass(frozen=True, slots=True)
class Entry:
    """A revoked certificate of a list: from when on, and the reason code, if one was given."""

    since: datetime
    reason: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CrlList:
    """A list of revoked certificates (RFC 5280, 5).

    ``whole``: it speaks of every certificate of its issuer.  One with a critical extension is of a
    part of them, or only of what changed (5.2): what it does not name may be revoked.
    """

    der: bytes
    issuer: bytes
    made: datetime
    until: datetime | None
    entries: Mapping[bytes, Entry]
    whole: bool = True


@dataclass(frozen=True, slots=True)
class _Certificate:
    serial: bytes
    issuer: bytes
    subject: bytes
    ends: datetime


# --- Reading ---


def list_pems(text: bytes) -> list[bytes]:
    """Return the lists of a PEM file, in DER, in their order."""
    try:
        return [base64.b64decode(b"".join(it.split()), validate=True) for it in _PEM.findall(text)]
    except ValueError:
        raise DerError("a list that is not base64") from None


def read_list(der: bytes) -> CrlList:
    """Return what a list says, or raise `DerError`."""
    parts = list(nodes(only(der, _SEQUENCE).body))
    if len(parts) != 3:  # noqa: PLR2004 - list, algorithm, signature
        raise DerError("not a list of revoked certificates")
    members = list(nodes(parts[0].body))
    if members and members[0].tag == _INTEGER:
        del members[0]
    try:
        _, issuer, made, *rest = members
    except ValueError:
        raise DerError("not a list of revoked certificates") from None
    until = _moment(rest.pop(0)) if rest and rest[0].tag in {_UTC_TIME, _TIME} else None
    return CrlList(
        der=der,
        issuer=issuer.raw,
        made=_moment(made),
        until=until,
        entries=_entries(rest[0].body) if rest and rest[0].tag == _SEQUENCE else {},
        whole=not any(_has_critical(one.body) for one in rest if one.tag == _CONTEXT_0),
    )


def _entries(body: bytes) -> dict[bytes, Entry]:
    """Return a list's entries by their numbers; of two with one number the earlier counts."""
    entries: dict[bytes, Entry] = {}
    for one in nodes(body):
        serial, entry = _entry(one)
        if serial not in entries or entry.since < entries[serial].since:
            entries[serial] = entry
    return entries


def _has_critical(extensions: bytes) -> bool:
    """Tell whether one of a list's extensions is critical (RFC 5280, 4.1: a third member)."""
    return any(
        part.tag == _TRUE
        for extension in nodes(only(extensions, _SEQUENCE).body)
        for part in nodes(extension.body)
    )


def _entry(one: Node) -> tuple[bytes, Entry]:
    members = list(nodes(one.body))
    if len(members) < 2:  # noqa: PLR2004 - number and date
        raise DerError("an entry of a list is cut short")
    since, reason = _moment(members[1]), None
    for extension in nodes(members[2].body) if len(members) > 2 else ():  # noqa: PLR2004
        parts = list(nodes(extension.body))
        if not parts or parts[-1].tag != _OCTETS:
            raise DerError("an entry of a list is not of its form")
        if parts[0].raw == _REASON:
            reason = int.from_bytes(only(parts[-1].body, _ENUMERATED).body, "big")
        if parts[0].raw == _INVALID_SINCE:
            since = min(since, _moment(only(parts[-1].body, _TIME)))
    return members[0].body, Entry(since, reason)


def _moment(node: Node) -> datetime:
    """Return a time in either of its forms (RFC 5280, 4.1.2.5)."""
    digits = node.body.decode("ascii", "replace")
    try:
        if node.tag == _UTC_TIME:
            century = "19" if int(digits[:2]) >= _CENTURY_TURNS else "20"
            digits = century + digits
        elif node.tag != _TIME:
            raise DerError("a time is not where one must be")
        return datetime.strptime(digits, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        raise DerError("a time cannot be read") from None


def _certificate(der: bytes) -> _Certificate:
    parts = list(nodes(only(der, _SEQUENCE).body))
    members = [node for node in nodes(parts[0].body) if node.tag != _CONTEXT_0] if parts else []
    if len(members) < 5:  # noqa: PLR2004 - number, algorithm, issuer, dates, subject
        raise DerError("not a certificate")
    dates = list(nodes(members[3].body))
    if len(dates) != 2:  # noqa: PLR2004 - from and to
        raise DerError("not a certificate")
    return _Certificate(members[0].body, members[2].raw, members[4].raw, _moment(dates[1]))


def own_issuer(der: bytes) -> bool:
    """Tell whether a certificate is its own issuer: nobody's list can have it."""
    read = _certificate(der)
    return read.issuer == read.subject


def strict(der: bytes) -> bool:
    """Tell whether every length in ``der`` is written in the one way that DER has."""
    return all(
        node.raw == bytes([node.tag]) + _length(len(node.body)) + node.body
        and (not node.tag & _CONSTRUCTED or strict(node.body))
        for node in nodes(der)
    )


def _length(length: int) -> bytes:
    if length < 0x80:  # noqa: PLR2004 - the short form (X.690, 8.1.3)
        return bytes([length])
    digits = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes([0x80 | len(digits)]) + digits


# --- Judging ---


def believed(
    lists: Iterable[bytes], issuers: Sequence[bytes]
) -> Iterator[CrlList | openssl.Answer]:
    """Yield each list that one of ``issuers`` (DER) has signed; of any other, what is wrong.

    A list of somebody else's is left out: it speaks of no certificate here.
    """
    for der in lists:
        try:
            read = read_list(der)
            theirs = [one for one in issuers if _certificate(one).subject == read.issuer]
        except DerError as error:
            yield openssl.Answer(False, f"cannot be read: {error}")  # noqa: FBT003
            continue
        answers = [openssl.verify_list(der, one) for one in theirs]
        if any(answer.holds for answer in answers):
            yield read
        elif answers:
            yield answers[0]


def judged(
    certificate: bytes, lists: Iterable[CrlList], at: datetime, *, stamps: bool
) -> tuple[Outcome | None, str]:
    """Return whether ``certificate`` counted at ``at``, and why; None: nobody knows.

    ``stamps``: its key makes time stamps, so that the time they give is its own word.
    """
    facts = _certificate(certificate)
    mine = [one for one in lists if one.issuer == facts.issuer]
    found = [one.entries[facts.serial] for one in mine if facts.serial in one.entries]
    if found:
        return _revoked(min(found, key=lambda one: one.since), at, stamps=stamps)
    known = [one.made for one in mine if _speaks_of(one, facts.ends, at)]
    if not known:
        return None, "whether it was revoked by then: no list of its issuer covers that time"
    newest = max(known)
    return Outcome.PASSED, f"was not revoked, as its issuer's list of {newest:%Y-%m-%d} has it"


def _speaks_of(one: CrlList, ends: datetime, at: datetime) -> bool:
    """Whether a list tells of certificates that it does not name, at ``at``."""
    # After its end (``ends``) a certificate may be left out of a list.
    return one.whole and one.made <= ends and (one.until or at) >= at


def _revoked(entry: Entry, at: datetime, *, stamps: bool) -> tuple[Outcome, str]:
    reason = _REASONS.get(entry.reason or 0, f"reason {entry.reason}")
    text = f"was revoked on {entry.since:%Y-%m-%d %H:%M:%S}Z ({reason})"
    if stamps and entry.reason not in _STAMPS_REMAIN:
        return Outcome.FAILED, f"{text}, so that no stamp of it counts"
    if at >= entry.since:
        return Outcome.FAILED, f"{text}, before this of {at:%Y-%m-%d %H:%M:%S}Z"
    return Outcome.PASSED, f"{text}, after this of {at:%Y-%m-%d %H:%M:%S}Z, which still counts"


# --- The answer in a container's signature ---


def answer_fault(
    answer: bytes, responder: bytes, chain: Sequence[bytes], root_pem: bytes, stamped: datetime
) -> openssl.Answer:
    """Say whether ``answer`` (OCSPResponse) is the responder's, that the signer was good.

    Nothing signs the bytes around what it signs, so they must be of the one form; it must not be
    of before the stamp.
    """
    try:
        produced = _produced(answer, responder)
    except DerError as error:
        return openssl.Answer(False, f"its answer on the certificate is no such: {error}")  # noqa: FBT003
    if stamped - produced > _TOLERANCE:
        text = "its answer on the certificate is of before the stamp"
        return openssl.Answer(False, text)  # noqa: FBT003
    return openssl.verify_answer(answer, chain[0], chain[1], root_pem, stamped)


def _produced(answer: bytes, responder: bytes) -> datetime:
    """Return when an answer of the one form was made."""
    if not strict(answer):
        raise DerError("a length is not in its one form")
    status, content = _pair(only(answer, _SEQUENCE).body)
    kind, octets = _pair(only(content.body, _SEQUENCE).body)
    basic = list(nodes(only(octets.body, _SEQUENCE).body))
    if len(basic) != 4 or not basic[2].body.startswith(b"\0"):  # noqa: PLR2004 - see below
        raise DerError("another structure than the one expected")
    data, algorithm, signature, inside = basic
    tags = (content.tag, octets.tag, data.tag, signature.tag, inside.tag)
    fixed = (status.raw, kind.raw, algorithm.raw, only(inside.body, _SEQUENCE).body)
    if tags != (_CONTEXT_0, _OCTETS, _SEQUENCE, _BITS, _CONTEXT_0) or fixed != (
        _SUCCESSFUL,
        _BASIC,
        _ECDSA_SHA256,
        responder,
    ):
        raise DerError("another structure than the one expected")
    times = [node for node in nodes(data.body) if node.tag == _TIME]
    if len(times) != 1:
        raise DerError("it gives no time")
    return _moment(times[0])


def _pair(body: bytes) -> tuple[Node, Node]:
    found = list(nodes(body))
    if len(found) != 2:  # noqa: PLR2004 - a pair
        raise DerError("another structure than the one expected")
    return found[0], found[1]
