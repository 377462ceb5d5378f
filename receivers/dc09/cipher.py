"""DC-09 encryption: AES-CBC with 128, 192 or 256 bits and an IV of zeros (DC-09 5.4.4).

The clear text is ``pad | data ] [x…]… _HH:MM:SS,MM-DD-YYYY``.  The pad is random and makes it a
multiple of 16 bytes; the bar behind it is often left out where there is no data.
"""

from collections.abc import Callable
from functools import lru_cache

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

__all__ = ["KEY_LENGTHS", "check_value", "decrypt", "encrypt", "pad"]

KEY_LENGTHS = (16, 24, 32)
_BLOCK = 16
# What the pad may not hold becomes something it may: the marks that end pad and data.
_PADDING = bytes.maketrans(b"|[]\r\n", b"pqrst")


@lru_cache(maxsize=1024)
def _cipher(key: bytes) -> Cipher[modes.CBC]:
    return Cipher(algorithms.AES(key), modes.CBC(bytes(_BLOCK)))


def decrypt(key: bytes, text: bytes) -> bytes | None:
    """Return the clear form of hexadecimal ``text``; None where it cannot be a cipher's output."""
    if len(key) not in KEY_LENGTHS or not text or len(text) % (2 * _BLOCK):
        return None
    try:
        sealed = bytes.fromhex(text.decode("ascii"))
    except ValueError:
        return None
    if len(sealed) % _BLOCK:
        return None
    decryptor = _cipher(key).decryptor()
    return decryptor.update(sealed) + decryptor.finalize()


def encrypt(key: bytes, clear: bytes) -> bytes:
    """Return ``clear``, a multiple of 16 bytes long, encrypted and as upper-case hex."""
    encryptor = _cipher(key).encryptor()
    return (encryptor.update(clear) + encryptor.finalize()).hex().upper().encode("ascii")


def pad(length: int, random: Callable[[int], bytes]) -> bytes:
    """Return 1 to 16 random bytes that bring ``length`` to a multiple of 16."""
    return random(_BLOCK - length % _BLOCK).translate(_PADDING)


def check_value(key: bytes) -> str:
    """Return what a key may be told by: the first three bytes of a block of zeros under it."""
    return encrypt(key, bytes(_BLOCK))[:6].decode("ascii")
