"""What was heard on a listener in some seconds, and what it says of the listener's settings."""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from stationd.checkup.detecting import (
    Looks,
    header_width,
    looks_like,
    parity_of,
    without_parity,
)
from stationd.journal.model import Entry, Kind

__all__ = ["Asked", "Finding", "Report", "judge"]

REPEAT_NS = 60 * 10**9
"""Receivers repeat within seconds; the same frame a minute later is another event."""

LONG_ENOUGH = 60.0
"""Seconds in which every receiver that has a heartbeat sends one."""

_KINDS = frozenset({Kind.FRAME, Kind.HEARTBEAT, Kind.GARBLED, Kind.ANSWER})


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The listener's settings, as far as the bytes can contradict them."""

    name: str
    receiver: str
    mode: str
    serial: bool
    has_heartbeat: bool
    heartbeat: float | None
    options: Mapping[str, str | int | bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is not as it should be: what, and the setting that would fit.

    ``faulty`` is False for what may be well nevertheless.
    """

    name: str
    text: str
    setting: str = ""
    faulty: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What came, what it looks like, and what was found."""

    seconds: float
    counts: Mapping[str, int]
    looks: Looks | None
    findings: Sequence[Finding]

    @property
    def faulty(self) -> bool:
        """Whether something must be changed."""
        return any(finding.faulty for finding in self.findings)


def judge(asked: Asked, entries: Sequence[Entry], seconds: float) -> Report:
    """Return what ``entries`` of ``seconds`` say of the listener ``asked``."""
    heard = [entry for entry in entries if entry.kind in _KINDS]
    data = b"".join(entry.raw for entry in heard if entry.kind is not Kind.ANSWER)
    parity = parity_of(data) if asked.serial else None
    plain = without_parity(data) if parity else data
    looks = looks_like(plain)
    return Report(
        seconds=seconds,
        counts={kind.value: sum(e.kind is kind for e in heard) for kind in Kind if kind in _KINDS},
        looks=looks,
        findings=[
            *_nothing(asked, entries, data),
            *_parity(asked, parity, heard),
            *_protocol(asked, looks),
            *_header(asked, plain),
            *_heartbeat(asked, heard, seconds),
            *_answers(asked, heard),
        ],
    )


def _nothing(asked: Asked, entries: Sequence[Entry], data: bytes) -> Iterator[Finding]:
    if data:
        return
    down = [entry for entry in entries if entry.kind is Kind.LINK_DOWN]
    why = f"; the link went down: {down[-1].note.decode()}" if down else ""
    wire = "wire, ground and speed" if asked.serial else "address, port and firewall"
    yield Finding(name="nothing", text=f"Nothing came{why}. Look at {wire}.")


def _parity(asked: Asked, parity: str | None, heard: Sequence[Entry]) -> Iterator[Finding]:
    if parity is not None:
        yield Finding(
            name="parity",
            text=f"The eighth bit of each character is its {parity} parity.",
            setting=f'parity = "{parity}"\ndata_bits = 7',
        )
        return
    garbled = [entry.raw for entry in heard if entry.kind is Kind.GARBLED]
    struck = sum(b"\x00" in raw for raw in garbled)
    if asked.serial and struck and struck * 2 >= len(garbled):
        yield Finding(
            name="parity",
            text="Characters with wrong parity arrive as NUL: the parity is another one.",
            setting='parity = "none"\ndata_bits = 8',
        )


def _protocol(asked: Asked, looks: Looks | None) -> Iterator[Finding]:
    alike = {frozenset({"mx8000", "sk9000"}), frozenset({"dc09", "dc07"})}
    if looks is None or looks.receiver == asked.receiver:
        return
    if frozenset({looks.receiver, asked.receiver}) in alike or asked.receiver == "raw":
        return
    yield Finding(
        name="protocol",
        text=f"It looks like {looks.receiver} ({looks.because}), not {asked.receiver}.",
        setting=f'receiver = "{looks.receiver}"',
        faulty=asked.receiver != "aes7705",
    )


def _header(asked: Asked, plain: bytes) -> Iterator[Finding]:
    width = header_width(plain)
    wanted = asked.options.get("header", "auto")
    if asked.receiver != "surgard" or width is None or wanted in ("auto", width):
        return
    yield Finding(
        name="header",
        text=f"Heartbeats have the header {width}, the settings say {wanted}.",
        setting=f'options = {{ header = "{width}" }}',
    )


def _heartbeat(asked: Asked, heard: Sequence[Entry], seconds: float) -> Iterator[Finding]:
    beats = [entry.ticks for entry in heard if entry.kind is Kind.HEARTBEAT]
    if beats and asked.heartbeat is None and len(beats) > 1:
        longest = max(b - a for a, b in itertools.pairwise(beats))
        period = max(1, -(-longest * 3 // 10**9))
        yield Finding(
            name="heartbeat",
            text="Heartbeats come, and nobody would miss them.",
            setting=f'heartbeat = "{period}s"',
            faulty=False,
        )
    expected = asked.heartbeat if asked.heartbeat is not None else LONG_ENOUGH
    if not beats and asked.has_heartbeat and heard and seconds >= expected:
        yield Finding(
            name="heartbeat",
            text=f"No heartbeat in {seconds:g} s. Switch it on at the receiver.",
            faulty=asked.heartbeat is not None,
        )


def _answers(asked: Asked, heard: Sequence[Entry]) -> Iterator[Finding]:
    again = _repeats(heard)
    if not again:
        return
    text = {
        "primary": "our answers do not reach the receiver: look at the wire to its input",
        "proxy": "the automation does not answer, or its answers do not reach the receiver",
        "tap": "the automation does not answer the receiver in time",
    }[asked.mode]
    yield Finding(name="answers", text=f"{again} frames came again at once: {text}.")


def _repeats(heard: Sequence[Entry]) -> int:
    """Count frames that came again soon after; a receiver repeats what it hears no answer to."""
    seen: dict[bytes, int] = {}
    again = 0
    for entry in heard:
        if entry.kind is Kind.FRAME:
            before = seen.get(entry.raw)
            again += before is not None and entry.ticks - before < REPEAT_NS
            seen[entry.raw] = entry.ticks
    return again
