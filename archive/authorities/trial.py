"""A time-stamp authority of one's own, for trials and tests.

It answers as RFC 3161 asks and OpenSSL accepts its stamps, but since anyone may run one, they prove
nothing to anybody else.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from asn1crypto import tsp
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from archive import cms
from archive.ceremony import key_usage
from archive.revocation import new_list
from archive.timestamps import Reply

__all__ = ["TrialAuthority", "make_authority"]

# Of the arc that is kept free for examples.
POLICY = "2.999.1"
_LASTS = timedelta(days=20 * 365)
_BEFORE = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialAuthority:
    """A certificate authority of its own and a stamping certificate under it."""

    trust_pem: bytes
    crl_pem: bytes
    certificate: bytes
    key: bytes
    root_key: bytes
    policy: str

    def reply(self, request: bytes, *, now: datetime, serial: int) -> bytes:
        """Return the reply to ``request`` (both DER), stamped at ``now`` under ``serial``."""
        try:
            asked = tsp.TimeStampReq.load(request, strict=True)
            _ = asked.native
        except (ValueError, TypeError):
            return _refusal("bad_data_format", "not a time-stamp request")
        imprint = asked["message_imprint"]
        if imprint["hash_algorithm"]["algorithm"].native != "sha256":
            return _refusal("bad_alg", "only SHA-256 is stamped here")
        if asked["req_policy"].native is not None and asked["req_policy"].dotted != self.policy:
            return _refusal("unaccepted_policy", f"the policy here is {self.policy}")
        info = {
            "version": "v1",
            "policy": self.policy,
            "message_imprint": imprint,
            "serial_number": serial,
            "gen_time": now,
        }
        if asked["nonce"].native is not None:
            info["nonce"] = asked["nonce"]
        token = cms.sign_stamp(tsp.TSTInfo(info), key=self.key, chain=[self.certificate], now=now)
        granted = {"status": {"status": "granted"}, "time_stamp_token": token}
        return Reply(granted).dump()  # type: ignore[no-any-return]


def make_authority(
    *, now: datetime, serials: Iterable[int], policy: str = POLICY, title: str = "Trial time-stamp"
) -> TrialAuthority:
    """Make a trial authority of this ``title``; ``serials`` gives numbers for two certificates."""
    numbers = iter(serials)
    root_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    root_name, name = _name(f"{title} root"), _name(f"{title} authority")
    root = _certificate(
        _builder(root_name, root_name, root_key, next(numbers), now).add_extension(
            x509.BasicConstraints(ca=True, path_length=0), critical=True
        ),
        root_key,
        certificates=True,
    )
    certificate = _certificate(
        _builder(name, root_name, key, next(numbers), now)
        .add_extension(
            # RFC 3161 2.3: critical, and this purpose alone.
            x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]),
            critical=True,
        )
        .add_extension(
            # Every trial's root has the same name; this says which one is meant.
            x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key()),
            critical=False,
        ),
        root_key,
        certificates=False,
    )
    return TrialAuthority(
        trust_pem=root.public_bytes(Encoding.PEM),
        crl_pem=new_list(root, root_key, now=now - _BEFORE).public_bytes(Encoding.PEM),
        certificate=certificate.public_bytes(Encoding.DER),
        key=_private(key),
        root_key=_private(root_key),
        policy=policy,
    )


def _private(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


def _refusal(fault: str, words: str) -> bytes:
    status = {"status": "rejection", "status_string": [words], "fail_info": {fault}}
    return Reply({"status": status}).dump()  # type: ignore[no-any-return]


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    serial: int,
    now: datetime,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(serial)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        # A clock that is stepped back during a trial must not outrun the certificate.
        .not_valid_before(now - _BEFORE)
        .not_valid_after(now + _LASTS)
    )


def _certificate(
    builder: x509.CertificateBuilder, key: ec.EllipticCurvePrivateKey, *, certificates: bool
) -> x509.Certificate:
    return builder.add_extension(key_usage(signs_certificates=certificates), critical=True).sign(
        key, hashes.SHA256()
    )
