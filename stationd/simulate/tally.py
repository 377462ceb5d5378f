"""What was sent and what came back, per account."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field

__all__ = ["Count", "Tally"]


@dataclass(slots=True)
class Count:
    """The counts of one account.

    ``events``: what happened at the site; ``sent``: handed to a connection at least once;
    ``repeats``: sent again; ``damaged``: sent with noise first, on purpose; ``acknowledged``:
    events whose acknowledgement came and was right; ``refused``: refusals (NAK, DUH, 15h) that
    came; ``silences``: waits that ended without an answer; ``lost``: events a full buffer had no
    room for; ``skipped``: events given up after too many refusals; ``unasked``: sent by one that
    waits for no answer.
    """

    events: int = 0
    sent: int = 0
    repeats: int = 0
    damaged: int = 0
    acknowledged: int = 0
    refused: int = 0
    silences: int = 0
    lost: int = 0
    skipped: int = 0
    unasked: int = 0

    @property
    def unanswered(self) -> int:
        """Events that wait for an acknowledgement, whether they were sent or not."""
        return self.events - self.acknowledged - self.unasked


@dataclass(slots=True)
class Tally:
    """The counts of all accounts, by number, and those of the receivers' heartbeats and polls.

    ``own``: what receivers say of themselves.  ``lost_answers``: those that a line was told to
    lose.  ``note`` is told the frames of every event that is acknowledged.
    """

    note: Callable[[str, Sequence[bytes]], object] = lambda _number, _frames: None
    accounts: dict[str, Count] = field(default_factory=dict)
    heartbeats: Count = field(default_factory=Count)
    polls: Count = field(default_factory=Count)
    own: Count = field(default_factory=Count)
    lost_answers: int = 0
    strange: list[str] = field(default_factory=list)

    def of(self, number: str) -> Count:
        """Return the counts of ``number``, to be counted on."""
        return self.accounts.setdefault(number, Count())

    def complain(self, text: str) -> None:
        """Keep what an answer had wrong about it; the first hundred are enough."""
        if len(self.strange) < 100:  # noqa: PLR2004
            self.strange.append(text)

    def as_json(self) -> Mapping[str, object]:
        """Return the report."""
        accounts = {number: _counts(count) for number, count in sorted(self.accounts.items())}
        total = {name: sum(count[name] for count in accounts.values()) for name in _counts(Count())}
        return {
            "total": total,
            "accounts": accounts,
            "heartbeats": _counts(self.heartbeats),
            "polls": _counts(self.polls),
            "own": _counts(self.own),
            "lost_answers": self.lost_answers,
            "strange_answers": list(self.strange),
        }


def _counts(count: Count) -> dict[str, int]:
    return {**asdict(count), "unanswered": count.unanswered}
