"""What an automation says to a receiver: a tap of both directions hears it.

stationd itself sends the answers of its sessions and nothing of the rest: it commands no receiver.
"""

import re

__all__ = ["read_automation"]

_BYTES = {
    b"\x06": "acknowledgement",
    b"\x15": "refusal",
    b"S": "poll",  # 685: asks for `00 OKAY @`
    b"\x00": "link test",  # SK9000
    b"\x0d": "link test",  # Ademco 8000
}
_COMMANDS = (
    (re.compile(rb"!T([0-9]{2})([0-9]{2})\r"), "set time {0}:{1}"),
    (re.compile(rb"!D([0-9]{2})([0-9]{2})([0-9]{2})\r"), "set date {0}-{1}-{2}"),
    (re.compile(rb"!K([0-9A-Z])\r"), "stop two-way audio on line {0}"),
)


def read_automation(raw: bytes) -> str | None:
    """Return what ``raw`` says, in words; None where it is not known."""
    if raw in _BYTES:
        return _BYTES[raw]
    for pattern, words in _COMMANDS:
        match = pattern.fullmatch(raw)
        if match is not None:
            return words.format(*(part.decode("ascii") for part in match.groups()))
    return None
