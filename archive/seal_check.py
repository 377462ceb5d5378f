"""Check the seal, CMS and XAdES, under the root: step 5 of `archive.verify`."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime

from archive import openssl, revocation_check, xades_check
from archive.examination import Examination
from archive.opened import CONTAINER_MANIFEST
from archive.stamp_check import stamped_at
from archive.xades_check import SignatureForm, XadesError

__all__ = ["signature"]

_TAGS = "tagmanifest-sha256.txt"
_SIGNATURE = "tagmanifest-sha256.txt.p7s"
_SIGNER = "trust/signer.pem"
_LISTS = "trust/crls.pem"
_RESPONDER = "trust/ocsp.pem"


def signature(work: Examination) -> None:
    """5. ``signature``: the list of lists is signed under the root, judged when it was stamped."""
    p7s, data = work.opened.read(_SIGNATURE), work.opened.read(_TAGS)
    if p7s is None or data is None:
        return
    try:
        value, tokens = openssl.signature_stamps(p7s)
        at: datetime | None = stamped_at(work, tokens, value)
    except openssl.DerError:
        at = None
    answer = openssl.verify_signature(p7s, data, work.anchors.root_pem, at)
    if answer.holds is None:
        work.undecided("signature", _SIGNATURE, answer.reason)
    elif not answer.holds:
        work.failed("signature", _SIGNATURE, f"does not hold under the root: {answer.reason}")
    elif answer.signer not in _chain(work)[:1]:
        # It is judged below whether this one was revoked, so it must be the one that signed.
        work.failed("signature", _SIGNER, "is not the certificate the seal was made with")
    _check_container(work)
    work.report.conclude("signature", _SIGNATURE, "holds under the root given")
    if at is not None:
        _check_revoked(work, at)


def _check_revoked(work: Examination, at: datetime) -> None:
    """Judge the seal's certificate, and those between, by what is known of revoked ones."""
    chain = _chain(work)
    known = _read_lists(work, chain)
    for certificate in chain[:-1]:
        outcome, text = revocation_check.judged(certificate, known, at, stamps=False)
        if outcome is None:
            work.report.not_checked.append(f"the seal's certificate: {text}")
        else:
            work.report.add("signature", outcome, _SIGNER, text)


def _read_lists(work: Examination, chain: Sequence[bytes]) -> list[revocation_check.CrlList]:
    """Return the lists that hold: the bundle's own, and those given from outside."""
    given = (work.anchors.root_pem, work.anchors.tsa_pem)
    issuers = [*chain, *_certificates(work, "tsa")]
    with suppress(openssl.DerError):  # step 4 tells of it
        issuers += [one for pem in given for one in openssl.certificates(pem)]
    for where, pem in (
        (_LISTS, work.opened.read(_LISTS) or b""),
        ("the list given", work.anchors.crls_pem),
    ):
        try:
            ders = revocation_check.list_pems(pem)
        except openssl.DerError as error:
            work.failed("trust", where, f"holds {error}")
            continue
        if pem and not ders:
            work.undecided("trust", where, "holds no list of revoked certificates")
        for one in revocation_check.believed(ders, list(dict.fromkeys(issuers))):
            if isinstance(one, openssl.Answer):
                say = work.undecided if one.holds is None else work.failed
                say("trust", where, f"a list in it does not hold: {one.reason}")
            elif one not in work.revoked:
                work.revoked.append(one)
    return work.revoked


def _check_container(work: Examination) -> None:
    """Check the signature over the files of the container, by the same certificate."""
    document = work.opened.read(xades_check.NAME)
    if document is None:
        return
    try:
        form = xades_check.read_form(document)
    except XadesError as error:
        work.failed("signature", xades_check.NAME, str(error))
        return
    for name, fault in xades_check.problems(form, _signed_files(work, form), _values(work)):
        work.failed("signature", name, fault)
    # Nothing signs the list of certificates in it; what it must be is known.
    if form.chain != _chain(work):
        text = (
            "does not have the certificates of trust/signer.pem and trust/root.pem, as they stand"
        )
        work.failed("signature", xades_check.NAME, text)
    root, at = work.anchors.root_pem, stamped_at(work, form.tokens, form.stamped)
    answers = [
        openssl.verify_certificate(form.chain, root, at),
        openssl.verify_bare(form.value, form.signed, form.chain[0], halves=form.halves),
    ]
    responder = _certificates(work, "ocsp")
    if responder and len(form.chain) > 1:
        answers.append(
            revocation_check.answer_fault(form.answer, responder[0], form.chain, root, at)
        )
    for answer in answers:
        if answer.holds is None:
            work.undecided("signature", xades_check.NAME, answer.reason)
        elif not answer.holds:
            text = f"does not hold under the root: {answer.reason}"
            work.failed("signature", xades_check.NAME, text)


def _signed_files(work: Examination, form: SignatureForm) -> dict[str, str]:
    """Return the hashes of the files that the container's signature must cover."""
    names = set(work.opened.places) - {"mimetype", CONTAINER_MANIFEST, xades_check.NAME}
    if not work.opened.packed or work.opened.volumes:
        # What came from volumes lies beside the container, and not in it.
        names = {it for it in names if it in form.references or not it.startswith("data/records/")}
    return {name: work.seen[name].sha256 for name in names if name in work.seen}


def _values(work: Examination) -> xades_check.Values:
    """Return what the container's signature must have for a later check: what ``trust/`` has."""
    try:
        lists = revocation_check.list_pems(work.opened.read(_LISTS) or b"")
    except openssl.DerError:
        lists = []  # step 5 tells of it
    if not lists:
        return xades_check.NO_VALUES
    authorities = _certificates(work, "tsa")
    return xades_check.Values(authorities, lists, answers=bool(work.opened.read(_RESPONDER)))


def _chain(work: Examination) -> tuple[bytes, ...]:
    """Return the certificates from the signer's to the root's, as the bundle has them."""
    # A chain that was given up to the root has the root twice.
    return tuple(dict.fromkeys([*_certificates(work, "signer"), *_certificates(work, "root")]))


def _certificates(work: Examination, name: str) -> list[bytes]:
    """Return the certificates of a file in ``trust/``; none where it cannot be read."""
    try:
        return openssl.certificates(work.opened.read(f"trust/{name}.pem") or b"")
    except openssl.DerError:
        return []
