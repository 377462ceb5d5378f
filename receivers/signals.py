"""What a frame says, decoded: the shape every protocol's ``decode`` gives.

The bytes are the evidence; this is a reading of them that may be made again with newer tables.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

__all__ = ["Decoded", "Signal", "SignalClass", "Undecoded", "with_long_numbers"]


class SignalClass(StrEnum):
    """Classes of signals for reports (terms, 3)."""

    ALARM = "alarm"
    RESTORE = "restore"
    SUPERVISORY = "supervisory"
    TROUBLE = "trouble"
    TEST = "test"
    OPENING = "opening"
    CLOSING = "closing"
    BYPASS = "bypass"
    CANCEL = "cancel"
    DURESS = "duress"
    MEDICAL = "medical"
    STATUS = "status"
    SELF = "self"


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """One event of a frame, about one number.

    Text fields are empty where the frame does not say.  ``number`` is the account number on the
    wire with its leading zeros.  ``receiver`` and ``line`` are those of the receiver's own header.
    ``new`` is None where the protocol does not tell new from restore.  ``panel_time``,
    ``sender_time`` and ``receiver_time`` are texts as sent: the clock of the panel, of what sent
    the frame (UTC in DC-09), of the receiver that passed it on.  ``table`` is whose table names
    the code, where that is not the frame's.  ``masked`` names the data classes of bytes that must
    not be shown (`code` for passcodes).  ``extra`` holds what the protocol carries besides, such
    as DC-09 extended data by letter.
    """

    number: str
    token: str
    signal_class: SignalClass
    code: str = ""
    code_name: str = ""
    zone: str = ""
    user: str = ""
    area: str = ""
    text: str = ""
    new: bool | None = None
    receiver: str = ""
    line: str = ""
    sequence: str = ""
    panel_time: str = ""
    sender_time: str = ""
    receiver_time: str = ""
    vendor: str = ""
    table: str = ""
    extra: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoded:
    """A frame read: one signal an event, in order; ``plain`` is the clear form of a cipher.

    ``masked`` are the spans ``(start, end, data class)`` of ``raw`` (or of ``plain``, where there
    is one) that no record may hold.  ``table`` is the version of the code table used.  ``key`` is
    the name of the key that opened the frame, where keys have names, and ``sender`` the number that
    stands for the transmitter, where the protocol has one beside the events' own.
    """

    signals: tuple[Signal, ...]
    plain: bytes = b""
    masked: tuple[tuple[int, int, str], ...] = ()
    table: str = ""
    key: str = ""
    sender: str = ""


@dataclass(frozen=True, slots=True)
class Undecoded:
    """A frame that cannot be read: ``reason`` says why, ``number`` whose it is if that is known."""

    reason: str
    number: str = ""


def with_long_numbers(decoded: Decoded) -> Decoded:
    """Return ``decoded`` with the line's text before each number.

    VisorALARM has no room for an account of more than four digits, and puts the left part of it
    into the line field.
    """
    return replace(
        decoded,
        signals=tuple(
            replace(signal, number=signal.line + signal.number) if signal.number else signal
            for signal in decoded.signals
        ),
    )
