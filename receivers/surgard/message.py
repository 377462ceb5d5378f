"""Sur-Gard: what a frame says.

Fields stand at fixed columns behind the header: protocol id, receiver number (two digits) and
line (one to seven characters).  The width of the line differs by model and option.  Where the
layout shows it, it is read from the frame; otherwise the option ``header`` says it, or ``account``
how much of the front is the account.  With DNIS the number that was dialled stands in place of
receiver and line.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from types import MappingProxyType

from receivers import contact_id, sia
from receivers.byte_answers import ANSWER_OPTIONS
from receivers.codes import TABLE, sia_codes
from receivers.options import LETTERS, bytes_option, read_bytes, read_class, read_count
from receivers.session import Accounts, Option, Options
from receivers.signals import Decoded, Signal, SignalClass, Undecoded, with_long_numbers
from receivers.text import decode_text

__all__ = ["HEADERS", "OPTIONS", "TERMINATOR", "decode", "is_heartbeat"]

TERMINATOR = b"\x14"
_DNIS = "DDDDD"
HEADERS: Mapping[str, int | None] = MappingProxyType(
    {"auto": None} | {"RR" + "L" * width: 2 + width for width in range(1, 8)} | {_DNIS: len(_DNIS)}
)
"""Names of header layouts, and how many characters stand behind the protocol id."""

OPTIONS: Mapping[str, Option] = MappingProxyType(
    {
        "header": Option(
            default="auto",
            choices=tuple(HEADERS),
            help="Receiver and line digits: RRL for MLR2 and SLR, RRLLL for MLR2000 and System; "
            "DDDDD where the number that was dialled (DNIS) stands in their place.",
        ),
        "account": Option(
            default=0,
            help="Digits of an account, where header and account stand without a space; "
            "0: read from the frame.",
            least=0,
            most=16,
        ),
        "long_accounts": Option(
            default=False,
            help="The line field holds the left part of accounts of more than 4 digits "
            "(VisorALARM): number is line and account together.",
        ),
        "letters": replace(LETTERS, help=f"For id 1: {LETTERS.help}"),
        **ANSWER_OPTIONS,
        "copies": Option(
            default="each",
            choices=("each", "once"),
            help="Copies of a frame that arrived before its answer: answer each, or the first.",
        ),
        "end": bytes_option(
            "14", "What ends a frame, in hexadecimal; empty: a silence does (`gap_ms`)."
        ),
        "gap_ms": Option(
            default=300,
            help="Milliseconds of silence that end a frame, where `end` is empty.",
            least=20,
            most=10_000,
        ),
    }
)

_HEARTBEAT = re.compile(rb"1[0-9A-Za-z]{3,9} {11}@ {0,4}")
# Accounts are read from the end: imitators write 4 to 10 digits, and leave the space out.
_CONTACT_ID = re.compile(r"(18|98) *([0-9A-Fa-f]{3,16})([136ERP][0-9A-F]{8})")
_BASIC = re.compile(r" *([0-9A-Fa-f]{3,10}) ([A-Za-z0-9 ])([0-9A-Z ])([0-9A-Z ]{3})")
_OTHER = re.compile(r" {4,}(\S.*)", re.DOTALL)
# The last six columns are code and address; imitators cut the address to two digits.
_CODED = (
    re.compile(r" +([0-9A-Fa-f]{3,10})([A-Z]{2})([0-9A-F]{2}[0-9A-F ]{2}) *"),
    re.compile(r" +([0-9A-Fa-f]{3,10})([A-Z]{2})([0-9A-FZ]{2,3}) *"),
)
_HIGH_SPEED = re.compile(r"([0-9A-Z ]+?)((?: [0-9A-F]{4}){2,4} [0-9A-F])")
_FSK2 = re.compile(r" +([0-9A-F]{3,6})([0-9A-Z]{2})([0-9A-Z]{2}) *")
_HEXADECIMAL = re.compile(r"[0-9A-F]*")
_TELIM = re.compile(r"([0-9A-Z]{3,15}|[0-9A-Z]{3,9} *[0-9A-F]{3,6}) ([A-Z]) {1,3}([0-9A-F]{1,2})")
_SIM = re.compile(r"([0-9A-Z]{3,9})([0-9]{10})([0-9]{21})")
_SHORT, _LONG = 3, 5  # RRL and RRLLL
_CODED_COLUMNS = 16  # spaces, account, code and address
_AROUND_ACCOUNT = 11  # 18 before it, QXYZGGCCC behind it
_VIDEO = "Idu"  # System 5: the block that tells of pictures
_AUDIO = "P"  # of account 0000: two-way audio, the letter as it leaves the factory
_IDLE = b"\r\n\x00"
_BY_USER = frozenset({SignalClass.OPENING, SignalClass.CLOSING, SignalClass.CANCEL})

_Reader = Callable[[str, Options], Signal | None]

_LETTERS: Mapping[str, SignalClass] = MappingProxyType(
    {
        "A": SignalClass.ALARM,
        "B": SignalClass.BYPASS,
        "C": SignalClass.CLOSING,
        "D": SignalClass.CANCEL,
        "F": SignalClass.CANCEL,
        "H": SignalClass.BYPASS,
        "O": SignalClass.OPENING,
        "R": SignalClass.RESTORE,
        "T": SignalClass.TROUBLE,
    }
)
# Telenot and Telim write other things with the same letters.
_TELIM_LETTERS: Mapping[str, SignalClass] = MappingProxyType(
    {
        "A": SignalClass.ALARM,
        "F": SignalClass.TROUBLE,
        "K": SignalClass.RESTORE,
        "R": SignalClass.TEST,
        "T": SignalClass.CLOSING,
        "U": SignalClass.OPENING,
    }
)


def is_heartbeat(body: bytes) -> bool:
    """Tell a receiver's sign of life by the ``@`` at its column, whatever the receiver number."""
    return _HEARTBEAT.fullmatch(body) is not None


def decode(raw: bytes, accounts: Accounts, options: Options) -> Decoded | Undecoded:
    """Read one stored frame; never raises, whatever the bytes."""
    start = len(raw) - len(raw.lstrip(_IDLE))
    end = read_bytes(options, OPTIONS, "end")
    body = raw[start:].removesuffix(end).rstrip(_IDLE).removesuffix(end)
    body = body if end else _once(body)
    if is_heartbeat(body):
        return Decoded(signals=(_heartbeat(decode_text(body)),), table=TABLE)
    if body[:1] in {b"0", b"S"}:
        return _addressed(_decode_blocks(body, start), options)
    text = decode_text(body)
    read = _READERS.get(text[:1])
    if read is None:
        return Undecoded(f"the protocol id {text[:1]!r} is not known")
    signal = read(text[1:], options)
    if signal is None:
        return Undecoded(_why(text, read, options))
    return _addressed(Decoded(signals=(signal,), table=TABLE), options)


def _once(body: bytes) -> bytes:
    """Return what ``body`` is whole copies of.

    Where a silence ends a frame, a frame and its repeats that waited on their way came as one; they
    tell of one event, since no other is sent before the first is answered.
    """
    return body[: (body + body).find(body, 1)]


def _why(text: str, read: _Reader, options: Options) -> str:
    """Return why a frame of a known id is not read."""
    header = options.get("header", "auto")
    if header != "auto" and read(text[1:], {**options, "header": "auto"}) is not None:
        return f"id {text[0]}: its header is not {header}, which the option `header` says"
    return f"id {text[0]}: not in a layout of this protocol"


def _addressed(decoded: Decoded | Undecoded, options: Options) -> Decoded | Undecoded:
    """Return what was read with its header as the options say it is meant."""
    if isinstance(decoded, Undecoded):
        return decoded
    if options.get("header") == _DNIS:
        return replace(decoded, signals=tuple(map(_dialled, decoded.signals)))
    return with_long_numbers(decoded) if options.get("long_accounts") is True else decoded


def _dialled(signal: Signal) -> Signal:
    """Return ``signal`` with its header read as the number that was dialled."""
    if signal.signal_class is SignalClass.SELF:
        return signal
    dialled = signal.receiver + signal.line
    return replace(signal, receiver="", line="", extra={**signal.extra, "dnis": dialled})


def _decode_blocks(body: bytes, start: int) -> Decoded | Undecoded:
    """Read ``S…[#AAAA|Nxx…]``, and ``0…[…]``: events of the receiver itself."""
    bracket, end = body.find(b"["), body.rfind(b"]")
    if not 0 < bracket < end:
        return Undecoded(f"id {body[:1].decode('ascii')}: no data in brackets")
    data = body[bracket + 1 : end]
    number, blocks = sia.split(data)
    signals = sia.signals(
        blocks,
        number=number,
        token=body[:1].decode("ascii"),
        receiver=decode_text(body[1:3]),
        line=decode_text(body[3:bracket]),
    )
    if not signals:
        return Undecoded(f"id {body[:1].decode('ascii')}: the data hold no event", number)
    if _is_own(number):
        signals = [replace(signal, signal_class=SignalClass.SELF) for signal in signals]
    elif signals[0].text.startswith(_VIDEO):
        signals[0] = replace(signals[0], code_name="visual verification")
    first = start + bracket + 1 + len(data) - sum(len(block) + 1 for block in blocks) + 1
    masked = tuple(sia.passcode_spans(blocks, first))
    return Decoded(signals=tuple(signals), masked=masked, table=TABLE)


def _is_own(number: str) -> bool:
    """Tell the account under which a receiver speaks of itself."""
    return bool(number) and not number.strip("0")


def _heartbeat(text: str) -> Signal:
    return Signal(
        number="",
        token="1",
        signal_class=SignalClass.SELF,
        code_name="heartbeat of the receiver",
        receiver=text[1:3],
        line=text[3:].split(" ", 1)[0],
    )


def _width(options: Options) -> int | None:
    return HEADERS.get(str(options.get("header", "auto")))


def _columns(text: str, options: Options) -> tuple[str, str]:
    """Return the header and the rest, where a space parts them."""
    width = _width(options)
    if width is None:
        width = text.find(" ")
    return (text[:width], text[width:]) if width > 0 else ("", text)


def _front(front: str, options: Options) -> tuple[str, str]:
    """Return header and account, which stand here without a space between them."""
    account = read_count(options, OPTIONS, "account")
    width = _width(options)
    if width is None:
        short = _SHORT if len(front) <= _SHORT + 6 else _LONG
        width = max(len(front.rstrip()) - account, 0) if account else short
    return front[:width].rstrip(), front[width:].strip()


def _read_contact_id(text: str, options: Options) -> Signal | None:
    header, rest = _columns(text, options)
    if not header:
        # Cheap senders leave the space out; theirs is the short header, if nothing else is said.
        account = read_count(options, OPTIONS, "account")
        width = len(text) - account - _AROUND_ACCOUNT if account else _SHORT
        header, rest = text[: max(width, 0)], text[max(width, 0) :]
    match = _CONTACT_ID.fullmatch(rest.strip(" "))
    event = contact_id.read_tail(match[3]) if match else None
    if match is None or event is None:
        return None
    return contact_id.signal(
        event, number=match[2], token="5", receiver=header[:2], line=header[2:]
    )


def _read_basic(text: str, options: Options) -> Signal | None:
    header, rest = _columns(text, options)
    match = _BASIC.fullmatch(rest)
    if match is None:
        # A receiver in Radionics 6500 mode writes BFSK, which otherwise is id 6, under this id.
        coded = _CODED[0].fullmatch(rest) if len(rest) == _CODED_COLUMNS else None
        if coded is not None and coded[2] in sia_codes():
            return _coded("1", header, coded[1], coded[2], coded[3].strip())
        return _read_other(header, rest)
    number, letter, group, value = match.groups()
    own = _is_own(number)
    kind = SignalClass.SELF if own else read_class(options, letter) or _kind(letter)
    by_user = kind in _BY_USER
    value = value.strip()
    return Signal(
        number=number,
        token="1",
        signal_class=kind,
        code=letter.strip(),
        code_name="two-way audio" if own and letter == _AUDIO else "",
        zone="" if by_user else value,
        user=value if by_user else "",
        area=group.strip(),
        receiver=header[:2],
        line=header[2:],
    )


def _kind(letter: str) -> SignalClass:
    """Return the class of an event letter as it leaves the factory."""
    if letter.isdigit():
        return SignalClass.ALARM
    return _LETTERS.get(letter, SignalClass.STATUS)


def _read_other(header: str, rest: str) -> Signal | None:
    """Return other data under id 1 as text: its inner fields are the panel's own."""
    match = _OTHER.fullmatch(rest)
    if match is None or not header:
        return None
    return Signal(
        number="",
        token="1",
        signal_class=SignalClass.STATUS,
        code_name="data in a format of its own",
        text=match[1].strip(),
        receiver=header[:2],
        line=header[2:],
    )


def _read_coded(token: str, text: str, options: Options) -> Signal | None:
    header, rest = _columns(text, options)
    match = next(filter(None, (layout.fullmatch(rest) for layout in _CODED)), None)
    if match is None:
        return None
    number, code, address = match.groups()
    return _coded(token, header, number, code, address.strip())


def _coded(token: str, header: str, number: str, code: str, address: str) -> Signal:
    """Return an event in the short form, which does not tell new from old."""
    event = sia.SiaEvent(code=code, address=address, block="")
    signal = sia.signal(event, number=number, token=token, receiver=header[:2], line=header[2:])
    return replace(signal, new=None)


def _read_high_speed(text: str, options: Options) -> Signal | None:
    match = _HIGH_SPEED.fullmatch(text)
    if match is None:
        return None
    front, channels = match.groups()
    header, number = _front(front, options)
    return Signal(
        number=number,
        token="8",
        # A channel reports 1 when its alarm is new; the last digit is no channel.
        signal_class=SignalClass.ALARM if "1" in channels[:-1] else SignalClass.STATUS,
        code_name="channels",
        text=channels.strip(),
        receiver=header[:2],
        line=header[2:],
    )


def _read_fsk2(text: str, options: Options) -> Signal | None:
    header, rest = _columns(text, options)
    match = _FSK2.fullmatch(rest)
    if match is None:
        return None
    number, code, zone = match.groups()
    if code in sia_codes() and not _HEXADECIMAL.fullmatch(code):
        # Protocol 1: the receiver has made SIA codes of it.  Pairs that may be digits are digits.
        return _coded("C", header, number, code, zone)
    return Signal(
        number=number,
        token="C",
        signal_class=SignalClass.STATUS,
        code=code,
        zone=zone,
        receiver=header[:2],
        line=header[2:],
    )


def _read_telim(text: str, options: Options) -> Signal | None:
    match = _TELIM.fullmatch(text)
    if match is None:
        return None
    front, letter, zone = match.groups()
    header, number = _front(front, options)
    return Signal(
        number=number,
        token="T",
        signal_class=_TELIM_LETTERS.get(letter, SignalClass.STATUS),
        code=letter,
        zone=zone,
        receiver=header[:2],
        line=header[2:],
    )


def _read_sim(text: str, options: Options) -> Signal | None:
    match = _SIM.fullmatch(text)
    if match is None:
        return None
    header, number, sim = match.groups()
    return Signal(
        number=number,
        token="s",
        signal_class=SignalClass.STATUS,
        code_name="SIM number",
        receiver=header[:2],
        line=header[2:],
        extra={"sim": sim},
    )


_READERS: Mapping[str, _Reader] = MappingProxyType(
    {
        "1": _read_basic,
        "3": partial(_read_coded, "3"),
        "5": _read_contact_id,
        "6": partial(_read_coded, "6"),
        "8": _read_high_speed,
        "C": _read_fsk2,
        "T": _read_telim,
        "s": _read_sim,
    }
)
