"""CMS signatures: the one place that uses the CMS library.

What `sign` makes is a detached CAdES signature (ETSI EN 319 122-1) in DER: SHA-256, signed
attributes content-type, message-digest, signing-time and signing-certificate-v2, the signer's
chain inside.  `add_stamp` puts a time stamp over the signature value beside it.
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime

from asn1crypto import cms, core, keys, tsp, x509
from pyhanko.sign.signers.pdf_cms import PdfCMSSignedAttributes, SimpleSigner
from pyhanko_certvalidator.registry import SimpleCertificateStore

__all__ = ["add_stamp", "sign", "sign_stamp", "signature_value"]

_DIGEST = "sha256"


def sign(data: bytes, *, key: bytes, chain: Sequence[bytes], now: datetime) -> bytes:
    """Return a detached signature over ``data``.

    ``key`` is a private key (PKCS#8), ``chain`` the certificates from the signer's to the root's,
    all in DER.  RSA keys sign with PKCS#1 v1.5, which every verifier in the field knows.
    """
    return _signed(data, key=key, chain=chain, now=now, detached=True).dump()  # type: ignore[no-any-return]


def sign_stamp(
    info: tsp.TSTInfo, *, key: bytes, chain: Sequence[bytes], now: datetime
) -> cms.ContentInfo:
    """Return a time-stamp token (RFC 3161) that holds and signs ``info``."""
    content = cms.EncapsulatedContentInfo(
        {"content_type": "tst_info", "content": core.ParsableOctetString(info.dump())}
    )
    return _signed(content, key=key, chain=chain, now=now, detached=False)


def signature_value(signature: bytes) -> bytes:
    """Return the signature value of a signature's one signer: what its time stamp covers."""
    return cms.ContentInfo.load(signature)["content"]["signer_infos"][0]["signature"].native  # type: ignore[no-any-return]


def add_stamp(signature: bytes, reply: bytes) -> bytes:
    """Return ``signature`` with the token of ``reply`` as its signature time stamp."""
    content = cms.ContentInfo.load(signature)
    token = tsp.TimeStampResp.load(reply)["time_stamp_token"]
    signer = content["content"]["signer_infos"][0]
    signer["unsigned_attrs"] = cms.CMSAttributes(
        [cms.CMSAttribute({"type": "signature_time_stamp_token", "values": [token]})]
    )
    # Not forced: forcing encodes every level again for each level above it, 17 s for one token.
    return content.dump()  # type: ignore[no-any-return]


def _signed(
    data: bytes | cms.EncapsulatedContentInfo,
    *,
    key: bytes,
    chain: Sequence[bytes],
    now: datetime,
    detached: bool,
) -> cms.ContentInfo:
    certificates = [x509.Certificate.load(certificate) for certificate in chain]
    signer = SimpleSigner(
        signing_cert=certificates[0],
        signing_key=keys.PrivateKeyInfo.load(key),
        cert_registry=SimpleCertificateStore.from_certs(certificates),  # type: ignore[no-untyped-call]
        # A verifier is handed its root; ours is inside too, for reading.
        embed_roots=True,
    )
    return asyncio.run(
        signer.async_sign_general_data(
            data,
            _DIGEST,
            detached=detached,
            use_cades=True,
            signed_attr_settings=PdfCMSSignedAttributes(signing_time=now),
        )
    )
