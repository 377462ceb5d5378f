"""Check `META-INF/signatures0.xml` without an XML library (FORMAT.md, 3).

Only the one form that a bundle has is accepted: the document must be, byte for byte, what its
files' hashes, the values in it, and what the bundle knows of revoked certificates make.  So nothing
can be read in two ways, and what is signed is found in its text.  This shares nothing with the
writer.
"""

import base64
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from archive import openssl

__all__ = ["NAME", "NO_VALUES", "SignatureForm", "Values", "XadesError", "problems", "read_form"]

NAME = "META-INF/signatures0.xml"

_SPACES = (
    ' xmlns:asic="http://uri.etsi.org/02918/v1.2.1#"'
    ' xmlns:ds="http://www.w3.org/2000/09/xmldsig#"'
    ' xmlns:xades="http://uri.etsi.org/01903/v1.3.2#"'
)
_C14N = '="http://www.w3.org/2006/12/xml-c14n11">'
_METHOD = "http://www.w3.org/2001/04/xmldsig-more#"
_HASHED = (
    '<ds:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"></ds:DigestMethod>'
    "<ds:DigestValue>{}</ds:DigestValue>"
)
_KINDS = {
    "csv": "text/csv",
    "html": "text/html",
    "json": "application/json",
    "jsonl": "application/jsonl",
    "p7s": "application/pkcs7-signature",
    "pdf": "application/pdf",
    "pem": "application/x-pem-file",
    "py": "text/x-python",
    "sh": "application/x-sh",
    "tsr": "application/timestamp-reply",
} | dict.fromkeys(("md", "note", "txt"), "text/plain")

_HALVES = 64
_B64 = "[A-Za-z0-9+/]+={0,2}"
_VALUE = re.compile(f'<ds:SignatureValue Id="S0-value">({_B64})</ds:SignatureValue>')
_CERTIFICATE = re.compile(f"<ds:X509Certificate>({_B64})</ds:X509Certificate>")
_TOKEN = re.compile(f"<xades:EncapsulatedTimeStamp>({_B64})</xades:EncapsulatedTimeStamp>")
_ANSWER = re.compile(f"<xades:EncapsulatedOCSPValue>({_B64})</xades:EncapsulatedOCSPValue>")
_TIME = re.compile(r"<xades:SigningTime>(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)</xades:SigningTime>")
_ALGORITHM = re.compile(rf'SignatureMethod Algorithm="{re.escape(_METHOD)}(ecdsa|rsa)-sha256"')
_REFERENCE = re.compile(
    r'<ds:Reference Id="S0-file-\d+" URI="([^"]+)">.*?<ds:DigestValue>([^<]*)</ds:DigestValue>'
)


class XadesError(Exception):
    """The document is not of the form; the text says what of it."""


@dataclass(frozen=True, slots=True)
class Values:
    """What the document must have for a later check: the bundle's own lists and certificates.

    ``answers``: whether an answer on the signer's certificate stands there too.
    """

    certificates: Sequence[bytes] = ()
    lists: Sequence[bytes] = ()
    answers: bool = False


NO_VALUES = Values()


@dataclass(frozen=True, slots=True, kw_only=True)
class SignatureForm:
    """What stands in the document: the signature, who made it, and its time stamps."""

    text: str
    algorithm: str
    value: bytes
    chain: tuple[bytes, ...]
    signing_time: str
    tokens: tuple[openssl.StampToken, ...]
    references: Mapping[str, bytes]
    answer: bytes = b""

    @property
    def halves(self) -> bool:
        """Whether the value is r and s side by side, as ECDSA has it in XML."""
        return self.algorithm == "ecdsa"

    @property
    def signed(self) -> bytes:
        """The bytes that are signed: the canonical form of SignedInfo."""
        return _canonical("ds:SignedInfo", _between(self.text, "ds:SignedInfo"))

    @property
    def stamped(self) -> bytes:
        """The bytes that the time stamp covers: the canonical form of SignatureValue."""
        return _canonical("ds:SignatureValue", _between(self.text, "ds:SignatureValue"))


def read_form(document: bytes) -> SignatureForm:
    """Return what stands in ``document``, or raise `XadesError`."""
    try:
        text = document.decode("ascii")
        (value,) = _VALUE.findall(text)
        tokens = tuple(openssl.token(_decoded(one)) for one in _TOKEN.findall(text))
        (time,) = _TIME.findall(text)
        datetime.fromisoformat(time)
        (algorithm,) = _ALGORITHM.findall(text)
        chain = tuple(_decoded(one) for one in _CERTIFICATE.findall(text))
        answer, *more = [*_ANSWER.findall(text), ""]
        if len(more) > 1:
            raise XadesError("holds more than one answer on its certificate")
        references = {name: _decoded(digest) for name, digest in _REFERENCE.findall(text)}
        form = SignatureForm(
            text=text,
            algorithm=algorithm,
            value=_decoded(value),
            chain=chain,
            signing_time=time,
            tokens=tokens,
            references=references,
            answer=_decoded(answer),
        )
    except ValueError:
        raise XadesError("is not a signature of the form that a bundle has") from None
    except openssl.DerError as error:
        raise XadesError(f"carries no stamp that can be read: {error}") from None
    whole = re.search("<ds:SignedInfo>.*</ds:SignedInfo>", text)
    if not chain or len(tokens) != 1 or not whole or (form.halves and len(form.value) != _HALVES):
        raise XadesError("is not a signature of the form that a bundle has")
    return form


def problems(
    form: SignatureForm, files: Mapping[str, str], values: Values = NO_VALUES
) -> Iterator[tuple[str, str]]:
    """Yield file and fault for what of the document is not that of these ``files`` (hex hashes)."""
    for name in sorted(set(files) | set(form.references)):
        if name not in form.references:
            yield name, f"is not signed by {NAME}"
        elif name not in files:
            yield name, f"is signed by {NAME} and not in the container"
        elif form.references[name].hex() != files[name]:
            yield name, f"does not have the hash that {NAME} signs"
    # Whatever else there may be in it, it is not of the form.
    signed = {name: digest.hex() for name, digest in form.references.items()}
    if form.text != _expected(form, signed, values):
        yield NAME, "is not, byte for byte, of the form that a bundle has"


def _expected(form: SignatureForm, files: Mapping[str, str], values: Values) -> str:
    """Write the document anew from hashes and the values that were read."""
    references, formats = [], []
    for number, name in enumerate(sorted(files), start=1):
        references.append(
            f'<ds:Reference Id="S0-file-{number}" URI="{name}">'
            f"{_HASHED.format(_encoded(bytes.fromhex(files[name])))}</ds:Reference>"
        )
        formats.append(
            f'<xades:DataObjectFormat ObjectReference="#S0-file-{number}"><xades:MimeType>'
            f"{_KINDS.get(name.split('.')[-1], 'application/octet-stream')}"
            "</xades:MimeType></xades:DataObjectFormat>"
        )
    properties = (
        '<xades:SignedProperties Id="S0-properties"><xades:SignedSignatureProperties>'
        f"<xades:SigningTime>{form.signing_time}</xades:SigningTime>"
        "<xades:SigningCertificateV2><xades:Cert><xades:CertDigest>"
        f"{_HASHED.format(_encoded(sha256(form.chain[0]).digest()))}"
        "</xades:CertDigest></xades:Cert></xades:SigningCertificateV2>"
        "</xades:SignedSignatureProperties><xades:SignedDataObjectProperties>"
        f"{''.join(formats)}</xades:SignedDataObjectProperties></xades:SignedProperties>"
    )
    hashed = sha256(_canonical("xades:SignedProperties", properties)).digest()
    certificates = "".join(
        f"<ds:X509Certificate>{_encoded(one)}</ds:X509Certificate>" for one in form.chain
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<asic:XAdESSignatures{_SPACES}><ds:Signature Id="S0"><ds:SignedInfo>'
        f"<ds:CanonicalizationMethod Algorithm{_C14N}</ds:CanonicalizationMethod>"
        f'<ds:SignatureMethod Algorithm="{_METHOD}{form.algorithm}-sha256"></ds:SignatureMethod>'
        f"{''.join(references)}"
        '<ds:Reference Type="http://uri.etsi.org/01903#SignedProperties" URI="#S0-properties">'
        f"<ds:Transforms><ds:Transform Algorithm{_C14N}</ds:Transform></ds:Transforms>"
        f"{_HASHED.format(_encoded(hashed))}</ds:Reference></ds:SignedInfo>"
        f'<ds:SignatureValue Id="S0-value">{_encoded(form.value)}</ds:SignatureValue>'
        f"<ds:KeyInfo><ds:X509Data>{certificates}</ds:X509Data></ds:KeyInfo>"
        f'<ds:Object><xades:QualifyingProperties Target="#S0">{properties}'
        "<xades:UnsignedProperties><xades:UnsignedSignatureProperties>"
        f"{_stamps(form)}{_known(form, values)}</xades:UnsignedSignatureProperties>"
        "</xades:UnsignedProperties></xades:QualifyingProperties></ds:Object>"
        "</ds:Signature></asic:XAdESSignatures>\n"
    )


def _stamps(form: SignatureForm) -> str:
    """Write the time stamps, each in an element of its own."""
    return "".join(
        f'<xades:SignatureTimeStamp Id="S0-stamp{f"-{number}" if number > 1 else ""}">'
        f"<ds:CanonicalizationMethod Algorithm{_C14N}</ds:CanonicalizationMethod>"
        f"<xades:EncapsulatedTimeStamp>{_encoded(one.der)}</xades:EncapsulatedTimeStamp>"
        "</xades:SignatureTimeStamp>"
        for number, one in enumerate(form.tokens, start=1)
    )


def _known(form: SignatureForm, values: Values) -> str:
    """Write what a later check needs: certificates, lists of revoked ones, the answer."""
    parts = (
        ("X509Certificate", values.certificates),
        ("CRLValue", values.lists),
        ("OCSPValue", [form.answer] if values.answers else []),
    )
    inside = {
        name: "".join(
            f"<xades:Encapsulated{name}>{_encoded(it)}</xades:Encapsulated{name}>" for it in those
        )
        for name, those in parts
    }
    text = f"<xades:CertificateValues>{inside['X509Certificate']}</xades:CertificateValues>"
    text += f"<xades:RevocationValues><xades:CRLValues>{inside['CRLValue']}</xades:CRLValues>"
    if values.answers:
        text += f"<xades:OCSPValues>{inside['OCSPValue']}</xades:OCSPValues>"
    return f"{text}</xades:RevocationValues>" if values.lists else ""


def _between(text: str, name: str) -> str:
    """Return the one element of this name, tags and all."""
    end = f"</{name}>"
    return text[text.index(f"<{name}") : text.index(end) + len(end)]


def _canonical(name: str, text: str) -> bytes:
    """Return an element's canonical form (C14N 1.1): the name spaces in scope are written too."""
    return text.replace(f"<{name}", f"<{name}{_SPACES}", 1).encode()


def _decoded(text: str) -> bytes:
    return base64.b64decode(text, validate=True)


def _encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()
