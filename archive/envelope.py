"""Envelopes: a file that only the holders of certificates can open, by CMS and the openssl command.

The content is under AES-256-GCM (AuthEnvelopedData, RFC 5083), its key under each recipient's:
RSA-OAEP with SHA-256, or ECDH with SHA-256.  Making one streams; opening one holds the whole in
memory, about four times its size, so a file is enveloped up to a limit only.  An envelope says
nothing of who made it: what is inside is sealed.
"""

import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding

from archive import openssl
from archive.errors import ArchiveError, MalformedError

__all__ = ["ENDING", "LARGEST", "Recipient", "envelop", "opening_text", "read_recipient"]

ENDING = ".p7m"
"""What is put behind the name of a file that is enveloped."""

LARGEST = 1 << 30
"""Bytes of a file that is enveloped: to open it takes about four times as much memory."""

_LEAST_RSA, _MOST_RSA = 2048, 8192
_CURVES = ("secp256r1", "secp384r1", "secp521r1")
_CIPHER = "-aes-256-gcm"
_RSA_OPTIONS = ("rsa_padding_mode:oaep", "rsa_oaep_md:sha256", "rsa_mgf1_md:sha256")
_EC_OPTIONS = ("ecdh_kdf_md:sha256",)
_TIMEOUT = 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """A certificate that files can be enveloped to; ``fingerprint`` is its SHA-256, hex."""

    pem: bytes
    fingerprint: str
    subject: str
    key: str
    until: datetime


def read_recipient(pem: bytes, now: datetime) -> Recipient:
    """Read a recipient's certificate, or raise `MalformedError` naming everything wrong with it."""
    try:
        found = x509.load_pem_x509_certificates(pem)
    except ValueError as error:
        raise MalformedError(f"this is no certificate in PEM: {error}") from None
    if len(found) != 1:
        raise MalformedError(
            f"the file holds {len(found)} certificates; it must hold the recipient's own and no "
            "other"
        )
    certificate = found[0]
    faults = [*_faults_of_key(certificate), *_faults_of_time(certificate, now)]
    if faults:
        raise MalformedError(f"nothing can be enveloped to this certificate: {'; '.join(faults)}")
    der = certificate.public_bytes(Encoding.DER)
    return Recipient(
        pem=certificate.public_bytes(Encoding.PEM),
        fingerprint=sha256(der).hexdigest(),
        subject=certificate.subject.rfc4514_string(),
        key=_described(certificate),
        until=certificate.not_valid_after_utc,
    )


def _described(certificate: x509.Certificate) -> str:
    key = certificate.public_key()
    if isinstance(key, RSAPublicKey):
        return f"RSA {key.key_size}"
    assert isinstance(key, EllipticCurvePublicKey)  # noqa: S101  (_faults_of_key has seen to it)
    return f"EC {key.curve.name}"


def _faults_of_key(certificate: x509.Certificate) -> list[str]:
    try:
        key = certificate.public_key()
    except (UnsupportedAlgorithm, ValueError):
        return ["its key is of a kind that is not known here; an RSA or EC key is needed"]
    if isinstance(key, RSAPublicKey):
        faults = _faults_of_usage(certificate, "key_encipherment")
        if not _LEAST_RSA <= key.key_size <= _MOST_RSA:
            faults.append(
                f"its RSA key has {key.key_size} bits, it needs {_LEAST_RSA} to {_MOST_RSA}"
            )
        return faults
    if isinstance(key, EllipticCurvePublicKey):
        faults = _faults_of_usage(certificate, "key_agreement")
        if key.curve.name not in _CURVES:
            faults.append(f"its curve is {key.curve.name}, it must be one of {', '.join(_CURVES)}")
        return faults
    return ["its key can only sign; an RSA or EC key is needed"]


def _faults_of_usage(certificate: x509.Certificate, wanted: str) -> list[str]:
    try:
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return []
    except ValueError as error:
        return [f"its extensions cannot be read: {error}"]
    if getattr(usage, wanted):
        return []
    words = wanted.replace("_", " ")
    return [f"its key usage does not allow {words}: it is for signing, ask for the other one"]


def _faults_of_time(certificate: x509.Certificate, now: datetime) -> list[str]:
    first, last = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    if now < first:
        return [f"it begins on {first:%Y-%m-%d}"]
    if now >= last:
        return [f"it ended on {last:%Y-%m-%d}; ask its holder for the one that follows"]
    return []


def envelop(source: Path, target: Path, recipients: Sequence[Recipient]) -> None:
    """Write the envelope of ``source`` to ``target``, which must not be there.

    Raises `MalformedError` for a file that is too large, and `ArchiveError` where openssl cannot
    do it; then nothing is left behind.
    """
    size = source.stat().st_size
    if size > LARGEST:
        raise MalformedError(
            f"{source.name} has {size} bytes; a file is enveloped up to {LARGEST}, because opening "
            "it takes about four times as much memory. Put it on an encrypted medium instead"
        )
    if away := openssl.missing():
        raise ArchiveError(f"nothing was enveloped: {away}")
    with TemporaryDirectory(prefix="envelope-") as folder, target.open("xb") as out:
        command = ["openssl", "cms", "-encrypt", "-binary", "-stream", _CIPHER, "-outform", "DER"]
        command += ["-in", str(source)]
        for number, one in enumerate(recipients):
            path = Path(folder, f"{number}.pem")
            path.write_bytes(one.pem)
            command += ["-recip", str(path)]
            for option in _RSA_OPTIONS if one.key.startswith("RSA") else _EC_OPTIONS:
                command += ["-keyopt", option]
        try:
            _run(command, out.fileno(), source)
        except ArchiveError:
            target.unlink()
            raise


def _run(command: Sequence[str], out: int, source: Path) -> None:
    try:
        done = subprocess.run(  # noqa: S603  (openssl, with files of ours)
            command, stdout=out, stderr=subprocess.PIPE, check=False, timeout=_TIMEOUT
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ArchiveError(f"{source.name} could not be enveloped: {error}") from None
    if done.returncode:
        said = " ".join(done.stderr.decode(errors="replace").split())[:300]
        raise ArchiveError(f"{source.name} could not be enveloped; openssl says: {said}")


def opening_text(names: Sequence[str], recipient: Recipient) -> bytes:
    """Return a note for the recipient: what these files are, and the command that opens each."""
    commands = "\n".join(
        f"  openssl cms -decrypt -binary -inform DER -inkey KEY.pem -in {name} \\\n"
        f"      -out {name.removesuffix(ENDING)}"
        for name in names
    )
    return f"""These files are enveloped to your certificate, SHA-256 fingerprint

  {recipient.fingerprint}
  {recipient.subject}

With its private key in KEY.pem, and OpenSSL 3.0 or newer, each is opened by

{commands}

A file that was changed on its way is refused ("bad decrypt" or an error of the cipher): what was
written until then is to be thrown away. What is inside is sealed; README.txt in the container says
how to check that.
""".encode()
