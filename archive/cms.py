"""CMS signatures: the one place that uses the CMS library.

What `sign` makes is a detached CAdES signature (ETSI EN 319 122-1) in DER: SHA-256, signed
attributes content-type, message-digest, signing-time and signing-certificate-v2, the signer's
chain inside.  `add_stamps` puts time stamps over the signature value beside it.
"""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime

from asn1crypto import cms, core, parser, pem, tsp

__all__ = [
    "Key",
    "add_stamps",
    "certificates",
    "sign",
    "sign_stamp",
    "signature_value",
    "stamp_time",
    "token",
]

Key = bytes | Callable[[bytes], bytes]
"""A private key (PKCS#8), or what signs bytes: in DER for ECDSA, PKCS#1 v1.5 for RSA."""

_DIGEST = "sha256"

# DER (X.690): class, method and tag of what `add_stamps` writes.
_UNIVERSAL, _CONTEXT = 0, 2
_CONSTRUCTED = 1
_SEQUENCE, _SET = 16, 17
_UNSIGNED_ATTRIBUTES = 1
# ContentInfo, its [0], SignedData, its set of SignerInfos, the SignerInfo: always the last member
# (RFC 5652, 5.1), and a signature of ours has one signer and no unsigned attributes yet.
_SIGNER_INFO_DEPTH = 4
_STAMP_TOKEN = core.ObjectIdentifier("1.2.840.113549.1.9.16.2.14").dump()


def sign(data: bytes, *, key: Key, chain: Sequence[bytes], now: datetime) -> bytes:
    """Return a detached signature over ``data``.

    ``chain`` are the certificates from the signer's to the root's, in DER.  RSA keys sign with
    PKCS#1 v1.5, which every verifier in the field knows.
    """
    return _signed(data, key=key, chain=chain, now=now, detached=True).dump()  # type: ignore[no-any-return]


def sign_stamp(
    info: tsp.TSTInfo, *, key: Key, chain: Sequence[bytes], now: datetime
) -> cms.ContentInfo:
    """Return a time-stamp token (RFC 3161) that holds and signs ``info``."""
    content = cms.EncapsulatedContentInfo(
        {"content_type": "tst_info", "content": core.ParsableOctetString(info.dump())}
    )
    return _signed(content, key=key, chain=chain, now=now, detached=False)


def signature_value(signature: bytes) -> bytes:
    """Return the signature value of a signature's one signer: what its time stamp covers."""
    return cms.ContentInfo.load(signature)["content"]["signer_infos"][0]["signature"].native  # type: ignore[no-any-return]


def add_stamps(signature: bytes, replies: Sequence[bytes]) -> bytes:
    """Return ``signature`` with the token of each of ``replies`` as a signature time stamp.

    The bytes are spliced, not encoded anew: the library's encoder visits every level again for
    each level above it, which for some tokens took 20 s, and what an authority signed should
    not pass through an encoder of ours in any case.
    """
    # A set, which DER sorts.
    attributes = b"".join(sorted(_stamp_attribute(token(reply)) for reply in replies))
    unsigned = parser.emit(_CONTEXT, _CONSTRUCTED, _UNSIGNED_ATTRIBUTES, attributes)
    return _appended(signature, unsigned, depth=_SIGNER_INFO_DEPTH)


def _stamp_attribute(token: bytes) -> bytes:
    values = parser.emit(_UNIVERSAL, _CONSTRUCTED, _SET, token)
    return parser.emit(_UNIVERSAL, _CONSTRUCTED, _SEQUENCE, _STAMP_TOKEN + values)  # type: ignore[no-any-return]


def token(reply: bytes) -> bytes:
    """Return the token of a time-stamp reply, as the authority wrote it."""
    return _members(parser.parse(reply, strict=True)[4])[1]


def stamp_time(token: bytes) -> datetime:
    """Return the time that a token gives."""
    content = cms.ContentInfo.load(token)["content"]["encap_content_info"]["content"]
    return content.parsed["gen_time"].native  # type: ignore[no-any-return]


def certificates(text: bytes) -> list[bytes]:
    """Return the certificates of a PEM file, in DER."""
    return [der for _, _, der in pem.unarmor(text, multiple=True)]


def _appended(der: bytes, addition: bytes, *, depth: int) -> bytes:
    """Return ``der`` with ``addition`` after the last member, ``depth`` last members down."""
    kind, method, tag, _, contents, _ = parser.parse(der, strict=True)
    if depth == 0:
        inner = contents + addition
    else:
        *before, last = _members(contents)
        inner = b"".join([*before, _appended(last, addition, depth=depth - 1)])
    return parser.emit(kind, method, tag, inner)  # type: ignore[no-any-return]


def _members(contents: bytes) -> list[bytes]:
    members = []
    while contents:
        length = parser.peek(contents)
        members.append(contents[:length])
        contents = contents[length:]
    return members


def _signed(
    data: bytes | cms.EncapsulatedContentInfo,
    *,
    key: Key,
    chain: Sequence[bytes],
    now: datetime,
    detached: bool,
) -> cms.ContentInfo:
    # Loading it takes half a second, and most programs that may sign do not.
    from pyhanko.sign.signers.pdf_cms import PdfCMSSignedAttributes  # noqa: PLC0415

    from archive.signers import signer_of  # noqa: PLC0415

    # A verifier is handed its root; ours is inside too, for reading.
    signer = signer_of(key, chain, roots=True)
    return asyncio.run(
        signer.async_sign_general_data(
            data,
            _DIGEST,
            detached=detached,
            use_cades=True,
            signed_attr_settings=PdfCMSSignedAttributes(signing_time=now),
        )
    )
