"""Reports of failed delivery (RFC 3464) are read, and what came back is recorded.

A report comes from strangers, so it is bounded before it is parsed, and nothing of it is trusted
but the Message-ID of ours that it names: that must be one we sent, to the address it says.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message
from email.policy import compat32

from archive.canonical import JsonValue
from stationd.cases.chronicle import append_gathered
from stationd.cases.model import Attachment
from stationd.cases.recording import place_fact
from stationd.cases.service import step_within
from stationd.cases.states import Event, State
from stationd.desk import Desk
from stationd.errors import MistakeError
from stationd.outbox.model import Sending
from stationd.outbox.recorded import scene_for
from stationd.outbox.rules import NOTICES
from stationd.outbox.store import find_by_message, read_letter
from stationd.staff.model import Person
from stationd.staff.rights import Right, require

__all__ = ["MOST_BYTES", "Report", "read_report", "record_bounce"]

MOST_BYTES = 2_000_000
_MOST_PARTS, _DEEPEST = 60, 8
_LONGEST = 300
_ID = re.compile(r"<[^<>\s@]{1,100}@[^<>\s@]{1,150}>")
_STATUS = re.compile(r"[245]\.\d{1,3}\.\d{1,3}")
_NAMING = ("Message-ID", "In-Reply-To", "References", "X-Failed-Message-ID")


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a report says: which messages, to whom, what became of them, in whose words."""

    message_ids: tuple[str, ...]
    recipients: tuple[str, ...]
    action: str
    status: str
    words: str


def read_report(content: bytes) -> Report:
    """Read a report, or raise `MistakeError` with why it is none."""
    if len(content) > MOST_BYTES:
        raise MistakeError(f"The file has {len(content)} bytes; a report has at most {MOST_BYTES}.")
    try:
        parts = list(_parts(message_from_bytes(content, policy=compat32)))
    except (RecursionError, ValueError, LookupError, AttributeError, TypeError):
        raise MistakeError("The file is no message that can be read.") from None
    statuses = [part for kind, part in parts if kind == "message/delivery-status"]
    if not statuses:
        raise MistakeError(
            "The file is no report of delivery (RFC 3464): it has no part message/delivery-status."
        )
    fields = [one for status in statuses for one in _fields(status)]
    actions = [said.lower() for said in _each(fields, "Action")]
    return Report(
        message_ids=_named(part for _, part in parts),
        recipients=tuple(
            said.rpartition(";")[2].strip().lower() for said in _each(fields, "Final-Recipient")
        ),
        action="failed" if "failed" in actions else next(iter(actions), ""),
        status=next(iter(_STATUS.findall(" ".join(_each(fields, "Status")))), ""),
        words=next(iter(_each(fields, "Diagnostic-Code")), ""),
    )


def _named(parts: Iterable["Message[str, str]"]) -> tuple[str, ...]:
    """Return the Message-IDs that a report's parts name, each once."""
    found = (one for part in parts for name in _NAMING for one in _ID.findall(_said(part, name)))
    return tuple(dict.fromkeys(found))


def _each(fields: Iterable["Message[str, str]"], name: str) -> list[str]:
    """Return what the blocks of a report say under a name, where they say anything."""
    return [said for said in (_said(one, name) for one in fields) if said]


def _parts(message: "Message[str, str]") -> Iterator[tuple[str, "Message[str, str]"]]:
    """Yield a message's parts with their types, so many and so deep and no more."""
    waiting = [(message, 0)]
    for _ in range(_MOST_PARTS):
        if not waiting:
            return
        part, level = waiting.pop(0)
        kind = part.get_content_type()
        yield kind, part
        inside = part.get_payload()
        if kind == "text/rfc822-headers" and isinstance(inside, str):
            yield kind, message_from_bytes(inside.encode("utf-8", "replace"), policy=compat32)
        if kind != "message/delivery-status" and isinstance(inside, list) and level < _DEEPEST:
            waiting += [(one, level + 1) for one in inside if isinstance(one, Message)]


def _fields(status: "Message[str, str]") -> list["Message[str, str]"]:
    inside = status.get_payload()
    blocks = inside if isinstance(inside, list) else []
    return [one for one in blocks[:_MOST_PARTS] if isinstance(one, Message)]


def _said(part: "Message[str, str]", name: str) -> str:
    """Return a header's words: printable, on one line, and not too many."""
    words = " ".join(str(part.get(name) or "").split())
    return "".join(sign if sign.isprintable() else "?" for sign in words)[:_LONGEST]


def record_bounce(desk: Desk, name: str, content: bytes, by: Person) -> tuple[Sending, str]:
    """Record that a letter of ours came back; return its sending and the fact's id.

    Of a notice the case takes the step `notice_returned` (T13): its time runs on, and another way
    has to be tried.
    """
    require(by, Right.WORK_CASES)
    report = read_report(content)
    if report.action != "failed":
        said = report.action or "nothing"
        raise MistakeError(f"The report says {said!r}, and not that delivery failed.")
    with desk.database.writing() as connection:
        found = [find_by_message(connection, one) for one in report.message_ids]
        ours = next((one for one in found if one is not None), None)
        if ours is None:
            raise MistakeError("The report names no message that this station sent.")
        if report.recipients and ours.address.lower() not in report.recipients:
            raise MistakeError(
                f"The report is about {', '.join(report.recipients)}, and the letter went to "
                f"{ours.address}."
            )
        letter = read_letter(connection, ours.letter_id)
        scene = scene_for(connection, desk, ours.case_id, by)
        fact: dict[str, JsonValue] = {
            "sending": ours.id,
            "of": ours.fact_id,
            "letter": letter.id,
            "status": report.status,
            "said": report.words,
        }
        kind = "notice_returned" if letter.kind in NOTICES else "letter_returned"
        report_file = Attachment(name=name, media_type="message/rfc822", content=content)
        fact_id = place_fact(scene, kind, fact, report_file)
        append_gathered(scene)
        if kind == "notice_returned" and scene.case.state == State.NOTICED:
            append_gathered(step_within(connection, desk, ours.case_id, Event.NOTICE_RETURNED, by))
        return ours, fact_id
