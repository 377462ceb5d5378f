"""Settings of a receiver that are bytes or counts: how they are written, and how they are read.

Bytes stand in the configuration as hexadecimal pairs (``0D0A``), so that what cannot be seen in a
text editor is seen in the file.  The settings check every value before a session opens; what is
read here from an unchecked one falls back to the option's default, since a decoder never raises.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType

from receivers.session import Option, Options
from receivers.signals import SignalClass

__all__ = [
    "BYTES",
    "LETTERS",
    "OKAY_OPTIONS",
    "bytes_option",
    "read_bytes",
    "read_class",
    "read_count",
    "read_word",
]

BYTES = r"(?:[0-9A-Fa-f]{2}){0,32}"
"""What an option that holds bytes must match in full."""

_CLASSES = frozenset(kind.value for kind in SignalClass)
_LETTER = re.compile(r"(\S{1,2})=([a-z]+)")
LETTERS = Option(
    default="",
    help="Meanings of event characters that are programmed at the receiver, as in "
    "`P=test G=restore`; the values are classes of signals.",
    pattern=r"(?:\S{1,2}=(?:" + "|".join(sorted(_CLASSES)) + r")(?: +|$))*",
)
"""The option of a receiver whose event characters mean what they were programmed to."""

OKAY_OPTIONS: Mapping[str, Option] = MappingProxyType(
    {
        "poll": Option(
            default=0,
            help="Seconds of silence after which we ask the receiver for its OKAY; 0: we ask "
            "nothing. Only where the receiver's manual says that it answers.",
            least=0,
            most=3600,
        ),
        "okay": Option(
            default="auto",
            choices=("auto", "always", "never"),
            help="Whether an OKAY is answered like a frame; auto: where we do not ask for it.",
        ),
    }
)
"""The options of a receiver that says OKAY, by itself or when asked."""


def bytes_option(default: str, help_text: str) -> Option:
    """Return an option that holds bytes, as hexadecimal pairs."""
    return Option(default=default, help=help_text, pattern=BYTES)


def read_bytes(options: Options, known: Mapping[str, Option], name: str) -> bytes:
    """Return the bytes that the option ``name`` holds."""
    default = str(known[name].default)
    try:
        return bytes.fromhex(str(options.get(name, default)))
    except ValueError:
        return bytes.fromhex(default)


def read_count(options: Options, known: Mapping[str, Option], name: str) -> int:
    """Return the whole number that the option ``name`` holds, within its bounds."""
    option = known[name]
    value = options.get(name, option.default)
    count = value if isinstance(value, int) else 0
    return min(max(count, option.least or 0), option.most or count)


def read_word(options: Options, known: Mapping[str, Option], name: str) -> str:
    """Return the choice that the option ``name`` holds."""
    return str(options.get(name, known[name].default))


def read_class(options: Options, event: str) -> SignalClass | None:
    """Return what the option ``letters`` says that ``event`` means; None: nothing."""
    text = str(options.get("letters", ""))
    for own, name in _LETTER.findall(text) if text else ():
        if own == event and name in _CLASSES:
            return SignalClass(name)
    return None
