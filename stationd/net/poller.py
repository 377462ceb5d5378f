"""The reactor that the daemon runs in: Twisted's, with less done for each event.

Twisted enters a fresh log context around every read, for log lines of an old kind that nothing
here writes.  That is a tenth of what an acknowledgement costs.
"""

import errno
from typing import Any

from twisted.internet.epollreactor import EPollReactor
from twisted.logger import Logger

__all__ = ["Poller"]


class Poller(EPollReactor):
    """Epoll, as Twisted has it, without the log context."""

    _faults = Logger()
    # Set by the base class, which is not typed.
    _poller: Any
    _selectables: dict[int, Any]

    def doPoll(self, timeout: float | None) -> None:
        """Wait for events, and let each be read or written."""
        try:
            events = self._poller.poll(-1 if timeout is None else timeout, len(self._selectables))
        except OSError as error:
            if error.errno == errno.EINTR:
                return
            raise
        selectables, serve = self._selectables, self._doReadOrWrite
        for descriptor, event in events:
            # An event before this one may have closed it.
            selectable = selectables.get(descriptor)
            if selectable is None:
                continue
            try:
                serve(selectable, descriptor, event)
            except Exception:  # noqa: BLE001  (one connection's fault must not end the others)
                self._faults.failure("reactor_fault")

    doIteration = doPoll  # noqa: N815  (the name that the base class calls it by)
