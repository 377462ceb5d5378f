"""The kernel's word on its clock."""

import ctypes
from typing import Any

import pytest

from stationd.net import kernel_clock
from stationd.net.kernel_clock import read_kernel_clock
from stationd.supervision.wall_clock import ClockState, Reading


class Kernel:
    """A kernel that says what it is told to."""

    def __init__(self, answer: int, status: int = 0, offset: int = 0) -> None:
        self._answer = answer
        self._status = status
        self._offset = offset
        self.modes: int | None = None

    def adjtimex(self, reference: Any) -> int:
        question = reference._obj
        self.modes = question.modes
        question.status = self._status
        question.offset = self._offset
        return self._answer


@pytest.mark.parametrize(
    ("kernel", "reading"),
    [
        (Kernel(0, offset=3), Reading(ClockState.SYNCED, 3000)),
        (Kernel(0, status=0x2000, offset=3), Reading(ClockState.SYNCED, 3)),
        (Kernel(5), Reading(ClockState.UNSYNCED, 0)),
        (Kernel(0, status=0x40), Reading(ClockState.UNSYNCED, 0)),
        (Kernel(-1), Reading(ClockState.UNKNOWN, 0)),
        (object(), Reading(ClockState.UNKNOWN, 0)),
    ],
)
def test_what_the_kernel_says_is_read(
    monkeypatch: pytest.MonkeyPatch, kernel: Any, reading: Reading
) -> None:
    monkeypatch.setattr(kernel_clock.ctypes, "CDLL", lambda *_, **__: kernel)
    assert read_kernel_clock() == reading


def test_nothing_is_ever_set(monkeypatch: pytest.MonkeyPatch) -> None:
    kernel = Kernel(0)
    monkeypatch.setattr(ctypes, "CDLL", lambda *_, **__: kernel)
    read_kernel_clock()
    assert kernel.modes == 0


def test_the_real_kernel_answers() -> None:
    assert read_kernel_clock().state in ClockState
