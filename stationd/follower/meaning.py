"""From journal entries to what they say: links checked, frames decoded; no database.

A frame whose meaning cannot be read stays an entry all the same: only its meaning is missing.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, MutableMapping
from functools import lru_cache
from typing import Any

from receivers.own_codes import NO_OWN_CODES, OwnCodes
from receivers.session import Options, ReceiverSpec
from receivers.signals import Decoded, Undecoded
from stationd.clock import from_ns, iso
from stationd.errors import JournalBrokenError
from stationd.follower.model import AccountsOf, ListenerFacts, Place, Taken
from stationd.journal import chain
from stationd.journal.model import Entry, Kind, encode_body

__all__ = ["listeners_of", "meaning", "note_of", "taken"]

# As wide as the columns that hold a number, and nothing that a chain's name cannot have.
_NUMBER = re.compile(r"[ -~]{0,40}")


def taken(
    entries: Iterable[Entry],
    after: Place,
    *,
    listeners: MutableMapping[str, ListenerFacts],
    receivers: Mapping[str, ReceiverSpec],
    accounts: AccountsOf,
    own: OwnCodes = NO_OWN_CODES,
) -> Iterator[Taken]:
    """Yield ``entries`` with their meaning; each must continue the link of the one before.

    ``listeners`` is changed by the `started` entries among them.  Raises `JournalBrokenError`
    naming node, journal and position.
    """
    position, link = after.position, after.link
    for entry in entries:
        body = encode_body(entry)
        position += 1
        if entry.position != position:
            raise JournalBrokenError(
                _broken(after, position, f"is missing ({entry.position} stands there)")
            )
        link = chain.link(link, position, body)
        if entry.link != link:
            raise JournalBrokenError(_broken(after, position, "does not continue the one before"))
        if entry.kind is Kind.STARTED:
            listeners.clear()
            listeners.update(listeners_of(entry))
        facts = listeners.get(entry.listener)
        yield Taken(
            entry=entry,
            body=body,
            rx=_text(entry.received_at),
            listener=facts,
            meaning=meaning(entry, facts, receivers=receivers, accounts=accounts, own=own)
            if entry.kind is Kind.FRAME
            else None,
        )


def note_of(entry: Entry) -> dict[str, Any]:
    """Return an entry's note; empty where there is none or it is not a JSON object."""
    if not entry.note:
        return {}
    try:
        note = json.loads(entry.note)
    except ValueError:
        return {}
    return note if isinstance(note, dict) else {}


def listeners_of(started: Entry) -> dict[str, ListenerFacts]:
    """Return the listeners that a `started` entry names; what it does not say is left out."""
    named = note_of(started).get("listeners")
    found: dict[str, ListenerFacts] = {}
    for name, facts in (named if isinstance(named, dict) else {}).items():
        if isinstance(facts, dict) and isinstance(facts.get("receiver"), str):
            options = facts.get("options")
            found[name] = ListenerFacts(
                receiver=facts["receiver"],
                group=str(facts.get("group", "")),
                mode=str(facts.get("mode", "")),
                options=options if isinstance(options, dict) else {},
            )
    return found


def _text(received_at: int) -> str:
    """Return ``iso(from_ns(received_at))``; entries of one second share most of it."""
    second, rest = divmod(received_at, 10**9)
    return f"{_second(second)}{rest // 1000:06}Z"


@lru_cache(maxsize=16)
def _second(second: int) -> str:
    return iso(from_ns(second * 10**9))[:-7]


def meaning(
    entry: Entry,
    facts: ListenerFacts | None,
    *,
    receivers: Mapping[str, ReceiverSpec],
    accounts: AccountsOf,
    own: OwnCodes,
) -> Decoded | Undecoded:
    """Return what a frame says, read as of a listener of ``facts``."""
    if facts is None:
        return Undecoded("listener_unknown")
    spec = receivers.get(facts.receiver)
    if spec is None:
        return Undecoded("receiver_unknown")
    try:
        read = spec.decode(entry.raw, accounts(facts.group), _options(entry, facts))
        read = own.read(read, facts.group)
    except Exception as error:  # noqa: BLE001  (see below)
        # A decoder never raises; if one does after all, the frame is parked, because the signals
        # behind it must not wait for a new release.
        return Undecoded(f"decoder_fault:{type(error).__name__}")
    return read if isinstance(read, Undecoded) else _usable(read)


def _options(entry: Entry, facts: ListenerFacts) -> Options:
    """Return the listener's options, with what came before if the frame says nothing alone."""
    context = note_of(entry).get("context")
    return {**facts.options, "context": context} if isinstance(context, str) else facts.options


def _usable(decoded: Decoded) -> Decoded | Undecoded:
    """Return what was decoded, if it can be kept in a chain of its number."""
    if not decoded.signals:
        return Undecoded("no_event")
    if not all(_NUMBER.fullmatch(signal.number) for signal in decoded.signals):
        return Undecoded("number_unreadable")
    return decoded


def _broken(after: Place, position: int, what: str) -> str:
    return (
        f"node {after.node}: entry {position} of journal {after.journal} {what}; it was changed "
        "or is another journal's. Nothing of it is taken; keep the file and compare it with a "
        "backup."
    )
