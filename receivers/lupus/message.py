"""Contact ID over TCP: what a frame says."""

from receivers.codes import TABLE
from receivers.contact_id import read_string, signal
from receivers.session import Accounts, Options
from receivers.signals import Decoded, Undecoded
from receivers.text import decode_text

__all__ = ["decode"]


def decode(raw: bytes, accounts: Accounts, options: Options) -> Decoded | Undecoded:
    """Read one stored frame, with or without brackets; never raises, whatever the bytes."""
    digits = decode_text(raw.strip(b"\x00\r\n")).strip("[]").replace(" ", "")
    event = read_string(digits)
    if event is None:
        return Undecoded("no Contact ID string with a good check digit")
    read = signal(event, number=event.number, token=event.kind, receiver="", line="")
    return Decoded(signals=(read,), table=TABLE)
