"""Raw: frames that end in bytes the listener's options name, or where the line falls silent."""

from receivers.lines import Framer, GapFramer, LineFramer
from receivers.options import read_bytes, read_count
from receivers.raw.options import OPTIONS
from receivers.session import Options

__all__ = ["framer", "gap"]


def framer(options: Options) -> Framer:
    """Return the framer that a listener's options ask for."""
    limit = read_count(options, OPTIONS, "limit")
    end = read_bytes(options, OPTIONS, "end")
    if not end:
        return GapFramer(limit=limit)
    return LineFramer(
        terminator=end,
        limit=limit,
        start=read_bytes(options, OPTIONS, "start"),
        idle=read_bytes(options, OPTIONS, "idle"),
    )


def gap(options: Options) -> float | None:
    """Return the seconds of silence that end a frame, where no bytes do."""
    if read_bytes(options, OPTIONS, "end"):
        return None
    return read_count(options, OPTIONS, "gap_ms") / 1000
