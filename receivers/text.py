"""Bytes a panel sent, as text: never fails, since a name in an odd alphabet is no reason to."""

__all__ = ["decode_text"]


def decode_text(raw: bytes) -> str:
    """Return ``raw`` read as UTF-8, else as cp1252, else byte for byte."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        pass
    try:
        return raw.decode("cp1252")
    except UnicodeDecodeError:
        # Five byte values have no cp1252 letter.
        return raw.decode("latin-1")
