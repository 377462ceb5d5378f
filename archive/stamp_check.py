"""Check the time stamps on a seal, each on its own: step 6 of `archive.verify`.

The seal's signature and the list of lists carry a stamp of every authority that was asked and
answered, so both have the same number; the container's signature carries one.
"""

import base64
import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from archive import openssl, revocation_check, xades_check
from archive.examination import Examination
from archive.findings import Outcome
from archive.note_check import entry_time
from archive.openssl import Answer, StampToken
from archive.xades_check import XadesError

__all__ = ["FURTHER_STAMP", "stamp_names", "stamped_at", "timestamp"]

_TAGS = "tagmanifest-sha256.txt"
_SIGNATURE = "tagmanifest-sha256.txt.p7s"
_STAMP = "tagmanifest-sha256.txt.tsr"
FURTHER_STAMP = re.compile(r"tagmanifest-sha256\.txt\.([2-9]|[1-9][0-9])\.tsr")
_TOLERANCE = timedelta(seconds=120)


@dataclass(frozen=True, slots=True)
class _Stamp:
    """A stamp that was read: the file it is told of, and what it must be over."""

    name: str
    token: StampToken
    data: bytes


def stamp_names(names: Iterable[str]) -> list[str]:
    """Return the files among ``names`` that are replies over the list of lists, in order."""
    further = [name for name in names if FURTHER_STAMP.fullmatch(name)]
    first = [_STAMP] if _STAMP in names else []
    return first + sorted(further, key=lambda name: (len(name), name))


def stamped_at(work: Examination, tokens: Sequence[StampToken], data: bytes) -> datetime:
    """Return the time at which what carries these stamps is judged: the earliest that is believed.

    One stamp is told of where it does not hold; of several, one of a stranger must not decide.
    """
    times = [it.time for it in tokens if len(tokens) > 1 and _asked(work, it, data).holds]
    return min(times or [it.time for it in tokens])


def timestamp(work: Examination) -> None:
    """6. ``timestamp``: every stamp holds under its authority, and follows the checkpoint."""
    listed = stamp_names(work.opened.places)
    sealed, listing = _of_seal(work), _of_list(work, listed)
    good: list[_Stamp] = []
    for stamps in (sealed, listing, _of_container(work)):
        good += _believed(work, stamps, beside=bool(good))
    seal = len(sealed)
    if seal and listed and len(listed) != seal:
        work.failed("timestamp", _STAMP, f"carries {len(listed)} stamp(s), and the seal {seal}")
    shown = [stamp for stamp in good if stamp.name in listed]
    # Where a stranger alone stamped the list, the time is the one that the seal's own stamp gives.
    _conclude(work, shown or [stamp for stamp in good if stamp.name == _SIGNATURE])


def _conclude(work: Examination, shown: Sequence[_Stamp]) -> None:
    if not shown:
        if not any(it.step == "timestamp" for it in work.report.findings):
            text = "carries no stamp that holds, so that nothing shows when it was sealed"
            work.failed("timestamp", _STAMP, text)
        return
    work.report.sealed_at = f"{min(it.token.time for it in shown):%Y-%m-%dT%H:%M:%SZ}"
    text = ""
    if len(shown) > 1:
        names = [openssl.authority_name(it.token.der) or "unnamed" for it in shown]
        text = f", stamped by {', '.join(names)}"
    text = f"sealed not later than {work.report.sealed_at}{text}"
    work.report.conclude("timestamp", _STAMP, text)


def _of_seal(work: Examination) -> list[_Stamp]:
    p7s = work.opened.read(_SIGNATURE)
    if p7s is None:
        return []
    try:
        value, tokens = openssl.signature_stamps(p7s)
    except openssl.DerError as error:
        work.failed("timestamp", _SIGNATURE, f"carries no stamp that can be read: {error}")
        return []
    return [_Stamp(_SIGNATURE, token, value) for token in tokens]


def _of_container(work: Examination) -> list[_Stamp]:
    document = work.opened.read(xades_check.NAME)
    if document is not None:
        with suppress(XadesError):  # step 5 tells of it
            form = xades_check.read_form(document)
            return [_Stamp(xades_check.NAME, token, form.stamped) for token in form.tokens]
    return []


def _of_list(work: Examination, names: Sequence[str]) -> list[_Stamp]:
    data = work.opened.read(_TAGS)
    found: list[_Stamp] = []
    for name in names:
        raw = work.opened.read(name)
        if raw is None or data is None:
            continue
        try:
            found.append(_Stamp(name, openssl.reply_token(raw), data))
        except openssl.DerError as error:
            work.failed("timestamp", name, f"is no reply that can be read: {error}")
    return found


def _believed(work: Examination, stamps: Sequence[_Stamp], *, beside: bool) -> list[_Stamp]:
    """Judge the stamps on one part; return those that hold under the authorities given.

    One of an authority that the bundle names and that was not given is not judged, as long as
    another holds, on this part or (``beside``) on one before.
    """
    good: list[_Stamp] = []
    strangers: list[tuple[_Stamp, Answer]] = []
    for stamp in stamps:
        answer = _asked(work, stamp.token, stamp.data)
        if answer.holds is None:
            work.undecided("timestamp", stamp.name, answer.reason)
        elif answer.holds:
            good.append(stamp)
            _check_authority(work, stamp)
        elif _named_inside(work, stamp):
            strangers.append((stamp, answer))
        else:
            work.failed("timestamp", stamp.name, f"its stamp does not hold: {answer.reason}")
        _check_after(work, stamp)
    for stamp, answer in strangers:
        if good or beside:
            name = openssl.authority_name(stamp.token.der) or "unnamed"
            _remark(work, f"the stamps of {name}: this authority is not among those given")
        else:
            work.failed("timestamp", stamp.name, f"its stamp does not hold: {answer.reason}")
    return good


def _asked(work: Examination, token: StampToken, data: bytes) -> Answer:
    """Ask whether a stamp holds under the authorities given, once."""
    # The same token may stand in two places, and be over the bytes of one of them only.
    asked = token.der, data
    if asked not in work.stamps:
        work.stamps[asked] = openssl.verify_stamp(token, data, work.anchors.tsa_pem)
    return work.stamps[asked]


def _named_inside(work: Examination, stamp: _Stamp) -> bool:
    """Tell whether a stamp holds under an authority of ``trust/tsa.pem`` that was not given."""
    try:
        given = openssl.certificates(work.anchors.tsa_pem)
        inside = openssl.certificates(work.opened.read("trust/tsa.pem") or b"")
    except openssl.DerError:
        return False  # step 4 tells of it
    if not set(inside) & set(given) or set(inside) <= set(given):
        return False
    pem = b"".join(_pem(one) for one in inside if one not in given)
    return bool(openssl.verify_stamp(stamp.token, stamp.data, pem).holds)


def _pem(der: bytes) -> bytes:
    body = base64.encodebytes(der)
    return b"-----BEGIN CERTIFICATE-----\n" + body + b"-----END CERTIFICATE-----\n"


def _check_after(work: Examination, stamp: _Stamp) -> None:
    covered = _checkpoint_time(work)
    if covered and covered - stamp.token.time > _TOLERANCE:
        time = f"{stamp.token.time:%Y-%m-%d %H:%M:%S}Z"
        text = f"was stamped {time}, before the checkpoint it covers"
        work.failed("timestamp", stamp.name, text)


def _check_authority(work: Examination, stamp: _Stamp) -> None:
    """Judge the certificates inside a stamp by the lists of their issuers."""
    for certificate in openssl.token_certificates(stamp.token.der):
        outcome, text = revocation_check.judged(
            certificate, work.revoked, stamp.token.time, stamps=True
        )
        if outcome is Outcome.FAILED:
            work.failed("timestamp", stamp.name, f"a certificate of its authority {text}")
            return
        if outcome is None and not revocation_check.own_issuer(certificate):
            _remark(work, f"the authority's certificate: {text}")


def _remark(work: Examination, text: str) -> None:
    if text not in work.report.not_checked:
        work.report.not_checked.append(text)


def _checkpoint_time(work: Examination) -> datetime | None:
    if work.statement is None:
        return None
    try:
        time = entry_time(work.statement)
        return datetime.strptime(time, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
    except ValueError:
        return None
