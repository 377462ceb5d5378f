"""The canonical bytes of a record, written in one pass.

It gives the very bytes of `archive.canonical.encode`, and refuses what that refuses; every signal
passes here, and checking first and encoding then costs three times as much.
"""

from collections.abc import Mapping
from functools import lru_cache
from json.encoder import encode_basestring
from typing import Any

from archive import canonical
from archive.canonical import JsonValue
from archive.errors import MalformedError

__all__ = ["encode_record"]

# Whatever is larger is left to `canonical`, which knows the limit.
_SMALL = 1 << 53


def encode_record(fields: Mapping[str, JsonValue]) -> bytes:
    """Return the canonical bytes of ``fields``, or raise `MalformedError`."""
    try:
        return _members(fields).encode()
    except UnicodeEncodeError:
        raise MalformedError("a lone surrogate has no canonical form") from None


def _members(fields: Mapping[str, Any]) -> str:
    written = []
    for key in sorted(fields):
        value = fields[key]
        kind = type(value)
        if kind is str:
            written.append(_name(key) + encode_basestring(value))
        elif kind is int and -_SMALL < value < _SMALL:
            written.append(f"{_name(key)}{value}")
        elif kind is dict:
            written.append(_name(key) + _members(value))
        else:
            written.append(_name(key) + canonical.encode(value).decode())
    return "{" + ",".join(written) + "}"


# Names are few: those of our records, and those of notes that our own programs write.
@lru_cache(maxsize=512)
def _name(key: str) -> str:
    if not isinstance(key, str) or not key.isascii():
        raise MalformedError(f"the key {key!a} is not ASCII text")
    return f"{encode_basestring(key)}:"
