"""Guards of the notice: what may be sent, what was sent, when its time is over, who else was told.

``G6p`` and ``G6`` notice, ``G7`` time, ``G8`` payments after it, ``G9p`` and ``G9`` authority.
"""

from collections.abc import Iterable
from datetime import date

from stationd.cases.grounds import site_day
from stationd.cases.model import Facts, GuardResult, NoticeFact, Reason, RecordedFact, Status
from stationd.cases.reasons import COUNSELS_TEXT, RULES
from stationd.cases.results import at, failed, listed, not_asked, passed
from stationd.cases.states import Gate

__all__ = [
    "authority_drafted",
    "authority_told",
    "notice_ready",
    "notice_sent",
    "payments_decided",
    "time_over",
]


# --- G6p ---


def notice_ready(facts: Facts, _gate: Gate) -> GuardResult:
    """G6p: the draft is made from a form that counsel signed, and may go the way it will go."""
    wanted = RULES[facts.reason].notice
    if wanted is None:
        return not_asked("G6p", f"{facts.reason} sends no notice.")
    drafts = _drafts(facts)
    if not drafts:
        text = (
            f"No draft of the {wanted} notice is recorded since the case was ready for it. A clerk "
            "or manager drafts it, one for each channel (`letter draft`; what people made, `case "
            "facts … notice_draft --file`)."
        )
        return failed("G6p", text)
    fault = _form_fault(facts, drafts, wanted) or _way_fault(facts, drafts) or _window_fault(facts)
    if fault is not None:
        return failed("G6p", fault, *drafts)
    ways = listed(str(one.told["channel"]) for one in drafts)
    return passed("G6p", f"The {wanted} notice is drafted for {ways}.", *drafts)


def _drafts(facts: Facts) -> tuple[RecordedFact, ...]:
    """Return the newest draft of this round for each channel."""
    drafts = {one.told["channel"]: one for one in facts.of("notice_draft", after=facts.since)}
    return tuple(drafts.values())


def _form_fault(facts: Facts, drafts: Iterable[RecordedFact], kind: str) -> str | None:
    if kind == COUNSELS_TEXT:
        if facts.newest("counsel_note", after=facts.since) is None:
            return (
                f"The letter for {facts.reason} is counsel's own text. Counsel says so of this "
                "one, and a manager or attorney records it (`case facts … counsel_note`)."
            )
        return None
    faults = (_sign_off_fault(facts, str(one.told.get("form") or ""), kind) for one in drafts)
    return next((fault for fault in faults if fault is not None), None)


def _sign_off_fault(facts: Facts, version: str, kind: str) -> str | None:
    """Return why no letter is made from a version of a form; None: it may be."""
    place = facts.account.jurisdiction
    serving = [form for form in facts.forms if form.serves(kind, version, place)]
    if not serving:
        return (
            f"Counsel signed no {kind} form {version or '(none named)'} for "
            f"{place or 'any jurisdiction'}. An attorney signs it, or a manager records counsel's "
            "document (`form sign`)."
        )
    in_use = [form for form in serving if form.withdrawn_at is None]
    if not in_use:
        return f"The {kind} form {version} was withdrawn. The draft is made from another."
    if all(form.expires_at <= facts.now for form in in_use):
        return (
            f"Counsel's sign-off of the {kind} form {version} expired on "
            f"{in_use[0].expires_at:%Y-%m-%d}. An attorney signs a new version (`form sign`)."
        )
    return None


def _way_fault(facts: Facts, drafts: Iterable[RecordedFact]) -> str | None:
    ways = {str(one.told["channel"]) for one in drafts}
    if facts.methods and not ways & set(facts.methods):
        return (
            f"The draft goes by {listed(ways)}, but the contract asks for {listed(facts.methods)}. "
            "A clerk or manager drafts it so as well."
        )
    terms = facts.contract.terms
    if (
        ways == {"email"}
        and terms.get("residential") == "yes"
        and not terms.get("e_notice_consent")
    ):
        return (
            "E-mail is the only channel, and this residential customer has not consented to notice "
            "by e-mail. A clerk or manager drafts a letter as well."
        )
    if ways == {"certified"}:
        return (
            "Certified mail is never the only channel: it may lie uncollected. A clerk or manager "
            "drafts a first-class copy as well (channel post)."
        )
    return None


def _window_fault(facts: Facts) -> str | None:
    """Return why a non-renewal is not given today; None: it may be, or is none."""
    if facts.reason is not Reason.NONRENEWAL_BY_COMPANY:
        return None
    told = facts.newest("renewal_facts")
    opens, closes = (told.told.get(name) if told else None for name in _WINDOW)
    if opens is None or closes is None:
        return (
            "The window for notice of non-renewal is not known. A clerk or manager records it "
            "(`case facts … renewal_facts --set window_opens=… --set window_closes=…`)."
        )
    if not date.fromisoformat(str(opens)) <= site_day(facts) <= date.fromisoformat(str(closes)):
        return f"Notice of non-renewal may be given from {opens} to {closes}, and not today."
    return None


_WINDOW = ("window_opens", "window_closes")


# --- G6 ---


def notice_sent(facts: Facts, gate: Gate) -> GuardResult:
    """G6: one notice went out over an allowed channel, with its file and a signed declaration."""
    wanted = RULES[facts.reason].notice
    if wanted is None:
        return not_asked("G6", f"{facts.reason} sends no notice.")
    sent = [notice for notice in facts.notices if of_this_round(notice, wanted, facts)]
    if not sent:
        text = (
            f"No {wanted} notice is recorded since the case was ready for it. A clerk or manager "
            "has it sent (`letter send`), or sends it and records file, channel, address and "
            "declaration (`case notice`)."
        )
        return GuardResult(id="G6", status=Status.FAILED, text=text)
    allowed = [notice for notice in sent if not facts.methods or notice.channel in facts.methods]
    if not allowed:
        text = (
            f"The notice went by {_ways(sent)}, but the contract "
            f"asks for {listed(facts.methods)}. A clerk or manager sends it so as well."
        )
        return _notices(Status.FAILED, text, sent)
    return _declared(facts, allowed, gate)


def _declared(facts: Facts, allowed: list[NoticeFact], gate: Gate) -> GuardResult:
    declared = [notice for notice in allowed if notice.declared]
    if not declared:
        text = (
            "No declaration of sending is recorded for the notice. Whoever sent it declares it "
            "(`letter declare`), or signs one and records it (`case declaration`)."
        )
        return _notices(Status.FAILED, text, allowed)
    others = _not_drafted(facts, declared) if gate is Gate.NOTICE else []
    if others:
        text = (
            f"What went by {_ways(others)} is not the file that was drafted and approved. What "
            "was sent is drafted anew and approved as it is."
        )
        return _notices(Status.FAILED, text, others)
    first = declared[0]
    text = f"Sent by {first.channel} on {at(first.sent_at)}; the declaration of sending is there."
    return _notices(Status.PASSED, text, declared)


def _ways(notices: list[NoticeFact]) -> str:
    return listed(notice.channel for notice in notices)


def _not_drafted(facts: Facts, sent: list[NoticeFact]) -> list[NoticeFact]:
    """Return the notices whose bytes are those of no draft of this round."""
    drafted = {str(one.told.get("sha256")) for one in _drafts(facts)}
    return [notice for notice in sent if notice.sha256 not in drafted]


def of_this_round(notice: NoticeFact, kind: str, facts: Facts) -> bool:
    """Tell whether a notice is of its case's kind, and not of a round before a hold."""
    return notice.kind == kind and (facts.since is None or notice.at >= facts.since)


def _notices(status: Status, text: str, notices: list[NoticeFact]) -> GuardResult:
    return GuardResult(
        id="G6",
        status=status,
        text=text,
        facts=tuple(notice.id for notice in notices),
        since=notices[0].sent_at,
    )


# --- G7, G8 ---


def time_over(facts: Facts, _gate: Gate) -> GuardResult:
    """G7: the effective instant has been reached; the instant itself counts as reached."""
    if facts.effective_at is None:
        text = "There is no effective instant yet: it is computed when the notice has gone out."
        return GuardResult(id="G7", status=Status.FAILED, text=text)
    if facts.now < facts.effective_at:
        text = f"The time in the notice runs until {at(facts.effective_at)}; nobody can shorten it."
        return GuardResult(id="G7", status=Status.FAILED, text=text, since=facts.effective_at)
    text = f"The effective instant {at(facts.effective_at)} has been reached."
    return GuardResult(id="G7", status=Status.PASSED, text=text, since=facts.effective_at)


def payments_decided(facts: Facts, _gate: Gate) -> GuardResult:
    """G8: a manager has decided every payment that came after the notice, and none cures."""
    if facts.noticed_since is None:
        return passed("G8", "No notice is out that a payment could have come after.")
    payments = [one for one in facts.of("payment") if _after_notice(facts, one)]
    decisions = {one.told["payment"]: one for one in facts.of("payment_decision")}
    open_ones = [one for one in payments if one.id not in decisions]
    if open_ones:
        first = open_ones[0]
        text = (
            f"{first.told.get('amount')} came on {first.told.get('received_on')}, after the "
            "notice. A manager decides: accept_as_cure, reject_and_return or partial_not_cure "
            f"(`case decide … {first.id[:8]}`)."
        )
        return failed("G8", text, *open_ones)
    cures = [one for one in decisions.values() if one.told["decision"] == "accept_as_cure"]
    if cures:
        text = "A payment was accepted as cure. A manager takes the step cure; service stays."
        return failed("G8", text, *cures)
    if payments:
        return passed("G8", f"{len(payments)} payment(s) after the notice, all decided.", *payments)
    return passed("G8", "No payment came after the notice.")


def _after_notice(facts: Facts, one: RecordedFact) -> bool:
    """Tell whether a payment was recorded after the notice, by the case's version or by time.

    What came between the sending and the step T12 came after the notice too.
    """
    by_version = one.version >= facts.noticed_version > 0 and one.version > 0
    began = [notice.sent_at for notice in facts.notices]
    began += [] if facts.noticed_since is None else [facts.noticed_since]
    return by_version or one.told.get("line") is not None or one.at >= min(began)


# --- G9 ---


def authority_drafted(facts: Facts, _gate: Gate) -> GuardResult:
    """G9p: where an authority must be told that service ends, the letter to it is drafted."""
    if not _told(facts):
        return not_asked("G9p", "No authority has to be told of this kind of system.")
    draft = facts.newest("authority_draft", "authority_letter", after=facts.since)
    if draft is None:
        text = (
            f"The system is of the kind {listed(_told(facts))}: the authority is told that it is "
            "no longer monitored. A clerk or manager drafts the letter (`letter draft`, or `case "
            "facts … authority_draft --file`)."
        )
        return failed("G9p", text)
    return passed("G9p", f"The letter to the authority is drafted, by {draft.author}.", draft)


def authority_told(facts: Facts, _gate: Gate) -> GuardResult:
    """G9: authority and issuer of a certificate were told, with proof of sending."""
    certificate = facts.account.details.get("certificate")
    if not _told(facts) and not certificate:
        return not_asked("G9", "No authority and no issuer has to be told.")
    letter = facts.newest("authority_letter")
    if _told(facts) and letter is None:
        text = (
            f"The system is of the kind {listed(_told(facts))}, and the authority was not told. A "
            "clerk or manager sends the letter and records it with its proof (`case facts … "
            "authority_letter --file`); a ruling that it is not required takes two persons "
            "(`case ask --waive G9`)."
        )
        return failed("G9", text)
    cancelled = [
        one for one in facts.of("issuer_cancellation") if one.told["number"] == str(certificate)
    ]
    if certificate and not cancelled:
        text = (
            f"The issuer of certificate {certificate} was not told. A clerk or manager does and "
            "records it (`case facts … issuer_cancellation --file`)."
        )
        return failed("G9", text)
    there = [*([letter] if letter else []), *cancelled]
    return passed("G9", "Whoever has to be told of the end was told.", *there)


def _told(facts: Facts) -> frozenset[str]:
    return facts.account.systems & facts.told_systems
