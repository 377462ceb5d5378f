"""ITI: which record it is.

Of a report of ITI Generic only part of the fields are known, so its text is kept whole and not
taken apart.  A record of the Computer Interface names its fields by letters that mean other things
in other records; those of a report are known.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType

from receivers.codes import TABLE
from receivers.session import Accounts, Options
from receivers.signals import Decoded, Signal, SignalClass, Undecoded
from receivers.text import decode_text

__all__ = ["decode"]

_OKAY = re.compile(r"[0-9A-Z]{2} OKAY @ ?")
_TEST = re.compile(r"IT IRCV .*", re.DOTALL)
_REPORT = re.compile(r"[0-9A-Za-z]{2}[0-9A-Za-z]([\x20-\x7f])[0-9A-Za-z]{6,20}")
# The kind of panel, by the upper half of the fourth byte of a report.
_PANELS = ("unknown", "not ITI", "SX-III or IVA", "SX-IVB", "SX-V", "other")
_FIRST_PANEL = 2
_INTERFACE = re.compile(r"\|\[([RTSL])\|((?:[^|]*\|)*)\](.*)", re.DOTALL)
_KINDS: Mapping[str, tuple[SignalClass, str, str]] = MappingProxyType(
    {
        "R": (SignalClass.STATUS, "report", "report"),
        "T": (SignalClass.SELF, "test", "test of the receiver"),
        "S": (SignalClass.SELF, "okay", "heartbeat of the receiver"),
        "L": (SignalClass.SELF, "log", "log of the receiver"),
    }
)


def decode(raw: bytes, accounts: Accounts, options: Options) -> Decoded | Undecoded:
    """Read one stored record; never raises, whatever the bytes."""
    text = decode_text(raw.strip(b"\x00\r\n"))
    signal = _read_interface(text) if text.startswith("|[") else _read_generic(text)
    if signal is None:
        return Undecoded("no known record of ITI")
    return Decoded(signals=(signal,), table=TABLE)


def _read_generic(text: str) -> Signal | None:
    extra = {}
    if _OKAY.fullmatch(text):
        kind, token, name = _KINDS["S"]
    elif _TEST.fullmatch(text):
        kind, token, name = _KINDS["T"]
    elif (report := _REPORT.fullmatch(text)) is not None:
        kind, token, name = SignalClass.STATUS, "report", "report, not taken apart"
        extra["panel"] = _PANELS[(ord(report[1]) >> 4) - _FIRST_PANEL]
    else:
        return None
    return Signal(number="", token=token, signal_class=kind, code_name=name, text=text, extra=extra)


def _read_interface(text: str) -> Signal | None:
    match = _INTERFACE.fullmatch(text)
    if match is None:
        return None
    kind, token, name = _KINDS[match[1]]
    if match[1] != "R":
        return Signal(number="", token=token, signal_class=kind, code_name=name, text=text)
    fields = {field[:1]: field[1:] for field in match[2].split("|") if field}
    return Signal(
        number=fields.get("A", ""),
        token=token,
        signal_class=kind,
        code=fields.get("C", ""),
        code_name=name,
        zone=fields.get("Z", ""),
        receiver=fields.get("I", ""),
        line=fields.get("L", ""),
        sequence=fields.get("N", ""),
        text=text,
        receiver_time=" ".join(fields[letter] for letter in "DT" if letter in fields),
        extra={"panel": fields["V"]} if "V" in fields else {},
    )
