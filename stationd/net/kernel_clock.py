"""The kernel's word on its clock, read with ``adjtimex``; nothing is ever set.

Reading needs no right.  ``modes = 0`` makes the call a question; a sandbox that forbids the call
itself, or a kernel without it, gives `ClockState.UNKNOWN`.
"""

import ctypes

from stationd.supervision.wall_clock import ClockState, Reading

__all__ = ["read_kernel_clock"]

_UNSYNCED = 0x0040  # STA_UNSYNC
_NANO = 0x2000  # STA_NANO: offset is in nanoseconds, else in microseconds
_TIME_ERROR = 5  # what adjtimex returns while the clock is not synchronised


class _Timex(ctypes.Structure):
    """``struct timex`` of <sys/timex.h>; the tail is padding the kernel may write."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("rest", ctypes.c_byte * 256),
    )


def read_kernel_clock() -> Reading:
    """Ask the kernel whether its clock is kept in step, and what offset is left."""
    question = _Timex()
    try:
        answer = ctypes.CDLL(None, use_errno=True).adjtimex(ctypes.byref(question))
    except (OSError, AttributeError):
        return Reading(ClockState.UNKNOWN, 0)
    if answer < 0:
        return Reading(ClockState.UNKNOWN, 0)
    unsynced = answer == _TIME_ERROR or question.status & _UNSYNCED
    offset = question.offset if question.status & _NANO else question.offset * 1000
    return Reading(ClockState.UNSYNCED if unsynced else ClockState.SYNCED, offset)
