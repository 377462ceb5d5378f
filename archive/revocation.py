"""What is known of revoked certificates when a bundle is sealed: lists, and answers made of them.

A station's root issues a list of revoked certificates (CRL, RFC 5280, 5) at the ceremony and again
at each renewal, since its key is in a safe.  A responder of the station's (OCSP, RFC 6960) answers
from that list at the moment of each seal, for validators that take nothing else: what it says is
as good as the list, and no better.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha1, sha256
from pathlib import Path

from asn1crypto import core, ocsp
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID

from archive.errors import KeyFileError
from archive.key_files import certificates, private_key

__all__ = [
    "CRL_LASTS",
    "NOTHING_KNOWN",
    "Responder",
    "Revocation",
    "Revoked",
    "new_list",
    "read_lists",
    "renewed_list",
]

CRL_LASTS = timedelta(days=396)
"""How long a root's list is good: a year, and a month to renew it in."""


@dataclass(frozen=True, slots=True)
class Revoked:
    """A certificate that no longer counts, from when on, and why."""

    serial: int
    since: datetime
    reason: x509.ReasonFlags = x509.ReasonFlags.unspecified


# --- The root's list ---


def new_list(
    root: x509.Certificate,
    root_key: ec.EllipticCurvePrivateKey,
    *,
    now: datetime,
    number: int = 1,
    revoked: Iterable[Revoked] = (),
) -> x509.CertificateRevocationList:
    """Return a list of the root's, number ``number``, of all that is revoked."""
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(root.subject)
        .last_update(now)
        .next_update(now + CRL_LASTS)
        .add_extension(x509.CRLNumber(number), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key()),
            critical=False,
        )
    )
    for one in revoked:
        entry = x509.RevokedCertificateBuilder().serial_number(one.serial)
        entry = entry.revocation_date(one.since)
        if one.reason is not x509.ReasonFlags.unspecified:
            entry = entry.add_extension(x509.CRLReason(one.reason), critical=False)
        builder = builder.add_revoked_certificate(entry.build())
    return builder.sign(root_key, hashes.SHA256())


def renewed_list(
    before: x509.CertificateRevocationList,
    root: x509.Certificate,
    root_key: ec.EllipticCurvePrivateKey,
    *,
    now: datetime,
    revoked: Sequence[Revoked] = (),
) -> x509.CertificateRevocationList:
    """Return the list that follows ``before``: all that it has, and what is ``revoked`` now.

    Raises `KeyFileError` where ``before`` is not of this root, or the key is another's.
    """
    if root_key.public_key() != root.public_key():
        raise KeyFileError("the key is not that of the root's certificate; name its own")
    if not before.is_signature_valid(root_key.public_key()):
        raise KeyFileError("the list that is to be renewed is not signed by this root")
    known = {one.serial: one for one in (_entry(it) for it in before)}
    # What was revoked once stays so, from the first date on.
    merged = {one.serial: one for one in revoked} | known
    number = before.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number + 1
    return new_list(root, root_key, now=now, number=number, revoked=merged.values())


def _entry(entry: x509.RevokedCertificate) -> Revoked:
    reason = x509.ReasonFlags.unspecified
    for extension in entry.extensions:
        if isinstance(extension.value, x509.CRLReason):
            reason = extension.value.reason
    return Revoked(entry.serial_number, entry.revocation_date_utc, reason)


def read_lists(paths: Iterable[Path]) -> tuple[x509.CertificateRevocationList, ...]:
    """Return the lists in files of one each, PEM or DER, or raise `KeyFileError`."""
    return tuple(_list(path) for path in paths)


def _list(path: Path) -> x509.CertificateRevocationList:
    try:
        data = path.read_bytes()
        if data.lstrip().startswith(b"-----"):
            return x509.load_pem_x509_crl(data)
        return x509.load_der_x509_crl(data)
    except OSError as error:
        raise KeyFileError(
            f"{path}: {error.strerror}; stationctl keys crl makes the root's list, an authority's "
            "is where its certificates say"
        ) from None
    except ValueError:
        raise KeyFileError(f"{path} holds no list of revoked certificates (CRL)") from None


# --- The station's responder ---


class Responder:
    """Answers from the root's list, under a key that the root gave for this alone."""

    def __init__(self, key: ec.EllipticCurvePrivateKey, certificate: x509.Certificate) -> None:
        self._key = key
        self._certificate = certificate

    @classmethod
    def load(cls, key_path: Path, certificate_path: Path) -> "Responder":
        """Load the two files, or raise `KeyFileError`."""
        key = private_key(key_path)
        (certificate, *_) = certificates(certificate_path)
        if not isinstance(key, ec.EllipticCurvePrivateKey) or (
            key.public_key() != certificate.public_key()
        ):
            raise KeyFileError(f"{key_path} is not the P-256 key of {certificate_path}")
        if not _answers(certificate):
            raise KeyFileError(f"the certificate in {certificate_path} is not for OCSP answers")
        return cls(key, certificate)

    @property
    def certificate_pem(self) -> bytes:
        """The responder's certificate."""
        return self._certificate.public_bytes(Encoding.PEM)

    def answer(
        self,
        certificate: x509.Certificate,
        issuer: x509.Certificate,
        known: x509.CertificateRevocationList,
        at: datetime,
    ) -> bytes:
        """Return the answer (OCSPResponse in DER) that ``certificate`` is good, made at ``at``.

        The caller has looked into ``known``; its dates are those of what is known.
        """
        single = {
            "cert_id": _named(certificate, issuer),
            "cert_status": ocsp.CertStatus(name="good", value=core.Null()),
            "this_update": known.last_update_utc,
        }
        if known.next_update_utc is not None:
            single["next_update"] = known.next_update_utc
        # RFC 6960, 4.2.1 has it so; nothing hangs on this hash.
        key = core.OctetString(sha1(_key_bits(self._certificate)).digest())  # noqa: S324
        whose = ocsp.ResponderId(name="by_key", value=key)
        data = ocsp.ResponseData(
            {"responder_id": whose, "produced_at": at.replace(microsecond=0), "responses": [single]}
        )
        signature = self._key.sign(data.dump(), ec.ECDSA(hashes.SHA256()))
        inside = asn1_x509.Certificate.load(self._certificate.public_bytes(Encoding.DER))
        basic = ocsp.BasicOCSPResponse(
            {
                "tbs_response_data": data,
                "signature_algorithm": {"algorithm": "sha256_ecdsa"},
                "signature": signature,
                "certs": [inside],
            }
        )
        return ocsp.OCSPResponse(  # type: ignore[no-any-return]
            {
                "response_status": "successful",
                "response_bytes": {
                    "response_type": "basic_ocsp_response",
                    "response": core.ParsableOctetString(basic.dump()),
                },
            }
        ).dump()


def _answers(certificate: x509.Certificate) -> bool:
    try:
        usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return False
    return ExtendedKeyUsageOID.OCSP_SIGNING in usage


def _named(certificate: x509.Certificate, issuer: x509.Certificate) -> dict[str, object]:
    """Return how an answer names a certificate (RFC 6960, 4.1.1)."""
    return {
        "hash_algorithm": {"algorithm": "sha256"},
        "issuer_name_hash": sha256(issuer.subject.public_bytes()).digest(),
        "issuer_key_hash": sha256(_key_bits(issuer)).digest(),
        "serial_number": certificate.serial_number,
    }


def _key_bits(certificate: x509.Certificate) -> bytes:
    """Return the bits of a certificate's key, which answers name by their hash."""
    loaded = asn1_x509.Certificate.load(certificate.public_bytes(Encoding.DER))
    return bytes(loaded.public_key["public_key"])


# --- What a seal is given ---


@dataclass(frozen=True, slots=True)
class Revocation:
    """The lists of everybody concerned, and the station's responder if it has one."""

    lists: tuple[x509.CertificateRevocationList, ...] = ()
    responder: Responder | None = None

    @property
    def pem(self) -> bytes:
        """All lists, one after the other."""
        return b"".join(one.public_bytes(Encoding.PEM) for one in self.lists)

    @property
    def der(self) -> list[bytes]:
        """Each list."""
        return [one.public_bytes(Encoding.DER) for one in self.lists]

    @property
    def responder_pem(self) -> bytes:
        """The responder's certificate; empty: there is none."""
        return self.responder.certificate_pem if self.responder is not None else b""

    def of(self, issuer: x509.Certificate) -> x509.CertificateRevocationList | None:
        """Return the newest list of ``issuer``."""
        found = [one for one in self.lists if one.issuer == issuer.subject and _signed(one, issuer)]
        return max(found, key=lambda one: one.last_update_utc, default=None)

    def check(self, certificate: x509.Certificate, issuer: x509.Certificate) -> None:
        """Raise `KeyFileError` where the issuer's list has ``certificate``."""
        known = self.of(issuer)
        # An empty list is false, and says something all the same.
        entry = (
            None
            if known is None
            else known.get_revoked_certificate_by_serial_number(certificate.serial_number)
        )
        if entry is not None:
            raise KeyFileError(
                f"{certificate.subject.rfc4514_string()} is revoked since "
                f"{entry.revocation_date_utc:%Y-%m-%d}; make a new seal certificate under the root"
            )

    def answer(
        self, certificate: x509.Certificate, issuer: x509.Certificate, at: datetime
    ) -> bytes | None:
        """Return the responder's answer on ``certificate``; None: nobody can give one."""
        known = self.of(issuer)
        if self.responder is None or known is None:
            return None
        return self.responder.answer(certificate, issuer, known, at)


NOTHING_KNOWN = Revocation()


def _signed(one: x509.CertificateRevocationList, issuer: x509.Certificate) -> bool:
    key = issuer.public_key()
    try:
        return one.is_signature_valid(key)  # type: ignore[arg-type]
    except (InvalidSignature, TypeError):
        return False
