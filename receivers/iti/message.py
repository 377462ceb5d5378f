"""ITI Generic: which record a line is.

Only part of the fields of a report are known, so its text is kept whole and not taken apart.
"""

import re

from receivers.codes import TABLE
from receivers.session import Accounts, Options
from receivers.signals import Decoded, Signal, SignalClass, Undecoded
from receivers.text import decode_text

__all__ = ["decode"]

_OKAY = re.compile(r"[0-9]{2} OKAY @ ?")
_TEST = re.compile(r"IT IRCV .*", re.DOTALL)
_REPORT = re.compile(r"[0-9A-Za-z]{2}[0-9A-Za-z][\x20-\x7f][0-9A-Za-z]{6,20}")


def decode(raw: bytes, accounts: Accounts, options: Options) -> Decoded | Undecoded:
    """Read one stored record; never raises, whatever the bytes."""
    text = decode_text(raw.strip(b"\x00\r\n"))
    if _OKAY.fullmatch(text):
        kind, token, name = SignalClass.SELF, "okay", "heartbeat of the receiver"
    elif _TEST.fullmatch(text):
        kind, token, name = SignalClass.SELF, "test", "test of the receiver"
    elif _REPORT.fullmatch(text):
        kind, token, name = SignalClass.STATUS, "report", "report, not taken apart"
    else:
        return Undecoded("no known record of ITI Generic")
    signal = Signal(number="", token=token, signal_class=kind, code_name=name, text=text)
    return Decoded(signals=(signal,), table=TABLE)
