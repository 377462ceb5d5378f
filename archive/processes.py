"""A ``map`` over several processes, for what takes longer than starting them."""

import multiprocessing
import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import Any, TypeVar

__all__ = ["Map", "cores", "mapping"]

Map = Callable[[Callable[[Any], Any], Iterable[Any]], Iterable[Any]]
"""What `mapping` gives: results come in the order of the items."""

_Job = TypeVar("_Job")
_Result = TypeVar("_Result")


@contextmanager
def mapping(count: int) -> Iterator[Map]:
    """Give a ``map`` that uses ``count`` processes; one: this one."""
    # A process that was made to end with its parent may have no children of its own.
    if count == 1 or multiprocessing.current_process().daemon:
        yield map
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(count, mp_context=context) as pool:
        yield partial(_in_turn, pool, count)


def cores() -> int:
    """Return how many cores we may use; not every system knows it for a single process."""
    ours = getattr(os, "sched_getaffinity", None)
    return len(ours(0)) if ours else os.cpu_count() or 1


def _in_turn(
    pool: ProcessPoolExecutor, count: int, job: Callable[[_Job], _Result], items: Iterable[_Job]
) -> Iterator[_Result]:
    """Yield results in order; few jobs wait at a time, so that few results lie in memory."""
    waiting = []
    for item in items:
        waiting.append(pool.submit(job, item))
        if len(waiting) > 2 * count:
            yield waiting.pop(0).result()
    for future in waiting:
        yield future.result()
