"""A key as a person writes it: its notation is always said, for a text cannot show it.

Thirty-two characters are a key of 128 bits in hexadecimal, or one of 256 bits in plain text; the
panel's manual says which.  No message repeats what was entered.
"""

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType

from receivers.dc09 import KEY_LENGTHS

__all__ = ["NOTATIONS", "looks_like_hex", "read_key", "read_marked_key"]

_SEPARATORS = re.compile(r"[\s:.-]+")
_BITS = 8


def _hex(text: str) -> bytes:
    digits = _SEPARATORS.sub("", text)
    if re.fullmatch(r"[0-9A-Fa-f]*", digits) is None:
        raise ValueError("holds something else than hexadecimal digits (0 to 9, A to F)")
    if len(digits) not in [2 * length for length in KEY_LENGTHS]:
        raise ValueError(f"has {len(digits)} hexadecimal digits; {_lengths('digits', 2)}")
    return bytes.fromhex(digits)


def _text(text: str) -> bytes:
    if not (text.isascii() and text.isprintable()):
        raise ValueError("holds something else than printable ASCII characters")
    if len(text) not in KEY_LENGTHS:
        raise ValueError(f"has {len(text)} characters; {_lengths('characters', 1)}")
    return text.encode("ascii")


def _lengths(unit: str, each: int) -> str:
    right = [f"{length * each} {unit} are {length * _BITS} bits" for length in KEY_LENGTHS]
    return ", ".join(right)


NOTATIONS: Mapping[str, Callable[[str], bytes]] = MappingProxyType({"hex": _hex, "text": _text})
"""How a key may be written, by the name that says so."""


def read_key(text: str, notation: str) -> bytes:
    """Return the key in ``text``, or raise `ValueError` with what is wrong with it."""
    return NOTATIONS[notation](text)


def read_marked_key(text: str) -> bytes:
    """Return the key in a text that begins with its notation: ``hex:…`` or ``text:…``."""
    notation, colon, rest = text.partition(":")
    if not colon or notation not in NOTATIONS:
        raise ValueError("does not begin with hex: or text:, so nobody can tell how it is written")
    return read_key(rest, notation)


def looks_like_hex(text: str) -> bool:
    """Tell whether a key given as text could have been meant in hexadecimal."""
    return len(text) == KEY_LENGTHS[-1] and re.fullmatch(r"[0-9A-Fa-f]+", text) is not None
