"""Ask the openssl command about signatures and time stamps, and read what it does not print.

Certificates are judged at the time the stamp proves, not now: a bundle stays as good as it was.
"""

import base64
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

__all__ = [
    "Answer",
    "DerError",
    "Node",
    "StampToken",
    "authority_name",
    "certificates",
    "missing",
    "nodes",
    "only",
    "reply_token",
    "signature_stamps",
    "token",
    "token_certificates",
    "verify_answer",
    "verify_bare",
    "verify_certificate",
    "verify_list",
    "verify_signature",
    "verify_stamp",
]

_PEM = re.compile(rb"-----BEGIN CERTIFICATE-----(.+?)-----END CERTIFICATE-----", re.DOTALL)
_TIMEOUT = 60
_OLDEST = 3
_SIGNED_DATA = bytes.fromhex("06092a864886f70d010702")
_TST_INFO = bytes.fromhex("060b2a864886f70d0109100104")
_COMMON_NAME = bytes.fromhex("0603550403")
_SIGNATURE_STAMP = bytes.fromhex("060b2a864886f70d010910020e")
# AlgorithmIdentifier of the two kinds of keys that seal: ECDSA on P-256, and RSA.
_P256 = bytes.fromhex("301306072a8648ce3d020106082a8648ce3d030107")
_RSA = bytes.fromhex("300d06092a864886f70d0101010500")
_SEQUENCE, _SET, _OCTETS, _TIME, _INTEGER = 0x30, 0x31, 0x04, 0x18, 0x02
_CONTEXT_0, _CONTEXT_1 = 0xA0, 0xA1
# Members of SignerInfo and SignedData (RFC 5652, 5.1 and 5.3), and SHA-256, SHA-384, SHA-512.
_DIGEST_PLACE, _CONTENT_PLACE = 2, 2
_DIGESTS = tuple(bytes.fromhex(f"060960864801650304020{last}") for last in "123")
# PKIStatus: granted, and granted with changes.
_GRANTED = (b"\x02\x01\x00", b"\x02\x01\x01")
# Behind serial number, algorithm, issuer, validity and subject.
_KEY_PLACE = 5


class DerError(Exception):
    """The bytes are not the DER structure they must be."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What openssl said: whether it holds, and its reason where not; None: it was not to be had.

    ``signer`` is the certificate (DER) that a signature was made with, where that was asked.
    """

    holds: bool | None
    reason: str
    signer: bytes = b""


@dataclass(frozen=True, slots=True)
class StampToken:
    """A time-stamp token and the time it gives."""

    der: bytes
    time: datetime


# --- DER ---


@dataclass(frozen=True, slots=True)
class Node:
    """A value in DER: its tag, all its bytes, and those behind tag and length."""

    tag: int
    raw: bytes
    body: bytes


def nodes(data: bytes) -> Iterator[Node]:
    """Yield the values that stand one after the other in ``data``."""
    at = 0
    while at < len(data):
        begin = at
        try:
            tag, length = data[at], data[at + 1]
            at += 2
            if length & 0x80:
                wide = length & 0x7F
                length = int.from_bytes(data[at : at + wide], "big")
                at += wide
                if not 1 <= wide <= 4:  # noqa: PLR2004 - no length of ours needs more
                    raise DerError("a length is not in definite form")
        except IndexError:
            raise DerError("a value is cut short") from None
        if at + length > len(data):
            raise DerError("a value is cut short")
        yield Node(tag, data[begin : at + length], data[at : at + length])
        at += length


def only(data: bytes, tag: int) -> Node:
    """Return the one value that ``data`` is, or raise `DerError`."""
    found = list(nodes(data))
    if len(found) != 1 or found[0].tag != tag:
        raise DerError("another structure than the one expected")
    return found[0]


def _signed_data(content_info: bytes) -> list[Node]:
    """Return the members of the SignedData in a ContentInfo."""
    members = list(nodes(only(content_info, _SEQUENCE).body))
    if len(members) != 2 or members[0].raw != _SIGNED_DATA or members[1].tag != _CONTEXT_0:  # noqa: PLR2004
        raise DerError("not a CMS signature")
    return list(nodes(only(members[1].body, _SEQUENCE).body))


def _signer(members: list[Node]) -> list[Node]:
    if not members or members[-1].tag != _SET:
        raise DerError("no signer")
    return list(nodes(only(members[-1].body, _SEQUENCE).body))


def _fault(content_info: bytes, *, detached: bool) -> str:
    """Say what openssl does not mind in a CMS signature, and we do; empty: nothing."""
    try:
        members = _signed_data(content_info)
        signer = _signer(members)
        digest = next(nodes(signer[_DIGEST_PLACE].body))
        content = list(nodes(members[_CONTENT_PLACE].body))
    except (DerError, IndexError, StopIteration):
        return "no signer, or more than one"
    if detached and len(content) != 1:
        return "it carries content of its own"
    return "" if digest.raw in _DIGESTS else "it is signed in a way that is not used here"


def signature_stamps(p7s: bytes) -> tuple[bytes, list[StampToken]]:
    """Return the signature value of a CMS signature and the time stamps over it, at least one."""
    signer = _signer(_signed_data(p7s))
    values = [node.body for node in signer if node.tag == _OCTETS]
    unsigned = [node.body for node in signer if node.tag == _CONTEXT_1]
    if len(values) != 1 or len(unsigned) != 1:
        raise DerError("no time stamp over the signature")
    found: list[StampToken] = []
    for attribute in nodes(unsigned[0]):
        parts = list(nodes(attribute.body))
        if len(parts) == 2 and parts[0].raw == _SIGNATURE_STAMP and parts[1].tag == _SET:  # noqa: PLR2004
            found.append(token(only(parts[1].body, _SEQUENCE).raw))
    if not found:
        raise DerError("no time stamp over the signature")
    return values[0], found


def reply_token(tsr: bytes) -> StampToken:
    """Return the token of a time-stamp reply."""
    members = list(nodes(only(tsr, _SEQUENCE).body))
    if len(members) != 2:  # noqa: PLR2004 - status and token
        raise DerError("the reply holds no token")
    # What is refused may have a token beside it, which is then none (RFC 3161, 2.4.2).
    if next(nodes(members[0].body), members[0]).raw not in _GRANTED:
        raise DerError("the reply says that no stamp was granted")
    return token(members[1].raw)


def token(der: bytes) -> StampToken:
    """Return a time-stamp token with the time it gives."""
    for member in _signed_data(der):
        parts = list(nodes(member.body)) if member.tag == _SEQUENCE else []
        if len(parts) == 2 and parts[0].raw == _TST_INFO:  # noqa: PLR2004 - type and content
            info = only(only(parts[1].body, _OCTETS).body, _SEQUENCE)
            for node in nodes(info.body):
                if node.tag == _TIME:
                    return StampToken(der, _generalized(node.body))
    raise DerError("the token gives no time")


def token_certificates(der: bytes) -> list[bytes]:
    """Return the certificates inside a time-stamp token, in DER."""
    return [
        one.raw
        for member in _signed_data(der)
        if member.tag == _CONTEXT_0
        for one in nodes(member.body)
        if one.tag == _SEQUENCE
    ]


def authority_name(der: bytes) -> str:
    """Return the name of the authority that made a token: its certificate's, or empty."""
    try:
        names = [_names(one) for one in token_certificates(der)]
    except DerError:
        return ""
    above = [issuer for issuer, _ in names]
    own = [subject for _, subject in names if subject.raw not in above]
    return _common_name(own[0]) if own else ""


def _names(certificate: bytes) -> tuple[bytes, Node]:
    """Return a certificate's issuer and subject (RFC 5280, 4.1)."""
    members = _members(certificate)
    return members[_KEY_PLACE - 3].raw, members[_KEY_PLACE - 1]


def _common_name(name: Node) -> str:
    for part in nodes(name.body):
        kind, value = [*nodes(only(part.body, _SEQUENCE).body)][:2]
        if kind.raw == _COMMON_NAME:
            return _printable(value.body.decode(errors="replace"))
    return ""


def _printable(text: str) -> str:
    """Return a stranger's text as it may be shown: it must not write lines of its own."""
    return "".join(sign if sign.isprintable() else "\ufffd" for sign in text)


def _generalized(body: bytes) -> datetime:
    found = re.fullmatch(rb"(\d{14})(\.\d{1,6})?\d*Z", body)
    try:
        text = found[1].decode() if found else ""
        return datetime.strptime(text, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        raise DerError("the token gives no time") from None


def certificates(pem: bytes) -> list[bytes]:
    """Return the certificates of a PEM file, in DER, in their order."""
    found = []
    for body in _PEM.findall(pem):
        try:
            found.append(base64.b64decode(b"".join(body.split()), validate=True))
        except ValueError:
            raise DerError("a certificate that is not base64") from None
    return found


# --- The command ---


def missing() -> str:
    """Return why there is no openssl command that can be asked; empty: there is one."""
    try:
        program = _program()
        _check_version(program, Path(program).stat().st_mtime_ns)
    except _OldError as error:
        return f"the openssl command here is not OpenSSL 3: {error}; install OpenSSL 3"
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"there is no openssl command that runs here ({error}); install OpenSSL 3"
    return ""


class _OldError(Exception):
    """It is not the command we need; the message is what it calls itself."""


@lru_cache(maxsize=1)
def _check_version(program: str, _changed: int) -> None:
    """Raise unless ``program`` is OpenSSL 3 or newer; one that is, is not asked again.

    A new program in its place has another time of change.
    """
    version = _run(program, "version").stdout.decode(errors="replace").strip()
    found = re.match(r"OpenSSL (\d+)[.]", version)
    if found is None or int(found[1]) < _OLDEST:
        raise _OldError(version[:60])


def _program() -> str:
    program = shutil.which("openssl")
    if program is None:
        raise FileNotFoundError("openssl is not in PATH")
    return program


def _run(program: str, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(  # noqa: S603 - a fixed program, our own arguments
        [program, *arguments], capture_output=True, timeout=_TIMEOUT, check=False
    )


@contextmanager
def _files(contents: Mapping[str, bytes]) -> Iterator[dict[str, str]]:
    with tempfile.TemporaryDirectory(prefix="stationd-verify-") as folder:
        for name, content in contents.items():
            Path(folder, name).write_bytes(content)
        yield {name: str(Path(folder, name)) for name in contents}


def _ask(
    contents: Mapping[str, bytes],
    arguments: Callable[[Mapping[str, str]], list[str]],
    *,
    keep: str = "",
) -> Answer:
    """Run openssl over files of these ``contents``, whose paths ``arguments`` are made from.

    Where it ends well, the reason is what it said: the line with ``keep`` in it, or the last.
    """
    if away := missing():
        return Answer(None, away)
    try:
        with _files(contents) as paths:
            ended = _run(_program(), *arguments(paths))
    except (OSError, subprocess.TimeoutExpired) as error:
        return Answer(None, f"openssl could not be asked: {error}")
    if ended.returncode < 0:
        return Answer(None, f"openssl was ended by signal {-ended.returncode}; check again")
    said = (ended.stderr + ended.stdout).decode(errors="replace").strip().splitlines()
    # The last lines of openssl are its reasons; the first of them is the nearest to the cause.
    reasons = [line.rpartition(":error:")[2] for line in said if "rror" in line]
    if ended.returncode == 0:
        reasons = [line for line in said if keep and keep in line]
    return Answer(ended.returncode == 0, (reasons or said or ["no reason given"])[-1])


def verify_signature(p7s: bytes, data: bytes, root_pem: bytes, at: datetime | None) -> Answer:
    """Ask whether ``p7s`` is a CAdES signature over ``data`` under the root."""
    moment = ["-attime", str(int(at.timestamp()))] if at else []
    if fault := _fault(p7s, detached=True):
        return Answer(False, fault)  # noqa: FBT003
    try:
        with tempfile.TemporaryDirectory(prefix="stationd-verify-") as folder:
            shown = Path(folder, "signer.pem")
            said = _ask(
                {"p7s": p7s, "data": data, "root.pem": root_pem},
                lambda paths: [
                    *("cms", "-verify", "-cades", "-binary", "-inform", "DER", "-in", paths["p7s"]),
                    *("-content", paths["data"], "-CAfile", paths["root.pem"]),
                    # Only what was given is trusted, not what the machine happens to trust.
                    *("-no-CApath", "-no-CAstore", "-out", f"{paths['data']}.out", *moment),
                    *("-signer", str(shown)),
                ],
            )
            found = certificates(shown.read_bytes()) if said.holds else []
    except OSError as error:
        return Answer(None, f"openssl could not be asked: {error}")
    return Answer(said.holds, said.reason, found[0] if len(found) == 1 else b"")


def verify_certificate(chain: Sequence[bytes], root_pem: bytes, at: datetime) -> Answer:
    """Ask whether the first certificate of ``chain`` (DER) leads to the root, judged at ``at``."""
    leaf, *between = (_pem("CERTIFICATE", der) for der in chain)
    return _ask(
        {"leaf.pem": leaf, "between.pem": b"".join(between), "root.pem": root_pem},
        lambda paths: [
            *("verify", "-CAfile", paths["root.pem"], "-untrusted", paths["between.pem"]),
            # As for the seal: a certificate of a server or an authority signs no bundle.
            *("-purpose", "smimesign"),
            *("-no-CApath", "-no-CAstore", "-attime", str(int(at.timestamp())), paths["leaf.pem"]),
        ],
    )


def verify_list(crl: bytes, issuer: bytes) -> Answer:
    """Ask whether a list of revoked certificates (DER) is signed by ``issuer`` (DER)."""
    said = _ask(
        {"crl": crl, "issuer.pem": _pem("CERTIFICATE", issuer)},
        lambda paths: [
            *("crl", "-inform", "DER", "-in", paths["crl"], "-noout"),
            *("-CAfile", paths["issuer.pem"], "-no-CApath", "-no-CAstore"),
        ],
    )
    # Some versions end well in either case, and say it in words.
    return Answer(said.holds and said.reason.startswith("verify OK"), said.reason)


def verify_answer(
    answer: bytes, certificate: bytes, issuer: bytes, root_pem: bytes, at: datetime
) -> Answer:
    """Ask whether an OCSP answer says, under the root, that ``certificate`` is good."""
    said = _ask(
        {
            "answer": answer,
            "leaf": _pem("CERTIFICATE", certificate),
            "issuer": _pem("CERTIFICATE", issuer),
            "root.pem": root_pem,
        },
        lambda paths: [
            *("ocsp", "-respin", paths["answer"], "-issuer", paths["issuer"], "-sha256"),
            *("-cert", paths["leaf"], "-CAfile", paths["root.pem"], "-no-CApath", "-no-CAstore"),
            *("-no_nonce", "-attime", str(int(at.timestamp()))),
        ],
        keep="leaf: ",
    )
    return Answer(said.holds and said.reason.endswith("leaf: good"), said.reason)


def verify_bare(value: bytes, data: bytes, certificate: bytes, *, halves: bool) -> Answer:
    """Ask whether ``value`` signs ``data`` (SHA-256) under the key of ``certificate`` (DER).

    ``halves``: the value is r and s of equal length, as XML has it (RFC 4051), and not in DER.
    """
    try:
        der = _public_key(certificate)
    except DerError as error:
        return Answer(False, f"the certificate cannot be read: {error}")  # noqa: FBT003
    if not _key_of_kind(der, _P256 if halves else _RSA):
        text = "the key of the certificate is none of the algorithm that is named"
        return Answer(False, text)  # noqa: FBT003
    key = _pem("PUBLIC KEY", der)
    return _ask(
        {"value": _der_of_halves(value) if halves else value, "data": data, "key.pem": key},
        lambda paths: [
            *("dgst", "-sha256", "-verify", paths["key.pem"], "-signature", paths["value"]),
            paths["data"],
        ],
    )


def _public_key(certificate: bytes) -> bytes:
    """Return a certificate's SubjectPublicKeyInfo (RFC 5280, 4.1)."""
    return _members(certificate)[_KEY_PLACE].raw


def _members(certificate: bytes) -> list[Node]:
    parts = list(nodes(only(certificate, _SEQUENCE).body))
    members = [node for node in nodes(parts[0].body) if node.tag != _CONTEXT_0] if parts else []
    if len(members) <= _KEY_PLACE:
        raise DerError("not a certificate")
    return members


def _key_of_kind(der: bytes, algorithm: bytes) -> bool:
    """Tell whether a SubjectPublicKeyInfo is of an AlgorithmIdentifier, parameters included."""
    return next(nodes(only(der, _SEQUENCE).body)).raw == algorithm


def _der_of_halves(value: bytes) -> bytes:
    """Return r and s, which stand side by side, as a DER sequence of two integers."""
    half = len(value) // 2
    whole = b""
    for part in (value[:half], value[half:]):
        digits = part.lstrip(b"\0")
        if not digits or digits[0] & 0x80:
            digits = b"\0" + digits
        whole += bytes((_INTEGER, len(digits))) + digits
    return bytes((_SEQUENCE, len(whole))) + whole


def _pem(label: str, der: bytes) -> bytes:
    body = base64.encodebytes(der).decode()
    return f"-----BEGIN {label}-----\n{body}-----END {label}-----\n".encode()


def verify_stamp(token: StampToken, data: bytes, tsa_pem: bytes) -> Answer:
    """Ask whether ``token`` is a time stamp over ``data`` under the authority."""
    if fault := _fault(token.der, detached=False):
        return Answer(False, fault)  # noqa: FBT003
    return _ask(
        {"token": token.der, "tsa.pem": tsa_pem},
        lambda paths: [
            *("ts", "-verify", "-digest", sha256(data).hexdigest(), "-in", paths["token"]),
            *("-token_in", "-CAfile", paths["tsa.pem"]),
            *("-attime", str(int(token.time.timestamp()))),
        ],
    )
