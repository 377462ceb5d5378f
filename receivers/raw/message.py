"""Raw: a frame is kept as it came; what it means is not read."""

from receivers.session import Accounts, Options
from receivers.signals import Undecoded

__all__ = ["decode"]


def decode(raw: bytes, accounts: Accounts, options: Options) -> Undecoded:
    """Say that the frame is kept and not read."""
    return Undecoded("raw: kept as it came, not read")
