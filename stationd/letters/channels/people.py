"""What people carry themselves: delivery by hand, and the text shown on a keypad.

The program sends nothing; the letter lies in the documents, and whoever did it declares it.
"""

from collections.abc import Callable
from datetime import datetime

from stationd.letters.channels.channel import Lies, Outcome, Parcel

__all__ = ["PeopleChannel"]


class PeopleChannel:
    """A way that is an act of a person."""

    def send(self, parcel: Parcel, handing: Callable[[], None]) -> Outcome:
        """Leave it to a person."""
        handing()
        return self.recover(parcel, datetime.min)  # noqa: DTZ901  (not looked at)

    def recover(self, parcel: Parcel, since: datetime) -> Outcome:
        """Leave it to a person: nothing could be cut off."""
        return Lies("`letter show` writes its PDF")

    def call_back(self, key: str) -> None:
        """Do nothing: people are told by the outbox."""
