"""What tests of receivers share: a session in a conversation, and streams cut into pieces."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from receivers.events import Event
from receivers.registry import RECEIVERS
from receivers.session import Account, Conversation, Key, Options, Session

NOON = datetime(2025, 6, 15, 12, 0, 0, tzinfo=UTC)


def counted(length: int) -> bytes:
    """Return 'random' bytes that hold every kind of byte."""
    return bytes(range(length))


class Station:
    """A listener: its receiver, its accounts, its options, and the memory its sessions share."""

    def __init__(self, receiver: str, *accounts: Account, options: Options | None = None) -> None:
        self.spec = RECEIVERS[receiver]
        self.accounts = {account.number: account for account in accounts}
        self.options: Options = options or {}
        self.memory: dict[str, object] = {}
        self.group_memory: dict[str, object] = {}
        self.clock_is_right = True
        self.now = NOON
        self.session = self.open()

    def open(self) -> Session:
        """Return a session of a new connection."""
        self.session = self.spec.open(self.conversation())
        return self.session

    def conversation(self) -> Conversation:
        """Return what every session of this listener is given."""
        return Conversation(
            self.accounts.get,
            counted,
            self.options,
            self.memory,
            trusted=lambda: self.clock_is_right,
            group_memory=self.group_memory,
        )

    def restart(self) -> Session:
        """Return a session of a program that was started anew and remembers nothing."""
        self.memory, self.group_memory = {}, {}
        return self.open()

    def hears(self, data: bytes) -> list[Event]:
        """Give the events of ``data``, none of which is answered yet."""
        return self.session.receive(data, self.now)

    def answers(self, event: Event) -> bytes:
        """Return the answer to ``event``, and tell the session as the daemon does."""
        answer = self.session.answer(event, self.now)
        if answer:
            self.session.answered(event)
        else:
            self.session.dropped(event)
        return answer

    def says(self, data: bytes) -> bytes:
        """Return all answers to ``data``."""
        return b"".join(self.answers(event) for event in self.hears(data))

    def wait(self, **duration: float) -> None:
        """Let time pass."""
        self.now += timedelta(**duration)


def keyed(number: str, secret: bytes, **fields: object) -> Account:
    """Return an account with one key."""
    return Account(number, (Key(secret),), **fields)  # type: ignore[arg-type]


def pieces(data: bytes, cuts: Sequence[int]) -> list[bytes]:
    """Return ``data`` in pieces that end at ``cuts``."""
    places = sorted({cut % (len(data) + 1) for cut in cuts} | {0, len(data)})
    return [data[a:b] for a, b in pairwise(places)]
