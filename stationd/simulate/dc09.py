"""The bytes of a DC-09 panel: messages, plain and encrypted, and the answers they get.

Clauses are those of ANSI/SIA DC-09.  Nothing is taken from `receivers.dc09`, on purpose.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

__all__ = ["Answer", "AnswerError", "Message", "crc16", "encode", "frame", "read_answer", "split"]

_BLOCK = 16
_STAMP = "_%H:%M:%S,%m-%d-%Y"
_LONGEST = 4107  # LF, CRC, length, 4095 bytes at most, CR
_ANSWER = re.compile(
    rb'"(?P<token>\*?[A-Z]+)"(?P<sequence>[0-9]{4})(?P<receiver>R[0-9A-Fa-f]*)?'
    rb"(?P<prefix>L[0-9A-Fa-f]*)?(?:#(?P<number>[0-9A-Za-z]*)|A0)?\[(?P<rest>.*)",
    re.DOTALL,
)
_STAMPED = re.compile(rb"_(\d{2}:\d{2}:\d{2},\d{2}-\d{2}-\d{4})$")


class AnswerError(ValueError):
    """Bytes that are no answer a panel may believe; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What a panel says.  ``content`` is what stands between the brackets.

    Without a ``number`` the head has none, as a receiver's has not.
    """

    token: str
    sequence: int
    number: str
    content: str = ""
    extended: tuple[str, ...] = ()
    receiver: str | None = None
    prefix: str = "0"

    @property
    def header(self) -> str:
        """Everything after the token, up to the first bracket, as an answer must echo it."""
        receiver = "" if self.receiver is None else f"R{self.receiver}"
        number = f"#{self.number}" if self.number else ""
        return f"{self.sequence:04d}{receiver}L{self.prefix}{number}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back: ``header`` as in `Message.header`, ``token`` without its asterisk."""

    token: str
    header: str
    encrypted: bool
    stamp: datetime | None


def crc16(data: bytes) -> int:
    """Return CRC-16/ARC of ``data`` (DC-09 5.5.1.1)."""
    crc = 0
    for byte in data:
        crc = (crc >> 8) ^ _TABLE[(crc ^ byte) & 0xFF]
    return crc


def frame(body: bytes) -> bytes:
    """Return ``body`` between LF, CRC, length and CR."""
    return b"\n%04X%04X%b\r" % (crc16(body), len(body), body)


def encode(
    message: Message,
    *,
    stamp: datetime | None,
    key: bytes | None = None,
    random: Callable[[int], bytes] | None = None,
) -> bytes:
    """Return the whole frame of ``message``, encrypted where there is a ``key``.

    An encrypted message needs ``stamp`` and ``random`` (for the padding).
    """
    tail = f"{message.content}]" + "".join(f"[{part}]" for part in message.extended)
    if stamp is not None:
        tail += stamp.astimezone(UTC).strftime(_STAMP)
    clear = tail.encode()
    if key is None:
        return frame(f'"{message.token}"{message.header}['.encode() + clear)
    if random is None or stamp is None:
        msg = "an encrypted message needs a time and padding (DC-09 5.5.1.9, 5.4.5)"
        raise ValueError(msg)
    padded = _padding(random, len(clear) + 1) + b"|" + clear
    sealed = _cbc(key).encryptor().update(padded).hex().upper().encode()
    return frame(f'"*{message.token}"{message.header}['.encode() + sealed)


def split(buffer: bytearray) -> list[bytes]:
    """Cut whole answers off the front of ``buffer``; an answer ends with its first CR."""
    answers: list[bytes] = []
    while (end := buffer.find(b"\r")) >= 0:
        answers.append(bytes(buffer[: end + 1]))
        del buffer[: end + 1]
    del buffer[:-_LONGEST]
    return answers


def read_answer(data: bytes, key: bytes | None) -> Answer:
    """Read one answer, or raise `AnswerError` where a panel would not believe it."""
    start = data.rfind(b"\n")
    body = data[start + 9 : -1]
    if start < 0 or not data.endswith(b"\r"):
        msg = "an answer stands between LF and CR"
        raise AnswerError(msg)
    if data[start + 1 : start + 9].upper() != b"%04X%04X" % (crc16(body), len(body)):
        msg = "the check value or the length of the answer does not agree"
        raise AnswerError(msg)
    match = _ANSWER.fullmatch(body)
    if match is None:
        msg = "the answer is not of the layout"
        raise AnswerError(msg)
    token = match["token"].decode()
    clear = _opened(match["rest"], key) if token.startswith("*") else match["rest"]
    return Answer(
        token=token.removeprefix("*"),
        header=body[
            body.rindex(b'"', 0, match.start("sequence")) + 1 : match.start("rest") - 1
        ].decode("ascii"),
        encrypted=token.startswith("*"),
        stamp=_stamp(clear),
    )


def _opened(sealed: bytes, key: bytes | None) -> bytes:
    try:
        cipher = bytes.fromhex(sealed.decode("ascii"))
    except ValueError:
        msg = "an encrypted answer is written in hexadecimal digits"
        raise AnswerError(msg) from None
    if key is None or not cipher or len(cipher) % _BLOCK:
        msg = "the answer is encrypted and cannot be opened"
        raise AnswerError(msg)
    clear = _cbc(key).decryptor().update(cipher)
    if _STAMPED.search(clear) is None or b"]" not in clear:
        msg = "the answer does not open with this panel's key, or has no time"
        raise AnswerError(msg)
    return clear


def _stamp(clear: bytes) -> datetime | None:
    match = _STAMPED.search(clear)
    if match is None:
        return None
    try:
        text = match[1].decode("ascii")
        return datetime.strptime(text, _STAMP[1:]).replace(tzinfo=UTC)
    except ValueError:
        msg = "the time in the answer is no time"
        raise AnswerError(msg) from None


def _padding(random: Callable[[int], bytes], length: int) -> bytes:
    """Return 1 to 16 bytes that fill ``length`` to whole blocks, without ``|``, ``[``, ``]``."""
    drawn = random(_BLOCK - length % _BLOCK)
    return drawn.translate(_PAD_TABLE)


def _cbc(key: bytes) -> Cipher[modes.CBC]:
    return Cipher(algorithms.AES(key), modes.CBC(bytes(_BLOCK)))


def _crc_line(byte: int) -> int:
    for _ in range(8):
        byte = (byte >> 1) ^ 0xA001 if byte & 1 else byte >> 1
    return byte


_TABLE = tuple(_crc_line(byte) for byte in range(256))
_PAD_TABLE = bytes.maketrans(b"|[]\r\n", b"01234")
