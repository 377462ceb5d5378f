"""What waits in the outbox goes out: in the worker's child, once and only once.

Three transactions make one sending.  The first takes the row up, after it has seen that the letter
may go.  The second, asked for by the way itself before the act that cannot be taken back, sees so
once more and notes that the act begins.  The third records what came of it, with the fact.  Cut off
between the first and the second, nothing has happened and it is tried again.  Cut off between the
second and the third, the way is asked what became of it, and does not begin anew; a mail server
cannot be asked, so the row is `uncertain` until people say.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from stationd.cases.chronicle import append_gathered
from stationd.clock import iso
from stationd.db.engine import Connection
from stationd.desk import Desk
from stationd.errors import DatabaseUnavailableError, StationdError
from stationd.ledger.store import read_documents
from stationd.letters.channels.channel import (
    Channel,
    Later,
    Lies,
    Outcome,
    Parcel,
    Refused,
    Sent,
    Unsure,
)
from stationd.letters.fields import LETTERS
from stationd.logs import note
from stationd.outbox.declaring import form_to_sign
from stationd.outbox.model import Letter, Sending, State
from stationd.outbox.recorded import ordering_person, place_sent, scene_for
from stationd.outbox.service import fault_now, tell
from stationd.outbox.store import (
    move,
    read_cut_off,
    read_letter,
    read_moved_away,
    read_ready,
    read_sending,
)

__all__ = ["Post", "work"]

# Longer than any server is waited for: what another node tries is its own until then.
_GIVEN_UP = timedelta(minutes=30)

_log = logging.getLogger("stationd.worker")


class _StoppedError(Exception):
    """The letter must not go out any more; its row says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """What letters go out with: the desk, the ways by name, and who we are."""

    desk: Desk
    channel: Callable[[str], Channel]
    holder: str


def work(post: Post) -> int:
    """Clear up what was cut off, then send what waits; return how many acts were tried."""
    _clear_up(post)
    _call_back(post)
    with post.desk.database.reading() as connection:
        now, longest = post.desk.clock.now(), post.desk.letters.retry_longest
        waiting = read_ready(connection, now, longest)
    return sum(_attempt(post, one) for one in waiting)


# --- One act ---


def _attempt(post: Post, sending_id: str) -> bool:
    taken = _take(post, sending_id)
    if taken is None:
        return False
    one, letter, parcel = taken
    try:
        channel = post.channel(one.channel)
    except (StationdError, OSError) as error:
        _settle(post, one, letter, Later(str(error)))
        return True
    try:
        outcome = channel.send(parcel, lambda: _begin(post, one, letter))
    except _StoppedError:
        return True
    except Exception as error:  # noqa: BLE001  (told in its row; the others must not wait for it)
        _log.exception("sending %s", one.id)
        outcome = _failed(post, one, error)
    _settle(post, one, letter, outcome)
    return True


def _failed(post: Post, one: Sending, error: Exception) -> Outcome:
    """Return what is known of an act in which the program itself failed."""
    if isinstance(error, DatabaseUnavailableError):
        raise error
    with post.desk.database.reading() as connection:
        begun = read_sending(connection, one.id).handing_at is not None
    why = f"The program failed: {type(error).__name__}; its log says more."
    return Unsure(why) if begun else Later(why)


def _take(post: Post, sending_id: str) -> tuple[Sending, Letter, Parcel] | None:
    """Take a row up if its letter may go; else cancel it, and return None."""
    desk = post.desk
    with desk.database.writing() as connection:
        one = read_sending(connection, sending_id)
        now = desk.clock.now()
        if one.id not in read_ready(connection, now, desk.letters.retry_longest):
            return None
        letter = read_letter(connection, one.letter_id)
        fault = fault_now(connection, desk, letter, one.channel, now)
        if fault is not None:
            _cancelled(connection, desk, one, letter, fault)
            return None
        taken: dict[str, Any] = {
            "state": State.TRYING,
            "tries": one.tries + 1,
            "holder": post.holder,
            "taken_at": now,
            "handing_at": None,
        }
        if not move(connection, one, **taken):
            return None
        return (
            replace(one, state=State.TRYING, tries=one.tries + 1),
            letter,
            _parcel(connection, desk, one, letter),
        )


def _begin(post: Post, one: Sending, letter: Letter) -> None:
    """Note that the act begins which cannot be taken back, if the letter still may go."""
    desk = post.desk
    with desk.database.writing() as connection:
        now = desk.clock.now()
        fault = fault_now(connection, desk, letter, one.channel, now)
        stopped = fault is not None
        if fault is not None:
            _cancelled(connection, desk, one, letter, fault)
        elif not move(connection, one, handing_at=now):
            # Another node took it for cut off.
            stopped = True
    if stopped:
        raise _StoppedError


def _cancelled(connection: Connection, desk: Desk, one: Sending, letter: Letter, why: str) -> None:
    if move(connection, one, state=State.CANCELLED, next_at=None, why=why):
        by = ordering_person(connection, one.ordered_by)
        scene = scene_for(connection, desk, one.case_id, by)
        tell(scene, letter, one, "letter_cancelled")
        append_gathered(scene)
        note(_log.warning, "letter cancelled", sending=one.id, why=why)


def _parcel(connection: Connection, desk: Desk, one: Sending, letter: Letter) -> Parcel:
    wanted = [letter.doc, *([one.message_doc] if one.message_doc else [])]
    pdf, *message = (read_documents(connection, [doc])[0].content for doc in wanted)
    about = {
        "letter": LETTERS[letter.kind].title,
        "number": letter.id[:8].upper(),
        "sha256": letter.sha256,
        "ordered_at": iso(one.ordered_at),
        "send_by": None if letter.send_by is None else iso(letter.send_by),
    }
    return Parcel(
        key=one.id,
        channel=one.channel,
        recipient=letter.recipient,
        address=one.address,
        file=letter.file,
        content=pdf,
        declaration=form_to_sign(connection, desk, one, letter),
        message=message[0] if message else b"",
        message_id=one.message_id or "",
        about=about,
    )


# --- What came of it ---


def _settle(post: Post, one: Sending, letter: Letter, outcome: Outcome) -> None:
    """Record what came of an act, with the fact where it went out."""
    desk = post.desk
    with desk.database.writing() as connection:
        if isinstance(outcome, Sent):
            _sent(connection, desk, one, letter, outcome)
        else:
            values = _values(desk, one, outcome)
            if move(connection, one, **values) and values["state"] in _TOLD:
                by = ordering_person(connection, one.ordered_by)
                scene = scene_for(connection, desk, one.case_id, by)
                tell(scene, letter, one, _TOLD[values["state"]])
                append_gathered(scene)
    # A server's words may repeat the address, so they stand in the row and not in the log.
    note(_log.info, "letter", sending=one.id, came=type(outcome).__name__.lower())


_TOLD = {
    State.READY: "letter_ready",
    State.REFUSED: "letter_refused",
    State.UNCERTAIN: "letter_uncertain",
}


def _sent(connection: Connection, desk: Desk, one: Sending, letter: Letter, outcome: Sent) -> None:
    """Record that a letter went out; its moment is when it was handed over."""
    known = read_sending(connection, one.id)
    sent_at = known.handing_at or desk.clock.now()
    # A proof that comes late counts too, unless people have said meanwhile what happened.
    if not move(connection, one, within=(State.UNCERTAIN,), state=State.SENT, sent_at=sent_at):
        note(_log.error, "letter resolved meanwhile", sending=one.id)
        return
    by = ordering_person(connection, one.ordered_by)
    scene = scene_for(connection, desk, one.case_id, by)
    fact = place_sent(scene, letter, one, sent_at=sent_at, proof=outcome.proof)
    settled = replace(one, state=State.SENT)
    move(connection, settled, proof=outcome.proof, fact_id=fact, why="", next_at=None)
    tell(scene, letter, one, "letter_sent")
    append_gathered(scene)


def _values(desk: Desk, one: Sending, outcome: Lies | Later | Refused | Unsure) -> dict[str, Any]:
    """Return what a row becomes by an answer."""
    done: dict[str, Any] = {"next_at": None}
    match outcome:
        case Lies(where):
            return {**done, "state": State.READY, "why": where}
        case Refused(why):
            return {**done, "state": State.REFUSED, "why": why}
        case Unsure(why):
            return {**done, "state": State.UNCERTAIN, "why": why}
        case Later(why):
            return _later(desk, one, why)


def _later(desk: Desk, one: Sending, why: str) -> dict[str, Any]:
    settings = desk.letters
    if one.tries >= settings.attempts:
        return {
            "state": State.REFUSED,
            "next_at": None,
            "why": f"Given up after {one.tries} tries. {why}",
        }
    pause = min(settings.retry_first * 2 ** min(one.tries - 1, 20), settings.retry_longest)
    return {
        "state": State.WAITING,
        "next_at": desk.clock.now() + pause,
        "handing_at": None,
        "why": why,
    }


# --- After a crash, and when a case has moved away ---


def _clear_up(post: Post) -> None:
    desk = post.desk
    now = desk.clock.now()
    with desk.database.reading() as connection:
        cut = read_cut_off(connection, post.holder, now - _GIVEN_UP)
        parcels = {}
        for one in cut:
            letter = read_letter(connection, one.letter_id)
            parcels[one.id] = (letter, _parcel(connection, desk, one, letter))
    for one in cut:
        letter, parcel = parcels[one.id]
        if one.handing_at is None:
            with desk.database.writing() as connection:
                move(connection, one, **_again(desk, one))
            continue
        try:
            outcome = post.channel(one.channel).recover(parcel, one.handing_at)
        except (StationdError, OSError) as error:
            outcome = Unsure(f"The program was cut off while it handed it over. {error}")
        _settle(post, one, letter, outcome)


def _again(desk: Desk, one: Sending) -> dict[str, Any]:
    """Return what becomes of what was cut off before its act: it is tried again, not for ever."""
    why = "It was cut off."
    if one.tries >= desk.letters.attempts:
        return _later(desk, one, why)
    return {"state": State.WAITING, "next_at": desk.clock.now(), "why": why}


def _call_back(post: Post) -> None:
    """Cancel what lies ready for people while its case has moved away from it."""
    desk = post.desk
    with desk.database.reading() as connection:
        found = read_moved_away(connection)
    for one in found:
        with desk.database.writing() as connection:
            letter = read_letter(connection, one.letter_id)
            fault = fault_now(connection, desk, letter, one.channel, desk.clock.now())
            if fault is None:
                continue
            _cancelled(connection, desk, one, letter, fault)
        try:
            post.channel(one.channel).call_back(one.id)
        except (StationdError, OSError) as error:
            note(_log.error, "job stays in the queue", sending=one.id, why=str(error))
