"""Stand-ins for what surrounds an edge: a thread that waits to be told, a journal in memory."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock as ReactorClock
from twisted.python.failure import Failure

from receivers.events import Event, Fault, Frame, Garbled, Heartbeat
from receivers.session import Conversation, ReceiverSpec
from receivers.signals import Undecoded
from stationd.clock import SetClock
from stationd.errors import JournalUnavailableError
from stationd.ids import CountedIds
from stationd.journal.chain import link
from stationd.journal.model import Entry, Kind, Receipt, decode_body
from stationd.net.committer import Committer
from stationd.net.diary import Diary
from stationd.net.intake import Intake
from stationd.net.line import Line
from stationd.net.strangers import Strangers


class Pages:
    """A journal in memory, whose disk may fail."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self.sizes: list[int] = []
        self.broken = False

    def append(self, bodies: Sequence[bytes]) -> list[Receipt]:
        if self.broken:
            raise JournalUnavailableError("the disk is full")
        self.sizes.append(len(bodies))
        receipts = []
        for body in bodies:
            self.bodies.append(body)
            position = len(self.bodies)
            receipts.append(Receipt(position=position, link=link(b"", position, body)))
        return receipts

    def entries(self, kind: Kind | None = None) -> list[Entry]:
        every = [decode_body(body, position=0, link=b"") for body in self.bodies]
        return [entry for entry in every if kind is None or entry.kind is kind]


class Thread:
    """Runs a call when told to."""

    def __init__(self) -> None:
        self.calls: list[tuple[Callable[[], Any], Deferred[Any]]] = []

    def __call__(self, call: Callable[[], Any], /) -> Deferred[Any]:
        done: Deferred[Any] = Deferred()
        self.calls.append((call, done))
        return done

    def run(self) -> None:
        """Run the oldest call."""
        call, done = self.calls.pop(0)
        try:
            result = call()
        except Exception:  # noqa: BLE001  (as the real one)
            done.errback(Failure())
        else:
            done.callback(result)

    def run_all(self) -> None:
        """Run calls until none waits."""
        while self.calls:
            self.run()


class Bell:
    """A session for tests: frames end in a full stop, ``?`` is a heartbeat, ``!`` a fault.

    What stands before a colon is the number of an account.
    """

    def __init__(self, conversation: Conversation) -> None:
        self._rest = b""
        self.heard: list[Event] = []
        self.forgot: list[Event] = []

    def receive(self, data: bytes, received_at: datetime) -> list[Event]:
        *whole, self._rest = (self._rest + data).split(b".")
        return [self._event(raw + b".") for raw in whole]

    def _event(self, raw: bytes) -> Event:
        if raw.startswith(b"?"):
            return Heartbeat(raw)
        if raw.startswith(b"GET"):
            return Garbled(raw, Fault.FOREIGN)
        if raw.startswith(b"!"):
            return Garbled(raw, Fault.CHECKSUM)
        number, named, _ = raw.partition(b":")
        return Frame(raw, number.decode() if named else "", repeat=raw.startswith(b"again"))

    def ended(self) -> list[Event]:
        rest, self._rest = self._rest, b""
        return [Garbled(rest, Fault.CUT)] if rest else []

    def answer(self, event: Event, now: datetime) -> bytes:
        if event.raw == b"crash.":
            raise RuntimeError("a fault of ours")
        if event.raw.startswith(b"named"):
            return b"<" + event.raw.ljust(16) + b">"
        return b"" if isinstance(event, Garbled) else b"<" + event.raw + b">"

    def answered(self, event: Event) -> None:
        self.heard.append(event)

    def dropped(self, event: Event) -> None:
        self.forgot.append(event)


def bell_spec(*, heartbeat: bool = False) -> ReceiverSpec:
    return ReceiverSpec(
        title="Bell",
        transports=frozenset({"tcp", "udp", "serial"}),
        open=Bell,
        decode=lambda *_: Undecoded("never"),
        options={},
        heartbeat=heartbeat,
        silence=1.0,
    )


@dataclass
class House:
    """Everything below an edge."""

    pages: Pages = field(default_factory=Pages)
    thread: Thread = field(default_factory=Thread)
    reactor: ReactorClock = field(default_factory=ReactorClock)
    clock: SetClock = field(default_factory=lambda: SetClock(datetime(2026, 1, 1, tzinfo=UTC)))
    ids: CountedIds = field(default_factory=CountedIds)
    most_waiting: int = 100
    options: dict[str, str | int | bool] = field(default_factory=dict)
    largest_batch: int = 10
    refusals: list[tuple[int, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.committer = Committer(
            self.pages.append,
            in_thread=self.thread,
            clock=self.clock,
            largest_batch=self.largest_batch,
            most_waiting=self.most_waiting,
            back=lambda since, cause: self.refusals.append((since, cause)),
        )
        self.diary = Diary(
            self.committer.submit, reactor=self.reactor, clock=self.clock, ids=self.ids
        )

    def intake(self, *, silence: float | None = None, strangers: Strangers | None = None) -> Intake:
        return Intake(
            "line",
            committer=self.committer,
            diary=self.diary,
            clock=self.clock,
            ids=self.ids,
            silence=silence,
            strangers=strangers,
        )

    def line(
        self,
        *,
        tap: bool = False,
        heartbeat: bool = False,
        intake: Intake | None = None,
        **spec: Any,
    ) -> Line:
        return Line(
            name="line",
            tap=tap,
            spec=replace(bell_spec(heartbeat=heartbeat), **spec),
            conversation=Conversation(
                account=lambda _: None, random=self.ids.bytes, options=self.options, memory={}
            ),
            intake=intake or self.intake(),
        )

    def pass_time(self, seconds: float) -> None:
        """Let time pass for the reactor and for us."""
        self.clock.advance(timedelta(seconds=seconds))
        self.reactor.advance(seconds)

    def notes(self, kind: Kind) -> list[str]:
        """Commit what waits, and return the notes of entries of ``kind``."""
        self.thread.run_all()
        return [entry.note.decode() for entry in self.pages.entries(kind)]


@pytest.fixture
def house() -> House:
    return House()


@pytest.fixture
def new_house() -> type[House]:
    return House
