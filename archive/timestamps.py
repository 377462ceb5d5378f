"""Time stamps (RFC 3161): the request, and what must hold of a reply before it is kept.

A reply is checked in this order, and the first thing that does not hold is said:

1. it is a reply, and the authority granted the request
2. the token covers our bytes (message imprint, SHA-256)
3. it answers this request (nonce) under the policy asked for
4. the signer's certificate is inside, named by the signed attributes (ESSCertID)
5. signature, purpose and chain hold under the certificates trusted, at the time in the token
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha1, sha256, sha384, sha512
from typing import Any

from asn1crypto import algos, cms, core, tsp
from cryptography import x509
from rfc3161_client import VerificationError, VerifierBuilder, decode_timestamp_response

from archive.errors import AuthorityRefusedError, MalformedError

__all__ = ["Reply", "Stamp", "check_reply", "read_reply", "request"]

_GRANTED = "granted"
# What the libraries raise for bytes from elsewhere that are almost ASN.1.
_UNREADABLE = (ValueError, TypeError, KeyError, AttributeError, x509.InvalidVersion)
_NAMING = ("signing_certificate_v2", "signing_certificate")
_DIGESTS = {"sha1": sha1, "sha256": sha256, "sha384": sha384, "sha512": sha512}


class Reply(core.Sequence):  # type: ignore[misc]
    """A TimeStampResp as RFC 3161 2.4.2 has it: a refusal has no token.

    The library's own structure demands one.
    """

    _fields = [  # noqa: RUF012
        ("status", tsp.PKIStatusInfo),
        ("time_stamp_token", cms.ContentInfo, {"optional": True}),
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """What a reply says: the time, and the authority's own number and policy."""

    time: datetime
    serial: int
    policy: str
    imprint: bytes


def request(digest: bytes, *, nonce: int, policy: str | None = None) -> bytes:
    """Return the request for a stamp over the bytes whose SHA-256 is ``digest``.

    The authority's certificate is asked for.
    """
    members: dict[str, Any] = {
        "version": "v1",
        "message_imprint": {
            "hash_algorithm": algos.DigestAlgorithm({"algorithm": "sha256"}),
            "hashed_message": digest,
        },
        "nonce": nonce,
        "cert_req": True,
    }
    if policy is not None:
        members["req_policy"] = policy
    return tsp.TimeStampReq(members).dump()  # type: ignore[no-any-return]


def read_reply(reply: bytes) -> Stamp:
    """Return what a reply says, unchecked, or raise `MalformedError`."""
    try:
        return _stamp(_info(_token(_parsed(reply))))
    except _UNREADABLE:
        raise MalformedError("the time-stamp reply cannot be read") from None


def check_reply(
    reply: bytes, digest: bytes, *, nonce: int, trust_pem: bytes, policy: str | None = None
) -> Stamp:
    """Return what ``reply`` says once all of it holds, or raise `AuthorityRefusedError`.

    ``digest`` is the SHA-256 of what was to be stamped.
    """
    try:
        parsed = _parsed(reply)
        _check_status(parsed)
        token = _token(parsed)
        info = _info(token)
        _check_info(info, digest, nonce, policy)
        _check_signer(token)
        _check_signature(reply, digest, trust_pem)
        return _stamp(info)
    except MalformedError as error:
        raise AuthorityRefusedError(str(error)) from None
    except _UNREADABLE:
        raise AuthorityRefusedError("the time-stamp reply cannot be read") from None


def _stamp(info: tsp.TSTInfo) -> Stamp:
    return Stamp(
        time=info["gen_time"].native.astimezone(UTC),
        serial=info["serial_number"].native,
        policy=info["policy"].dotted,
        imprint=info["message_imprint"]["hashed_message"].native,
    )


def _parsed(reply: bytes) -> Reply:
    try:
        parsed: Reply = Reply.load(reply, strict=True)
        # The library parses when asked.  Asking for all of it (`native`) would make it encode every
        # level again for each level above it, a tenth of a second for a common token.
        _ = parsed["status"]
    except _UNREADABLE:
        raise MalformedError("the answer is not a time-stamp reply (RFC 3161)") from None
    return parsed


def _token(parsed: Reply) -> cms.SignedData:
    token = parsed["time_stamp_token"]
    if isinstance(token, core.Void) or token["content_type"].native != "signed_data":
        raise MalformedError("the time-stamp reply holds no token")
    return token["content"]


def _info(signed: cms.SignedData) -> tsp.TSTInfo:
    content = signed["encap_content_info"]
    if content["content_type"].native != "tst_info" or content["content"].native is None:
        raise MalformedError("the token of the time-stamp reply is not about a time")
    return content["content"].parsed


def _check_status(parsed: Reply) -> None:
    status = parsed["status"]
    if status["status"].native == _GRANTED:
        return
    words = "; ".join(status["status_string"].native or [])
    faults = ", ".join(sorted(status["fail_info"].native or []))
    said = ": ".join(part for part in (faults, words) if part) or "no reason given"
    raise AuthorityRefusedError(f"the request was not granted ({status['status'].native}): {said}")


def _check_info(info: tsp.TSTInfo, digest: bytes, nonce: int, policy: str | None) -> None:
    imprint = info["message_imprint"]
    if (
        imprint["hash_algorithm"]["algorithm"].native != "sha256"
        or imprint["hashed_message"].native != digest
    ):
        raise AuthorityRefusedError("the stamp is over other bytes than those sent")
    if info["nonce"].native != nonce:
        raise AuthorityRefusedError("the stamp answers another request (the nonce differs)")
    if policy is not None and info["policy"].dotted != policy:
        raise AuthorityRefusedError(
            f"the stamp is under policy {info['policy'].dotted}, not {policy} as asked"
        )


def _check_signer(signed: cms.SignedData) -> None:
    """The one signer's certificate must be inside, and be the one the signer says it is."""
    if len(signed["signer_infos"]) != 1:
        raise AuthorityRefusedError("the token does not have exactly one signer")
    signer = signed["signer_infos"][0]
    sid = signer["sid"].chosen
    inside = [
        choice.chosen
        for choice in signed["certificates"] or ()
        if isinstance(sid, cms.IssuerAndSerialNumber)
        and choice.name == "certificate"
        and choice.chosen.serial_number == sid["serial_number"].native
        and choice.chosen.issuer == sid["issuer"]
    ]
    if not inside:
        raise AuthorityRefusedError("the signer's certificate is not inside the token")
    if not _names(signer, inside[0].dump()):
        raise AuthorityRefusedError(
            "the certificate inside is not the one the signer names (ESSCertID)"
        )


def _names(signer: cms.SignerInfo, certificate: bytes) -> bool:
    """Tell whether the signed attributes name ``certificate`` first (RFC 5035)."""
    for attribute in signer["signed_attrs"] or ():
        if attribute["type"].native in _NAMING:
            first = attribute["values"][0]["certs"][0]
            # The first form of the attribute has SHA-1 in its definition.
            digest = _DIGESTS.get(
                first["hash_algorithm"]["algorithm"].native
                if attribute["type"].native == _NAMING[0]
                else "sha1"
            )
            return digest is not None and first["cert_hash"].native == digest(certificate).digest()
    return False


def _check_signature(reply: bytes, digest: bytes, trust_pem: bytes) -> None:
    try:
        trusted = x509.load_pem_x509_certificates(trust_pem)
    except ValueError:
        raise AuthorityRefusedError(
            "the certificates to check the authority with are not PEM"
        ) from None
    builder = VerifierBuilder()
    for certificate in dict.fromkeys(trusted):
        builder = builder.add_root_certificate(certificate)
    try:
        builder.build().verify(decode_timestamp_response(reply), digest)
    except (VerificationError, ValueError) as error:
        raise AuthorityRefusedError(
            f"the stamp does not hold under the certificates trusted: {error}"
        ) from None
