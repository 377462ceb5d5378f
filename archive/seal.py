"""The keys in use: the seal that signs bundles, the log key that signs checkpoint notes."""

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from archive import cms, key_files, xades
from archive.ceremony import fingerprint
from archive.errors import KeyFileError
from archive.revocation import NOTHING_KNOWN, Revocation
from archive.seal_keys import SMALLEST_RSA, FileKey, PublicKey, SealKey, can_seal

__all__ = ["LogKey", "Seal"]

_HALF = 32


class Seal:
    """The seal key with its certificate and the chain up to the station's root."""

    def __init__(
        self,
        *,
        key: SealKey,
        certificates: Sequence[x509.Certificate],
        root: x509.Certificate,
        revocation: Revocation = NOTHING_KNOWN,
    ) -> None:
        self._key = key
        self._certificate, *self._between = certificates
        self._root = root
        self.revocation = revocation

    @classmethod
    def load(
        cls,
        key_path: Path,
        certificate_path: Path,
        root_path: Path,
        revocation: Revocation = NOTHING_KNOWN,
    ) -> "Seal":
        """Load the three files, or raise `KeyFileError` where they do not belong together.

        The certificate's file may go on with the certificates between it and the root.
        ``revocation`` is what is known of revoked certificates, authorities' among them.
        """
        key = FileKey.load(key_path)
        chain = key_files.certificates(certificate_path)
        if key.public != chain[0].public_key():
            raise KeyFileError(
                f"{key_path} is not the key of the certificate in {certificate_path}; "
                "name the two files of one ceremony"
            )
        return cls._checked(key, chain, (certificate_path, root_path), revocation)

    @classmethod
    def on_token(
        cls,
        key_of: Callable[[PublicKey], SealKey],
        certificate_path: Path,
        root_path: Path,
        revocation: Revocation = NOTHING_KNOWN,
    ) -> "Seal":
        """Load certificate and root of a key that lies elsewhere, or raise `KeyFileError`.

        ``key_of`` takes the certificate's public key and gives the key, once it is known to fit.
        """
        chain = key_files.certificates(certificate_path)
        public = chain[0].public_key()
        if not isinstance(public, ec.EllipticCurvePublicKey | rsa.RSAPublicKey) or not can_seal(
            public
        ):
            raise KeyFileError(
                f"the certificate in {certificate_path} is of a key that cannot seal; it must be "
                f"ECDSA P-256 or RSA of at least {SMALLEST_RSA} bits"
            )
        key = key_of(public)
        return cls._checked(key, chain, (certificate_path, root_path), revocation)

    @classmethod
    def _checked(
        cls,
        key: SealKey,
        chain: Sequence[x509.Certificate],
        paths: tuple[Path, Path],
        revocation: Revocation,
    ) -> "Seal":
        certificate_path, root_path = paths
        (root, *_) = key_files.certificates(root_path)
        key_files.check_usage(chain[0], certificate_path)
        key_files.check_chain([*chain, root], certificate_path, root_path)
        return cls(key=key, certificates=chain, root=root, revocation=revocation)

    @property
    def certificate_pem(self) -> bytes:
        """The seal's certificate."""
        return self._certificate.public_bytes(Encoding.PEM)

    @property
    def chain_pem(self) -> bytes:
        """The certificates between the seal's and the root's; empty if there are none."""
        return b"".join(certificate.public_bytes(Encoding.PEM) for certificate in self._between)

    @property
    def root_pem(self) -> bytes:
        """The root's certificate."""
        return self._root.public_bytes(Encoding.PEM)

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the seal's certificate."""
        return fingerprint(self._certificate.public_bytes(Encoding.DER))

    @property
    def root_fingerprint(self) -> str:
        """SHA-256 of the root's certificate, which the station publishes."""
        return fingerprint(self._root.public_bytes(Encoding.DER))

    @property
    def valid_until(self) -> datetime:
        """When the seal's certificate ends."""
        return self._certificate.not_valid_after_utc

    @property
    def chain(self) -> list[bytes]:
        """The certificates from the seal's to the root's, in DER."""
        chain = (self._certificate, *self._between, self._root)
        return [one.public_bytes(Encoding.DER) for one in chain]

    @property
    def algorithm(self) -> str:
        """What `signature_of` makes, by its name in XML signatures (RFC 9231)."""
        elliptic = isinstance(self._key.public, ec.EllipticCurvePublicKey)
        return xades.ECDSA_SHA256 if elliptic else xades.RSA_SHA256

    def sign(
        self,
        data: bytes,
        *,
        now: datetime,
        stamps: Callable[[bytes], Sequence[bytes]] | None = None,
    ) -> bytes:
        """Return a detached CAdES signature over ``data`` (DER), stamped if ``stamps`` is given.

        ``stamps`` takes the bytes to be stamped and gives replies of authorities (TimeStampResp).
        """
        self._check_valid(now)
        signature = cms.sign(data, key=self._key.sign, chain=self.chain, now=now)
        if stamps is None:
            return signature
        return cms.add_stamps(signature, stamps(cms.signature_value(signature)))

    def sign_pdf(
        self,
        path: Path,
        *,
        now: datetime,
        stamp_hash: Callable[[bytes], bytes],
        trusted_pem: bytes,
    ) -> None:
        """Sign the PDF at ``path`` in its place (PAdES B-LTA).

        ``stamp_hash`` takes a SHA-256 and gives an authority's reply; ``trusted_pem`` are the
        certificates that the authority is checked against.
        """
        # Like the library it stands on, loaded by whoever signs a report.
        from archive import pades  # noqa: PLC0415

        self._check_valid(now)
        pades.sign_pdf(
            path,
            key=self._key.sign,
            chain=self.chain,
            now=now,
            stamp_hash=stamp_hash,
            trusted_pem=trusted_pem,
            crls=self.revocation.der,
        )

    def answer(self, at: datetime) -> bytes | None:
        """Return an OCSP answer on the seal's certificate, made at ``at``; None: there is none."""
        return self.revocation.answer(self._certificate, self._issuer, at)

    def signature_of(self, data: bytes, *, now: datetime) -> bytes:
        """Return the bare signature of ``data``: r and s of 32 bytes each, or a PKCS#1 block."""
        self._check_valid(now)
        signature = self._key.sign(data)
        if isinstance(self._key.public, rsa.RSAPublicKey):
            return signature
        r, s = decode_dss_signature(signature)
        return r.to_bytes(_HALF) + s.to_bytes(_HALF)

    @property
    def _issuer(self) -> x509.Certificate:
        return (*self._between, self._root)[0]

    def _check_valid(self, now: datetime) -> None:
        self.revocation.check(self._certificate, self._issuer)
        certificate = self._certificate
        if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
            raise KeyFileError(
                f"the seal certificate is good from {certificate.not_valid_before_utc:%Y-%m-%d} "
                f"to {certificate.not_valid_after_utc:%Y-%m-%d}, and it is {now:%Y-%m-%d}; "
                "make a new one under the root"
            )


class LogKey:
    """The Ed25519 key of the checkpoint log; it signs notes and nothing else."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key

    @classmethod
    def load(cls, path: Path) -> "LogKey":
        """Load the key, or raise `KeyFileError`."""
        key = key_files.private_key(path)
        if not isinstance(key, Ed25519PrivateKey):
            raise KeyFileError(f"{path} holds no Ed25519 key, which the checkpoint log needs")
        return cls(key)

    @property
    def public(self) -> bytes:
        """The raw public key, 32 bytes."""
        return self._key.public_key().public_bytes_raw()

    @property
    def public_pem(self) -> bytes:
        """The public key as PEM, as it is published."""
        return self._key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the public key."""
        return fingerprint(
            self._key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        )

    def sign(self, text: bytes) -> bytes:
        """Return the signature of ``text``; the same text gives the same signature."""
        return self._key.sign(text)
