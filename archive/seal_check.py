"""Check seal and stamps: CMS and XAdES under the root, RFC 3161 under the authority.

These are steps 5 and 6 of `archive.verify`.
"""

from contextlib import suppress
from datetime import UTC, datetime, timedelta

from archive import openssl, xades_check
from archive.examination import Examination
from archive.note_check import entry_time
from archive.opened import CONTAINER_MANIFEST
from archive.xades_check import SignatureForm, XadesError

__all__ = ["signature", "timestamp"]

_TAGS = "tagmanifest-sha256.txt"
_SIGNATURE = "tagmanifest-sha256.txt.p7s"
_STAMP = "tagmanifest-sha256.txt.tsr"
_TOLERANCE = timedelta(seconds=120)


def signature(work: Examination) -> None:
    """5. ``signature``: the list of lists is signed under the root, judged when it was stamped."""
    p7s, data = work.opened.read(_SIGNATURE), work.opened.read(_TAGS)
    if p7s is None or data is None:
        return
    try:
        at: datetime | None = openssl.signature_stamp(p7s)[1].time
    except openssl.DerError:
        at = None
    answer = openssl.verify_signature(p7s, data, work.anchors.root_pem, at)
    if answer.holds is None:
        work.undecided("signature", _SIGNATURE, answer.reason)
    elif not answer.holds:
        work.failed("signature", _SIGNATURE, f"does not hold under the root: {answer.reason}")
    _check_container(work)
    work.report.conclude("signature", _SIGNATURE, "holds under the root given")


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
    for name, fault in xades_check.problems(form, _signed_files(work, form)):
        work.failed("signature", name, fault)
    # Nothing signs the list of certificates in it; what it must be is known.
    if form.chain != _chain(work):
        text = (
            "does not have the certificates of trust/signer.pem and trust/root.pem, as they stand"
        )
        work.failed("signature", xades_check.NAME, text)
    for answer in (
        openssl.verify_certificate(form.chain, work.anchors.root_pem, form.token.time),
        openssl.verify_bare(form.value, form.signed, form.chain[0], halves=form.halves),
    ):
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


def _chain(work: Examination) -> tuple[bytes, ...]:
    """Return the certificates from the signer's to the root's, as the bundle has them."""
    pems = [work.opened.read(f"trust/{name}.pem") or b"" for name in ("signer", "root")]
    try:
        # A chain that was given up to the root has the root twice.
        return tuple(dict.fromkeys(one for pem in pems for one in openssl.certificates(pem)))
    except openssl.DerError:
        return ()


def timestamp(work: Examination) -> None:
    """6. ``timestamp``: both stamps hold under the authority, and follow the checkpoint."""
    p7s, data = work.opened.read(_SIGNATURE), work.opened.read(_TAGS)
    if p7s is not None:
        try:
            value, token = openssl.signature_stamp(p7s)
            _check_stamp(work, _SIGNATURE, token, value)
        except openssl.DerError as error:
            work.failed("timestamp", _SIGNATURE, f"carries no stamp that can be read: {error}")
    document = work.opened.read(xades_check.NAME)
    if document is not None:
        with suppress(XadesError):  # step 5 tells of it
            form = xades_check.read_form(document)
            _check_stamp(work, xades_check.NAME, form.token, form.stamped)
    tsr = work.opened.read(_STAMP)
    if tsr is not None and data is not None:
        try:
            token = openssl.reply_token(tsr)
            _check_stamp(work, _STAMP, token, data)
            work.report.sealed_at = f"{token.time:%Y-%m-%dT%H:%M:%SZ}"
        except openssl.DerError as error:
            work.failed("timestamp", _STAMP, f"is no reply that can be read: {error}")
    work.report.conclude("timestamp", _STAMP, f"sealed not later than {work.report.sealed_at}")


def _check_stamp(work: Examination, name: str, token: openssl.StampToken, data: bytes) -> None:
    answer = openssl.verify_stamp(token, data, work.anchors.tsa_pem)
    if answer.holds is None:
        work.undecided("timestamp", name, answer.reason)
    elif not answer.holds:
        work.failed("timestamp", name, f"its stamp does not hold: {answer.reason}")
    covered = _checkpoint_time(work)
    if covered and covered - token.time > _TOLERANCE:
        text = f"was stamped {token.time:%Y-%m-%d %H:%M:%S}Z, before the checkpoint it covers"
        work.failed("timestamp", name, text)


def _checkpoint_time(work: Examination) -> datetime | None:
    if work.statement is None:
        return None
    try:
        time = entry_time(work.statement)
        return datetime.strptime(time, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
    except ValueError:
        return None
