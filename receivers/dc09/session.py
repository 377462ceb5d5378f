"""DC-09: the conversation, and the answers in it.

An answer is built from the bytes received and never from parsed values: what a panel sent as
``L`` or ``L0001``, with an R or without, comes back as it was (DC-09 5.5.3).  The rules:

* good frame: ACK with the same sequence, R, L and account; encrypted if the frame was.
* encrypted, time outside the account's window: NAK with our time, always in clear; not again and
  again to a panel that takes no notice, and not while our own clock is known to be wrong.
* good CRC, but a token nobody defined: DUH.  An unknown account or event code is no reason for it.
* wrong CRC or length, a cipher no valid key opens, a plain frame of an account that has a key:
  silence.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import islice
from types import MappingProxyType

from receivers.dc09.cipher import encrypt, pad
from receivers.dc09.framing import Envelope, Framer, Style, envelope, seal
from receivers.dc09.message import (
    ANSWERS,
    LINK_TESTS,
    TOKENS,
    Head,
    data_number,
    read_head,
)
from receivers.dc09.opening import (
    clear_fault,
    is_in_window,
    is_older,
    is_unguarded,
    opened,
    read_stamp,
)
from receivers.events import Event, Fault, Frame, Garbled
from receivers.repeats import Recent, Repeats
from receivers.session import Account, Conversation, Option
from receivers.text import decode_text

__all__ = ["OPTIONS", "SWITCHES", "Dc09Session", "recall"]

OPTIONS: Mapping[str, Option] = MappingProxyType(
    {
        "nak": Option(
            default="R0L0A0",
            choices=("R0L0A0", "L0#000"),
            help="What a NAK carries for receiver, line and account: DC-09 to 2021, or 2026.",
        ),
        "unknown_token": Option(
            default="duh",
            choices=("duh", "ack"),
            help="The answer to a good frame with a token DC-09 does not define.",
        ),
        "clock_doubt": Option(
            default="silent",
            choices=("silent", "ack"),
            help="What an encrypted frame outside the window gets while our own clock is known to "
            "be wrong: nothing, or an acknowledgement and the mark suspect.",
        ),
    }
)

SWITCHES: Mapping[str, str] = MappingProxyType(
    {
        "clock_local": "its clock shows local time: whole quarter hours are taken off the "
        "difference before the window is looked at",
        "window_off": "its clock is not looked at; copies are told by their bytes and their age",
        "older_refused": "where its window holds no copy off (clock_local, window_off, no window "
        "back): a frame older than one before by more than the window is not acknowledged",
        "older_taken": "such a frame is not even marked suspect, for its clock goes back by itself",
        "time_missing": "its encrypted frames may come without a time; they are not looked at",
        "plain_allowed": "its frames may come in clear although it has a key, while it is changed",
        "answer_with_time": "its ACK carries our time also where the frame was not encrypted",
        "answer_counts_cr": "its ACK is written as it writes: CRC and length cover the final CR",
    }
)
"""What an account's line in the roster may switch, by name."""

_REPEAT_SPAN = timedelta(minutes=5)
_REPEAT_LIMIT = 32_768
# More frames than this are not in flight on one connection; a tap never hears its answers.
_PENDING_LIMIT = 4096
_UNNUMBERED = b"0000"
# An encrypted frame holds a time and a random pad: the same bytes are the same message, and a copy
# is no younger for having been kept a day.
_SEALED_SPAN = timedelta(days=1)
_SEALED_LIMIT = 65_536
# As many panels as a station may have; only those are here that have proved to have a key.
_PANEL_LIMIT = 262_144
# A panel that takes our time needs one refusal; one that does not would ask for ever.
_REFUSALS_IN_A_ROW = 5
_REFUSED_AGAIN = timedelta(minutes=1)
_TIME = b"_%02d:%02d:%02d,%02d-%02d-%04d"
_TIME_LENGTH = 20

_Opened = tuple[Head, Style, bytes, Account | None, datetime | None]
"""What the answer to a frame stands on; the key that opened it is empty for a plain one."""

_UNOPENED = (b"", False, Fault.UNDECRYPTABLE, False)


@dataclass(frozen=True, slots=True)
class _Memory:
    """What the sessions of one listener know in common."""

    repeats: Repeats = field(
        default_factory=lambda: Repeats(span=_REPEAT_SPAN, limit=_REPEAT_LIMIT)
    )
    refusals: Recent[tuple[int, datetime]] = field(
        default_factory=lambda: Recent(limit=_PANEL_LIMIT)
    )


@dataclass(frozen=True, slots=True)
class _GroupMemory:
    """What the listeners of one receiver group know in common of encrypted frames.

    So a frame that was taken from one listener's wire is known on another.
    """

    repeats: Repeats = field(
        default_factory=lambda: Repeats(span=_SEALED_SPAN, limit=_SEALED_LIMIT)
    )
    newest: Recent[tuple[datetime, datetime]] = field(
        default_factory=lambda: Recent(limit=_PANEL_LIMIT)
    )


class Dc09Session:
    """One connection, or one UDP peer; the conversation's memories hold what outlives it."""

    def __init__(self, conversation: Conversation) -> None:
        self._account = conversation.account
        self._random = conversation.random
        self._trusted = conversation.trusted
        options = conversation.options
        self._nak = b'"NAK"0000%b[]' % str(options.get("nak", "R0L0A0")).encode("ascii")
        self._unknown_token_is_duh = options.get("unknown_token", "duh") == "duh"
        self._takes_in_doubt = options.get("clock_doubt", "silent") == "ack"
        self._memory = _memory(conversation)
        self._sealed = _group_memory(conversation)
        self._framer = Framer()
        self._pending: dict[bytes, _Opened] = {}

    def receive(self, data: bytes, received_at: datetime) -> list[Event]:
        """Take bytes in, give the events they complete, in order."""
        return [
            self._frame(piece, received_at) if isinstance(piece, Envelope) else piece
            for piece in self._framer.receive(data)
        ]

    def ended(self) -> list[Event]:
        """Give what was left unfinished."""
        return [piece for piece in self._framer.ended() if isinstance(piece, Garbled)]

    def answer(self, event: Event, now: datetime) -> bytes:
        """Return what is sent once ``event`` is committed; empty: silence."""
        if not isinstance(event, Frame) or (event.fault and event.fault is not Fault.STALE):
            return b""
        opened = self._pending.get(event.raw) or self._read(event.raw, now)
        if opened is None or opened[0].token in ANSWERS:
            return b""
        head, style, key, account, _ = opened
        if event.fault is Fault.STALE:
            return self._refusal(head, style, now)
        if self._unknown_token_is_duh and head.token not in TOKENS:
            return seal(b'"DUH"%b[]' % head.echo, _reply_style(style))
        if key:
            clear = b"|]" + _stamp(now)
            clear = pad(len(clear), self._random) + clear
            return seal(b'"*ACK"%b[%b' % (head.echo, encrypt(key, clear)), _reply_style(style))
        return _plain_acknowledgement(head, style, account, now)

    def answered(self, event: Event) -> None:
        """Take note that the answer to ``event`` has been handed to the transport."""
        opened = self._pending.pop(event.raw, None)
        if not opened or not opened[4] or not isinstance(event, Frame) or event.fault:
            return
        if opened[2] and len(self._memory.refusals):
            self._memory.refusals.drop(opened[0].number or b"")
        if not event.poll:
            memory = self._sealed if opened[2] else self._memory
            memory.repeats.remember(event.raw, opened[4])

    def dropped(self, event: Event) -> None:
        """Forget ``event``: it has no answer, for it is met with silence or was only counted."""
        self._pending.pop(event.raw, None)

    def _refusal(self, head: Head, style: Style, now: datetime) -> bytes:
        """Return the NAK; empty where our time is no help, or where it has been none."""
        if not self._trusted():
            return b""
        number = head.number or b""
        count, last = self._memory.refusals.get(number) or (0, now)
        if count >= _REFUSALS_IN_A_ROW and timedelta(0) <= now - last < _REFUSED_AGAIN:
            return b""
        self._memory.refusals.put(number, (count + 1, now))
        return seal(self._nak + _stamp(now), _reply_style(style))

    def _frame(self, piece: Envelope, received_at: datetime) -> Event:
        """Return a frame with a good CRC as the event it is."""
        raw, body, style = piece
        head = read_head(body)
        if head is None:
            return Garbled(raw, Fault.SHAPE)
        number = decode_text(head.number or b"")
        account = self._account(number) or self._account("")
        key, suspect = b"", False
        if head.star:
            key, poll, fault, suspect = self._opened(raw, body, head, account, received_at)
        else:
            poll = head.token in LINK_TESTS and _is_bare(body, head.start)
            number, fault = self._clear(head, body, number, account, received_at)
        if fault is not None:
            # Only what is acknowledged is remembered: a copy of it is no repeat, and no younger.
            return Frame(raw, number, fault=fault)
        repeat = not poll and self._is_repeat(raw, head, received_at)
        pending = self._pending
        pending[raw] = head, style, key, account, received_at
        if len(pending) > _PENDING_LIMIT:
            # Half of them at once: a dict is slow to lose its first key again and again.
            for old in tuple(islice(pending, _PENDING_LIMIT // 2)):
                del pending[old]
        return Frame(raw, number, repeat, poll, suspect=suspect)

    def _opened(
        self, raw: bytes, body: bytes, head: Head, account: Account | None, at: datetime
    ) -> tuple[bytes, bool, Fault | None, bool]:
        """Return an encrypted frame's key, whether it is a bare link test, its fault, its doubt."""
        if account is None:
            return _UNOPENED
        lenient = "time_missing" in account.switches
        secret, clear, fault = opened(account.keys, body[head.start :], at, lenient=lenient)
        if fault is not None:
            return secret, False, fault, False
        suspect = False
        if not is_in_window(clear.time, account, at):
            if self._trusted() or not self._takes_in_doubt:
                return secret, False, Fault.STALE, False
            suspect = True
        elif is_unguarded(account) and self._is_older(raw, head, clear.time, account, at):
            if "older_refused" in account.switches:
                return secret, False, Fault.REPLAYED, False
            suspect = True
        # What may be a copy is no sign of life: as an entry of its own it can be looked at.
        poll = head.token in LINK_TESTS and not (suspect or clear.data or clear.extended)
        return secret, poll, None, suspect

    def _is_older(self, raw: bytes, head: Head, stamp: str, account: Account, at: datetime) -> bool:
        """Tell whether a panel has sent a later time before; remember the latest.

        After our own clock went back, what it judged before says nothing.
        """
        sent, number = read_stamp(stamp), head.number or b""
        if sent is None or raw in self._pending or self._sealed.repeats.last(raw) is not None:
            return False
        newest, heard = self._sealed.newest.get(number) or (sent, at)
        if at < heard:
            newest = sent
        self._sealed.newest.put(number, (max(newest, sent), at))
        return is_older(sent, newest, account)

    def _clear(
        self, head: Head, body: bytes, number: str, account: Account | None, at: datetime
    ) -> tuple[str, Fault | None]:
        """Return whose a plain frame is, and its fault."""
        fault = clear_fault(account, at)
        if head.number is None or not body.startswith(b"#%b|" % head.number, head.start):
            number, other = self._speaker(number, body[head.start :], at)
            fault = fault or other
        return number, fault

    def _speaker(self, number: str, rest: bytes, at: datetime) -> tuple[str, Fault | None]:
        """Return whose frame it is where the data name another account than the head, and a fault.

        A transmitter without a key must not speak for an account that has one.
        """
        named = decode_text(data_number(rest))
        if not named or named == number:
            return number, None
        account = self._account(named)
        return number or named, clear_fault(account, at)

    def _is_repeat(self, raw: bytes, head: Head, at: datetime) -> bool:
        pending = self._pending.get(raw)
        memory = self._sealed if head.star else self._memory
        before = pending[4] if pending else memory.repeats.last(raw)
        if before is None or (at - before > _REPEAT_SPAN and not head.star):
            return False
        # Without a number and a time, two events of one kind have the same bytes: they count as
        # two, for a lost alarm is worse than a doubled one.
        return not head.echo.startswith(_UNNUMBERED) or bool(head.star) or b"]_" in raw

    def _read(self, raw: bytes, now: datetime) -> _Opened | None:
        """Read a frame again that is no longer pending, as after a change of sessions."""
        piece = envelope(raw)
        head = read_head(piece.body) if isinstance(piece, Envelope) else None
        if head is None or not isinstance(piece, Envelope):
            return None
        account, key = self._account(decode_text(head.number or b"")) or self._account(""), b""
        if head.star:
            keys = account.keys if account else ()
            key = opened(keys, piece.body[head.start :], now, lenient=True).secret
            if not key:
                return None
        return head, piece.style, key, account, None


def recall(conversation: Conversation, raw: bytes, at: datetime) -> None:
    """Remember a frame that was taken ``at``, before the program was started anew."""
    piece = envelope(raw)
    head = read_head(piece.body) if isinstance(piece, Envelope) else None
    if head is None or head.token in LINK_TESTS or head.token in ANSWERS:
        return
    memory = _group_memory(conversation) if head.star else _memory(conversation)
    memory.repeats.remember(raw, at)


def _memory(conversation: Conversation) -> _Memory:
    memory = conversation.memory.setdefault("dc09", _Memory())
    assert isinstance(memory, _Memory)  # noqa: S101 - the name is this protocol's own
    return memory


def _group_memory(conversation: Conversation) -> _GroupMemory:
    memory = conversation.group_memory.setdefault("dc09", _GroupMemory())
    assert isinstance(memory, _GroupMemory)  # noqa: S101 - likewise
    return memory


def _stamp(now: datetime) -> bytes:
    at = now.astimezone(UTC)
    return _TIME % (at.hour, at.minute, at.second, at.month, at.day, at.year)


def _plain_acknowledgement(
    head: Head, style: Style, account: Account | None, now: datetime
) -> bytes:
    body = b'"ACK"%b[]' % head.echo
    if account is None or not account.switches:
        return seal(body, _reply_style(style))
    if "answer_with_time" in account.switches:
        body += _stamp(now)
    own = style is Style.ELDES and "answer_counts_cr" in account.switches
    return seal(body, style if own else _reply_style(style))


def _reply_style(style: Style) -> Style:
    return style if style is Style.BINARY else Style.STANDARD


def _is_bare(body: bytes, start: int) -> bool:
    """Tell whether behind ``[`` there is no data, no extended data, at most a time."""
    rest = body[start:]
    return rest == b"]" or (rest.startswith(b"]_") and len(rest) == 1 + _TIME_LENGTH)
