"""How letters and their sendings are shown."""

from archive.canonical import JsonValue
from stationd.clock import iso
from stationd.outbox.model import Letter, Sending, State

__all__ = ["letter_value", "sending_row", "sending_value"]


def letter_value(one: Letter) -> dict[str, JsonValue]:
    """Return a letter as plain values."""
    return {
        "id": one.id,
        "case": one.case_id,
        "kind": one.kind,
        "channel": one.channel,
        "recipient": one.recipient,
        "address": one.address,
        "file": one.file,
        "sha256": one.sha256,
        "stated_at": None if one.stated_at is None else iso(one.stated_at),
        "send_by": None if one.send_by is None else iso(one.send_by),
        "fact": one.fact_id,
        "drafted_by": one.drafted_by,
        "drafted_at": iso(one.drafted_at),
    }


def sending_value(one: Sending) -> dict[str, JsonValue]:
    """Return an act of sending as plain values."""
    return {
        "id": one.id,
        "letter": one.letter_id,
        "channel": one.channel,
        "address": one.address,
        "state": one.state.value,
        "why": one.why,
        "tries": one.tries,
        "next_at": None if one.next_at is None else iso(one.next_at),
        "message_id": one.message_id,
        "sent_at": None if one.sent_at is None else iso(one.sent_at),
        "proof": dict(one.proof),
        "tracking": one.tracking,
        "fact": one.fact_id,
        "declared_at": None if one.declared_at is None else iso(one.declared_at),
    }


def sending_row(one: Sending, letter: Letter) -> list[str]:
    """Return the row of a table that shows an act of sending."""
    declared = "yes" if one.declared_at else "no" if one.state is State.SENT else ""
    return [
        one.id[:8],
        letter.id[:8],
        one.channel,
        one.address,
        one.state.value,
        str(one.tries),
        declared,
        f"{letter.kind}: {one.why}" if one.why else letter.kind,
    ]
