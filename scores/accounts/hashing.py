"""Runs password hashes where they can slow nothing else down: two at a time, at the lowest CPU priority."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final, TypeVar

from scores.accounts.errors import HashingBusy

T = TypeVar("T")

_AT_ONCE: Final = 2  # and 19 MiB of memory each
_LOWEST_PRIORITY: Final = 19
#: Commands and the admin's forms may wait for a place. Their hashes are few.
_PATIENT_S: Final = 10.0
#: Whoever comes from outside is told to come again: a flood must not fill the threads that answer requests.
_IMPATIENT_S: Final = 0.05

_places: Final = threading.BoundedSemaphore(_AT_ONCE)
_patience_s: Final[ContextVar[float]] = ContextVar("patience_s", default=_PATIENT_S)


def run(work: Callable[[], T]) -> T:
    """The result of a hash function that is called in one of the two threads.

    Raises:
        HashingBusy: both were busy for all of this caller's patience.
    """
    if not _places.acquire(timeout=_patience_s.get()):
        raise HashingBusy
    try:
        return _threads.submit(work).result()
    finally:
        _places.release()


@contextmanager
def impatient() -> Iterator[None]:
    """Inside, a hash that cannot begin within 50 ms is `HashingBusy`."""
    token = _patience_s.set(_IMPATIENT_S)
    try:
        yield
    finally:
        _patience_s.reset(token)


def _step_back() -> None:
    """Give this thread the lowest priority, so that a flood of logins takes only what boards and submits leave.

    POSIX gives a priority to processes; Linux schedules each thread by its own, and takes a thread's id
    where setpriority(2) says process. Hash functions release the GIL while they work, so a hash that
    waits for the CPU holds up nobody.
    """
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _LOWEST_PRIORITY)


_threads: Final = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="hashing", initializer=_step_back)
