"""DC-09: the conversation, and the answers in it.

An answer is built from the bytes received and never from parsed values: what a panel sent as
``L`` or ``L0001``, with an R or without, comes back as it was (DC-09 5.5.3).  The rules:

* good frame: ACK with the same sequence, R, L and account; encrypted if the frame was.
* encrypted, time outside the account's window: NAK with our time, always in clear.
* good CRC, but a token nobody defined: DUH.  An unknown account or event code is no reason for it.
* wrong CRC or length, a cipher no key opens, a plain frame of an account that has a key: silence.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from itertools import islice
from types import MappingProxyType

from receivers.dc09.cipher import decrypt, encrypt, pad
from receivers.dc09.framing import Envelope, Framer, Style, envelope, seal
from receivers.dc09.message import (
    ANSWERS,
    LINK_TESTS,
    TOKENS,
    Head,
    clear_text,
    data_number,
    read_head,
)
from receivers.events import Event, Fault, Frame, Garbled
from receivers.repeats import Repeats
from receivers.session import Account, Conversation, Key, Option
from receivers.text import decode_text

__all__ = ["OPTIONS", "SWITCHES", "Dc09Session", "read_stamp"]

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
    }
)

SWITCHES: Mapping[str, str] = MappingProxyType(
    {
        "clock_local": "its clock shows local time: whole quarter hours are taken off the "
        "difference before the window is looked at",
        "window_off": "its clock is not looked at; a copied encrypted frame is then taken",
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
_TIME = "_%H:%M:%S,%m-%d-%Y"
_TIME_LENGTH = 20
_STAMP = re.compile(r"([0-9]{2}):([0-9]{2}):([0-9]{2}),([0-9]{2})-([0-9]{2})-([0-9]{4})")
_QUARTER_HOUR = 900
_FARTHEST_ZONE = 14 * 3600

_Opened = tuple[Head, Style, bytes, datetime | None]
"""What the answer to a frame stands on; the key that opened it is empty for a plain one."""


class Dc09Session:
    """One connection, or one UDP peer; ``conversation.memory`` holds what repeats are known by."""

    def __init__(self, conversation: Conversation) -> None:
        self._account = conversation.account
        self._random = conversation.random
        options = conversation.options
        self._nak = b'"NAK"0000%b[]' % str(options.get("nak", "R0L0A0")).encode("ascii")
        self._unknown_token_is_duh = options.get("unknown_token", "duh") == "duh"
        self._repeats = _shared(conversation.memory)
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
        opened = self._pending.get(event.raw) or self._read(event.raw)
        if opened is None or opened[0].token in ANSWERS:
            return b""
        head, style, key, _ = opened
        if event.fault is Fault.STALE:
            return seal(self._nak + _stamp(now), _reply_style(style))
        if self._unknown_token_is_duh and head.token not in TOKENS:
            return seal(b'"DUH"%b[]' % head.echo, _reply_style(style))
        if key:
            clear = b"|]" + _stamp(now)
            clear = pad(len(clear), self._random) + clear
            return seal(b'"*ACK"%b[%b' % (head.echo, encrypt(key, clear)), _reply_style(style))
        return self._plain_acknowledgement(head, style, now)

    def answered(self, event: Event) -> None:
        """Take note that the answer to ``event`` has been handed to the transport."""
        opened = self._pending.pop(event.raw, None)
        if opened and opened[3] and isinstance(event, Frame) and not (event.poll or event.fault):
            self._repeats.remember(event.raw, opened[3])

    def _plain_acknowledgement(self, head: Head, style: Style, now: datetime) -> bytes:
        body = b'"ACK"%b[]' % head.echo
        if head.number is None:
            return seal(body, _reply_style(style))
        account = self._account(decode_text(head.number))
        if account is None or not account.switches:
            return seal(body, _reply_style(style))
        if "answer_with_time" in account.switches:
            body += _stamp(now)
        own = style is Style.ELDES and "answer_counts_cr" in account.switches
        return seal(body, style if own else _reply_style(style))

    def _frame(self, piece: Envelope, received_at: datetime) -> Event:
        """Return a frame with a good CRC as the event it is."""
        raw, body, style = piece
        head = read_head(body)
        if head is None:
            return Garbled(raw, Fault.SHAPE)
        number = decode_text(head.number or b"")
        account = self._account(number)
        if head.star:
            key, poll, fault = _open(head, body, account, received_at)
        else:
            key, poll = b"", head.token in LINK_TESTS and _is_bare(body, head.start)
            number, fault = self._clear(head, body, number, account, received_at)
        if fault is not None:
            repeat = poll = False
        else:
            repeat = not poll and self._is_repeat(raw, head, received_at)
        pending = self._pending
        pending[raw] = head, style, key, received_at
        if len(pending) > _PENDING_LIMIT:
            # Half of them at once: a dict is slow to lose its first key again and again.
            for old in tuple(islice(pending, _PENDING_LIMIT // 2)):
                del pending[old]
        return Frame(raw, number, repeat, poll, fault)

    def _clear(
        self, head: Head, body: bytes, number: str, account: Account | None, at: datetime
    ) -> tuple[str, Fault | None]:
        """Return whose a plain frame is, and its fault."""
        fault = _clear_fault(account, at) if account and account.keys else None
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
        return number or named, _clear_fault(account, at) if account is not None else None

    def _is_repeat(self, raw: bytes, head: Head, at: datetime) -> bool:
        pending = self._pending.get(raw)
        before = pending[3] if pending else self._repeats.last(raw)
        if before is None or at - before > _REPEAT_SPAN:
            return False
        # Without a number and a time, two events of one kind have the same bytes: they count as
        # two, for a lost alarm is worse than a doubled one.
        return not head.echo.startswith(_UNNUMBERED) or bool(head.star) or b"]_" in raw

    def _read(self, raw: bytes) -> _Opened | None:
        """Read a frame again that is no longer pending, as after a change of sessions."""
        piece = envelope(raw)
        head = read_head(piece.body) if isinstance(piece, Envelope) else None
        if head is None or not isinstance(piece, Envelope):
            return None
        key = b""
        if head.star:
            account = self._account(decode_text(head.number or b""))
            keys = account.keys if account else ()
            key = _opening(keys, piece.body[head.start :], lenient=True)[0]
            if not key:
                return None
        return head, piece.style, key, None


def _shared(memory: dict[str, object]) -> Repeats:
    repeats = memory.setdefault("dc09", Repeats(span=_REPEAT_SPAN, limit=_REPEAT_LIMIT))
    assert isinstance(repeats, Repeats)  # noqa: S101 - the name is this protocol's own
    return repeats


def _stamp(now: datetime) -> bytes:
    return now.astimezone(UTC).strftime(_TIME).encode("ascii")


def _reply_style(style: Style) -> Style:
    return style if style is Style.BINARY else Style.STANDARD


def _is_bare(body: bytes, start: int) -> bool:
    """Tell whether behind ``[`` there is no data, no extended data, at most a time."""
    rest = body[start:]
    return rest == b"]" or (rest.startswith(b"]_") and len(rest) == 1 + _TIME_LENGTH)


def _clear_fault(account: Account, at: datetime) -> Fault | None:
    """A key means that encryption is required, also after the key ran out."""
    if not account.keys or "plain_allowed" in account.switches:
        return None
    begun = any(key.valid_from is None or key.valid_from <= at for key in account.keys)
    return Fault.NOT_ENCRYPTED if begun else None


def _is_valid(key: Key, at: datetime) -> bool:
    return (key.valid_from is None or key.valid_from <= at) and (
        key.valid_to is None or at < key.valid_to
    )


def _open(
    head: Head, body: bytes, account: Account | None, at: datetime
) -> tuple[bytes, bool, Fault | None]:
    """Return the key that opens the frame, whether it is a bare link test, and its fault."""
    if account is None:
        return b"", False, Fault.UNDECRYPTABLE
    keys = tuple(key for key in account.keys if _is_valid(key, at))
    lenient = "time_missing" in account.switches
    key, plain = _opening(keys, body[head.start :], lenient=lenient)
    if not key:
        return b"", False, Fault.UNDECRYPTABLE
    clear = clear_text(plain, padded=True)
    fault = None if _in_window(clear.time, account, at) else Fault.STALE
    poll = head.token in LINK_TESTS and not clear.data and not clear.extended
    return key, poll, fault


def _opening(keys: tuple[Key, ...], text: bytes, *, lenient: bool) -> tuple[bytes, bytes]:
    for key in keys:
        plain = decrypt(key.secret, text)
        if plain is None:
            continue
        clear = clear_text(plain, padded=True)
        if clear.whole or (lenient and plain.endswith(b"]")):
            return key.secret, plain
    return b"", b""


def _in_window(stamp: str, account: Account, at: datetime) -> bool:
    """The message's time lies in the account's window around ours (DC-09 5.5.1.9)."""
    back, ahead = account.window_back, account.window_ahead
    if "window_off" in account.switches or (back is None and ahead is None):
        return True
    if not stamp:
        return "time_missing" in account.switches
    sent = read_stamp(stamp)
    if sent is None:
        return False
    offset = (sent - at).total_seconds()
    if "clock_local" in account.switches and abs(offset) <= _FARTHEST_ZONE + _QUARTER_HOUR:
        offset -= _QUARTER_HOUR * round(offset / _QUARTER_HOUR)
    return (back is None or offset >= -back) and (ahead is None or offset <= ahead)


def read_stamp(stamp: str) -> datetime | None:
    """Return ``HH:MM:SS,MM-DD-YYYY`` as the moment in UTC; None where there is no such day."""
    match = _STAMP.fullmatch(stamp)
    if match is None:
        return None
    hour, minute, second, month, day, year = map(int, match.groups())
    try:
        return datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None
