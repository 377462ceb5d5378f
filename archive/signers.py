"""What the CMS library signs with: a private key at hand, or somebody who signs bytes.

Loading this loads that library, which takes half a second: it is loaded when something is signed.
"""

import asyncio
from collections.abc import Callable, Sequence

from asn1crypto import keys, x509
from pyhanko.sign.signers.pdf_cms import Signer, SimpleSigner
from pyhanko_certvalidator.registry import SimpleCertificateStore

__all__ = ["signer_of"]

_DIGEST = "sha256"
# Room for a signature that is made later: RSA of 4096 bits is the largest that we know of.
_LARGEST_SIGNATURE = 512


def signer_of(
    key: bytes | Callable[[bytes], bytes], chain: Sequence[bytes], *, roots: bool
) -> Signer:
    """Return what the library signs with; ``roots``: the root goes into signatures too.

    ``key`` is a private key (PKCS#8), or what signs bytes; ``chain`` the certificates from the
    signer's to the root's, in DER.
    """
    inside = [x509.Certificate.load(certificate) for certificate in chain]
    store = SimpleCertificateStore.from_certs(inside)  # type: ignore[no-untyped-call]
    if isinstance(key, bytes):
        return SimpleSigner(
            signing_cert=inside[0],
            signing_key=keys.PrivateKeyInfo.load(key),
            cert_registry=store,
            embed_roots=roots,
        )
    return _Elsewhere(key, inside[0], store, roots=roots)


class _Elsewhere(Signer):
    """Signs with a key that only its owner holds."""

    def __init__(
        self,
        sign_bytes: Callable[[bytes], bytes],
        certificate: x509.Certificate,
        store: SimpleCertificateStore,
        *,
        roots: bool,
    ) -> None:
        super().__init__(signing_cert=certificate, cert_registry=store, embed_roots=roots)
        self._sign_bytes = sign_bytes

    async def async_sign_raw(
        self,
        data: bytes,
        digest_algorithm: str,
        dry_run: bool = False,  # noqa: FBT001, FBT002  (the library's own shape)
    ) -> bytes:
        """Return the signature of ``data``; in a dry run, as many bytes as it can have."""
        assert digest_algorithm == _DIGEST  # noqa: S101  (nothing of ours asks for another)
        if dry_run:
            return bytes(_LARGEST_SIGNATURE)
        return await asyncio.to_thread(self._sign_bytes, data)
