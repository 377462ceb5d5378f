"""The container's XAdES signature: `META-INF/signatures0.xml`, byte for byte.

A XAdES baseline B-T signature (ETSI EN 319 132-1) in the form of ASiC-E (EN 319 162-1): a
reference to every file of the container but those in META-INF and ``mimetype``, the signer's
certificate by its hash, the time of signing, and RFC 3161 tokens over the signature value.
Where lists of revoked certificates are known it is B-LT: they stand in it too.

The document is written so that what is signed needs no XML library to be found again: one form,
no white space between elements, all three name spaces declared at the top.  The canonical form
(C14N 1.1) of an element of it is then its own text, with these declarations in its start tag:
`canonical`.  FORMAT.md, 3 defines the form; `archive.xades_check` holds a container to it.
"""

from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Protocol
from urllib.parse import quote

__all__ = [
    "ECDSA_SHA256",
    "RSA_SHA256",
    "SIGNATURES",
    "DataObject",
    "Signer",
    "Values",
    "canonical",
    "signatures",
]

SIGNATURES = "META-INF/signatures0.xml"
ECDSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256"
RSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"

_C14N = "http://www.w3.org/2006/12/xml-c14n11"
_SHA256 = "http://www.w3.org/2001/04/xmlenc#sha256"
_SIGNED_PROPERTIES = "http://uri.etsi.org/01903#SignedProperties"
_NAMESPACES = (
    ' xmlns:asic="http://uri.etsi.org/02918/v1.2.1#"'
    ' xmlns:ds="http://www.w3.org/2000/09/xmldsig#"'
    ' xmlns:xades="http://uri.etsi.org/01903/v1.3.2#"'
)


@dataclass(frozen=True, slots=True)
class DataObject:
    """A file of the container: its name, the SHA-256 of its bytes, and its media type."""

    name: str
    sha256: bytes
    media_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Values:
    """What a later check needs: certificates, lists of revoked ones, an OCSP answer, all in DER."""

    certificates: Sequence[bytes] = ()
    crls: Sequence[bytes] = ()
    answer: bytes | None = None


class Signer(Protocol):
    """Whoever signs: `archive.seal.Seal`."""

    @property
    def algorithm(self) -> str:
        """The signature's algorithm: `ECDSA_SHA256` or `RSA_SHA256`."""

    @property
    def chain(self) -> Sequence[bytes]:
        """The certificates from the signer's to the root's, in DER."""

    def signature_of(self, data: bytes, *, now: datetime) -> bytes:
        """Return the bare signature of ``data``: r and s of equal length, or an RSA block."""


def signatures(
    files: Sequence[DataObject],
    *,
    signer: Signer,
    now: datetime,
    stamps: Callable[[bytes], Sequence[bytes]],
    values: Callable[[Sequence[bytes]], Values] | None = None,
) -> bytes:
    """Return ``META-INF/signatures0.xml`` over ``files``.

    ``stamps`` takes the bytes to be stamped and gives a token (a ContentInfo in DER) of each
    authority; ``values`` takes these, since what is known of revoked certificates is asked for
    after them.
    """
    properties = _properties(files, signer.chain[0], now)
    info = _signed_info(files, signer.algorithm, canonical("xades:SignedProperties", properties))
    value = signer.signature_of(canonical("ds:SignedInfo", info), now=now)
    shown = _element("ds:SignatureValue", _base64(value), {"Id": "S0-value"})
    tokens = stamps(canonical("ds:SignatureValue", shown))
    known = Values() if values is None else values(tokens)
    return document(info, shown, signer.chain, properties, _unsigned(tokens, known))


def canonical(name: str, text: str) -> bytes:
    """Return the canonical form of the element ``name`` whose whole text in the document this is.

    Its start tag gets the name spaces that are in scope, which stand before its attributes.
    """
    start = f"<{name}"
    return f"{start}{_NAMESPACES}{text.removeprefix(start)}".encode()


def document(
    signed_info: str, value: str, chain: Sequence[bytes], properties: str, unsigned: str
) -> bytes:
    """Return the whole document of these parts."""
    certificates = "".join(_element("ds:X509Certificate", _base64(one)) for one in chain)
    key = _element("ds:KeyInfo", _element("ds:X509Data", certificates))
    qualifying = _nested(
        ("ds:Object", {}),
        ("xades:QualifyingProperties", {"Target": "#S0"}),
        inside=properties + unsigned,
    )
    signature = _element("ds:Signature", signed_info + value + key + qualifying, {"Id": "S0"})
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f"<asic:XAdESSignatures{_NAMESPACES}>{signature}</asic:XAdESSignatures>\n"
    ).encode()


def _unsigned(tokens: Sequence[bytes], values: Values) -> str:
    """Return the unsigned properties: the stamps, and what a later check needs, where known."""
    stamps = "".join(
        _element(
            "xades:SignatureTimeStamp",
            _algorithm("ds:CanonicalizationMethod", _C14N)
            + _element("xades:EncapsulatedTimeStamp", _base64(token)),
            {"Id": "S0-stamp" if number == 1 else f"S0-stamp-{number}"},
        )
        for number, token in enumerate(tokens, start=1)
    )
    certificates = _each("xades:EncapsulatedX509Certificate", values.certificates)
    crls = _each("xades:EncapsulatedCRLValue", values.crls)
    answers = _each("xades:EncapsulatedOCSPValue", () if values.answer is None else [values.answer])
    revocation = _filled("xades:CRLValues", crls) + _filled("xades:OCSPValues", answers)
    inside = stamps + _filled("xades:CertificateValues", certificates)
    inside += _filled("xades:RevocationValues", revocation)
    return _element(
        "xades:UnsignedProperties", _element("xades:UnsignedSignatureProperties", inside)
    )


def _each(name: str, values: Sequence[bytes]) -> str:
    return "".join(_element(name, _base64(one)) for one in values)


def _filled(name: str, inside: str) -> str:
    return _element(name, inside) if inside else ""


def _signed_info(files: Sequence[DataObject], algorithm: str, properties: bytes) -> str:
    references = "".join(
        _reference(one.sha256, {"Id": f"S0-file-{number}", "URI": quote(one.name)})
        for number, one in enumerate(files, start=1)
    )
    transform = _element("ds:Transforms", _algorithm("ds:Transform", _C14N))
    references += _reference(
        sha256(properties).digest(),
        {"Type": _SIGNED_PROPERTIES, "URI": "#S0-properties"},
        transforms=transform,
    )
    methods = _algorithm("ds:CanonicalizationMethod", _C14N)
    methods += _algorithm("ds:SignatureMethod", algorithm)
    return _element("ds:SignedInfo", methods + references)


def _reference(digest: bytes, attributes: Mapping[str, str], transforms: str = "") -> str:
    return _element("ds:Reference", transforms + _digest(digest), attributes)


def _properties(files: Sequence[DataObject], certificate: bytes, now: datetime) -> str:
    """Return the signed properties: when, by which certificate, and what each file is."""
    named = _nested(
        ("xades:SigningCertificateV2", {}),
        ("xades:Cert", {}),
        ("xades:CertDigest", {}),
        inside=_digest(sha256(certificate).digest()),
    )
    time = _element("xades:SigningTime", f"{now.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}")
    formats = "".join(
        _element(
            "xades:DataObjectFormat",
            _element("xades:MimeType", one.media_type),
            {"ObjectReference": f"#S0-file-{number}"},
        )
        for number, one in enumerate(files, start=1)
    )
    inside = _element("xades:SignedSignatureProperties", time + named)
    inside += _element("xades:SignedDataObjectProperties", formats)
    return _element("xades:SignedProperties", inside, {"Id": "S0-properties"})


def _digest(digest: bytes) -> str:
    return _algorithm("ds:DigestMethod", _SHA256) + _element("ds:DigestValue", _base64(digest))


def _algorithm(name: str, uri: str) -> str:
    return _element(name, "", {"Algorithm": uri})


def _element(name: str, inside: str, attributes: Mapping[str, str] | None = None) -> str:
    """Return an element in canonical form: attributes by name, no empty-element tag.

    Nothing here needs to be escaped: what is written are names, digits and base64.
    """
    given = "".join(f' {key}="{value}"' for key, value in sorted((attributes or {}).items()))
    return f"<{name}{given}>{inside}</{name}>"


def _nested(*elements: tuple[str, Mapping[str, str]], inside: str) -> str:
    for name, attributes in reversed(elements):
        inside = _element(name, inside, attributes)
    return inside


def _base64(data: bytes) -> str:
    return b64encode(data).decode("ascii")
