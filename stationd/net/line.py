"""A listener as its edge sees it: what to open sessions with, and where to say how the link is."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from twisted.logger import Logger

from receivers.session import Conversation, ReceiverSpec, Session
from stationd.journal.model import Kind
from stationd.net.intake import Intake

__all__ = ["Line", "Link", "Told"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One listener.  All its sessions share ``conversation``, so a repeat is known on any."""

    name: str
    tap: bool
    spec: ReceiverSpec
    conversation: Conversation
    intake: Intake

    def open(self) -> Session:
        """Return a session for a new connection or peer."""
        return self.spec.open(self.conversation)


class Told(Protocol):
    """Who is told how a link is."""

    def up(self, cause: str, *, peer: str = "") -> None:
        """Say that the link is up."""

    def down(self, cause: str, *, peer: str = "", unacknowledged: int = 0) -> None:
        """Say that the link is down, and why."""


class Link:
    """Whether a listener can hear anybody, told to journal and log when it changes and only then.

    That is: it listens, its device is open, or the receiver it calls took the call.
    """

    _log = Logger()

    def __init__(self, intake: Intake, reported: Callable[[], None]) -> None:
        self._intake = intake
        self._reported = reported
        self.is_up: bool | None = None
        self.cause = ""

    def up(self, cause: str, *, peer: str = "") -> None:
        """Say that the link is up."""
        if self.is_up is True:
            return
        self.is_up, self.cause = True, cause
        self._log.info("link_up", listener=self._intake.listener, cause=cause)
        self._intake.link(Kind.LINK_UP, "listener", cause, peer=peer)
        self._reported()

    def down(self, cause: str, *, peer: str = "", unacknowledged: int = 0) -> None:
        """Say that the link is down, and why; said again where the cause is another."""
        if self.is_up is False and self.cause == cause:
            return
        self.is_up, self.cause = False, cause
        self._log.warn(
            "link_down",
            listener=self._intake.listener,
            cause=cause,
            unacknowledged=unacknowledged,
        )
        self._intake.link(
            Kind.LINK_DOWN, "listener", cause, peer=peer, unacknowledged=unacknowledged
        )
        self._reported()
