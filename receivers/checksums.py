"""The check values of the protocols: pure functions over bytes."""

from collections.abc import Callable

from fastcrc import crc16 as _crc16

__all__ = ["column_parity", "contact_id_digit", "crc16", "v_byte"]


# DC-09: poly 8005 reflected, start 0, no final XOR.  Not wrapped: it is in the hot path.
crc16: Callable[[bytes], int] = _crc16.arc


def column_parity(data: bytes) -> int:
    """Return the byte that makes the XOR of a DC-03 block FFh."""
    parity = 0xFF
    for byte in data:
        parity ^= byte
    return parity


def v_byte(data: bytes) -> int:
    """Return the V-byte of the Ademco 8000 and SK9000 protocols, always 40h to 7Fh."""
    return 0x40 | (sum(data) & 0x3F)


_DIGITS = {digit: value for value, digit in enumerate("123456789", start=1)} | {
    "0": 10,
    "B": 11,
    "C": 12,
    "D": 13,
    "E": 14,
    "F": 15,
}
_CHECK_DIGITS = "F123456789" + "0BCDE"


def contact_id_digit(digits: str) -> str | None:
    """Return the check digit of a DTMF Contact ID string, or None where a digit is not one.

    All digits add up, with 0 as 10 and no A; the check digit makes the sum a multiple of 15.
    """
    total = 0
    for digit in digits:
        value = _DIGITS.get(digit)
        if value is None:
            return None
        total += value
    return _CHECK_DIGITS[-total % 15]
