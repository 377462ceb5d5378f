"""Compare what lies in ``trust/`` with what was given: step 4 of `archive.verify`."""

from hashlib import sha256

from archive import openssl
from archive.examination import Examination
from archive.findings import Outcome
from archive.log_key_check import LOG_KEYS, log_keys

__all__ = ["trust"]

_AUTHORITIES = "trust/tsa.pem"
_SIGNATURE = "tagmanifest-sha256.txt.p7s"


def trust(work: Examination) -> None:
    """4. ``trust``: the copies inside are those we were given; they prove nothing themselves."""
    anchors = work.anchors
    pairs = (("trust/root.pem", anchors.root_pem), (_AUTHORITIES, anchors.tsa_pem))
    for name, given in pairs:
        inside = work.opened.read(name)
        if inside is None:
            continue
        try:
            known, found = (set(openssl.certificates(pem)) for pem in (given, inside))
        except openssl.DerError as error:
            work.failed("trust", name, f"holds {error}")
            continue
        if not known:
            work.undecided("trust", name, "the file given for it holds no certificate")
        elif name == _AUTHORITIES and found & known:
            # Stamps of the others are not judged; those of one that was given are enough.
            continue
        elif not found or not found <= known:
            work.failed("trust", name, "is not what was given from outside the bundle")
    _check_signer(work)
    _check_log_key(work)
    work.report.conclude("trust", "trust/", "agrees with what was given from outside")
    if work.keys is not None and work.keys.changes:
        count = len(work.keys.changes)
        text = f"{count} change(s) of the log key, each signed off by the key before"
        work.report.add("trust", Outcome.PASSED, LOG_KEYS, text)


def _check_signer(work: Examination) -> None:
    signer, p7s = work.opened.read("trust/signer.pem"), work.opened.read(_SIGNATURE)
    if signer is None or p7s is None:
        return
    try:
        found = openssl.certificates(signer)
    except openssl.DerError as error:
        work.failed("trust", "trust/signer.pem", f"holds {error}")
        return
    # Inside are the signer's and its chain, and in what is signed the hash of the signer's own.
    named = any(sha256(certificate).digest() in p7s for certificate in found)
    if not named or any(certificate not in p7s for certificate in found):
        work.failed("trust", "trust/signer.pem", "is not the certificate the seal was made with")


def _check_log_key(work: Examination) -> None:
    """Settle which log key counts for a note: the one given, or one that it leads to."""
    given, inside = work.anchors.log_pub_pem, work.opened.read("trust/log.pub.pem")
    if given is None:
        work.report.not_checked.append(
            "the log key against one from outside: the bundle's own word is taken for it (--log)"
        )
    if work.statement is None or (given is None and inside is None):
        return
    changes = work.opened.read(LOG_KEYS)
    work.keys, problems = log_keys(given, inside, changes, work.statement.origin)
    for problem in problems:
        say = work.failed if problem.decided else work.undecided
        say("trust", problem.subject, problem.text)
