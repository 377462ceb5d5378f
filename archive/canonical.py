"""Canonical JSON: one value, one sequence of bytes (a subset of RFC 8785).

UTF-8; keys ASCII, sorted, no duplicates; no white space; no floating point; integers within
±(2^53 - 1); strings escape only the quotation mark, the backslash and control characters; no
lone surrogates; no Unicode normalisation.  Bytes that are not text go in as lower-case hex.
"""

import json
from collections.abc import Mapping, Sequence
from typing import TypeAlias

from archive.errors import MalformedError

__all__ = ["JsonValue", "decode", "encode"]

JsonValue: TypeAlias = "bool | int | str | Sequence[JsonValue] | Mapping[str, JsonValue] | None"

# Beyond this an integer is no longer exact in readers that hold numbers as doubles.
_LARGEST = 2**53 - 1


_ENCODER = json.JSONEncoder(
    ensure_ascii=False,
    allow_nan=False,
    check_circular=False,
    sort_keys=True,
    separators=(",", ":"),
    # Read-only mappings too; `_check` has let nothing else through.
    default=dict,
)


def encode(value: JsonValue) -> bytes:
    """Return the canonical bytes of ``value``, or raise `MalformedError`."""
    try:
        _check(value)
        return _ENCODER.encode(value).encode()
    except UnicodeEncodeError:
        raise MalformedError("a lone surrogate has no canonical form") from None
    except RecursionError:
        raise MalformedError("a value nested this deeply has no canonical form") from None


def decode(data: bytes) -> JsonValue:
    """Return the value of canonical bytes; anything but the canonical form is refused."""
    try:
        value: JsonValue = json.loads(data.decode())
    except UnicodeDecodeError as error:
        raise MalformedError(f"not UTF-8 at byte {error.start}") from None
    except ValueError as error:
        raise MalformedError(f"not JSON: {error}") from None
    except RecursionError:
        raise MalformedError("a value nested this deeply has no canonical form") from None
    # One comparison finds every other deviation: order, spaces, escapes, duplicate keys, -0.
    if encode(value) != data:
        raise MalformedError("JSON, but not in canonical form")
    return value


def _check(value: object) -> None:
    """Raise for what the encoder would write, but the canonical form does not have."""
    if value is None or isinstance(value, (str, bool)):
        return
    if isinstance(value, int):
        if not -_LARGEST <= value <= _LARGEST:
            raise MalformedError(f"{value} is beyond ±(2^53 - 1): write it as text")
    elif isinstance(value, (list, tuple)):
        for item in value:
            _check(item)
    elif isinstance(value, (dict, Mapping)):
        _check_members(value)
    else:
        raise MalformedError(f"{type(value).__name__} has no canonical form")


def _check_members(value: Mapping[str, object]) -> None:
    try:
        ascii_only = all(map(str.isascii, value))
    except TypeError:
        ascii_only = False
    if not ascii_only:
        key = next(k for k in value if not isinstance(k, str) or not k.isascii())
        raise MalformedError(f"the key {key!a} is not ASCII text")
    for item in value.values():
        # Most members of a record are plain strings; this spares a call for each.
        if type(item) is not str:
            _check(item)
