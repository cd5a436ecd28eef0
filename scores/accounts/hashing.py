"""Has passwords hashed where that can slow nothing else down: two at a time, in programs of the lowest CPU priority.

Why not in threads: Linux would let a thread have a low priority, but a thread holds Python's GIL for a
moment before and after each hash. On a busy machine it then waits for the CPU with the GIL in its
hand, and the whole process waits with it (docs/decisions/0013).
"""

from __future__ import annotations

import atexit
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from queue import Empty, LifoQueue
from typing import Any, Final

import structlog

from scores.accounts.errors import HashingBusy

_AT_ONCE: Final = 2  # and 19 MiB of memory each
#: Commands and the admin's forms may wait for a place. Their hashes are few.
_PATIENT_S: Final = 10.0
#: Whoever comes from outside is told to come again: a flood must not fill the threads that answer requests.
_IMPATIENT_S: Final = 0.05
_TRIES: Final = 2
_PROGRAM: Final = Path(__file__).with_name("hashing_child.py")

log = structlog.get_logger(__name__)

_patience_s: Final[ContextVar[float]] = ContextVar("patience_s", default=_PATIENT_S)


class _Child:
    """The program, started when it is first asked, and again if it has ended. For one caller at a time."""

    def __init__(self) -> None:
        self.process: subprocess.Popen[bytes] | None = None

    def ask(self, question: bytes) -> bytes:
        """The answer's line; empty where the program ended over the question."""
        process = self._running()
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.write(question)
            process.stdin.flush()
            return process.stdout.readline()
        except (BrokenPipeError, ValueError):  # the latter: it was ended by `end_programs`
            return b""

    def _running(self) -> subprocess.Popen[bytes]:
        if self.process is None or self.process.poll() is not None:
            self.discard()
            # -P: the modules beside the program must not stand in for those that it imports.
            command = [sys.executable, "-P", str(_PROGRAM)]
            self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)  # noqa: S603
        return self.process

    def discard(self) -> None:
        """End the program, which may be in the middle of an answer that nobody waits for."""
        if self.process is not None:
            self.process.kill()
            self.process.communicate()
            self.process = None


_free: Final[LifoQueue[_Child]] = LifoQueue()  # the last one used is warm; a quiet server starts only one
_children: Final = [_Child() for _ in range(_AT_ONCE)]
for _child in _children:
    _free.put(_child)


def ask(*question: str | int) -> Any:
    """The answer of the program `hashing_child`, which says what can be asked.

    Raises:
        HashingBusy: both were busy for all of this caller's patience, or none could be started.
    """
    try:
        child = _free.get(timeout=_patience_s.get())
    except Empty:
        raise HashingBusy from None
    answered = False
    try:
        line = json.dumps(question).encode() + b"\n"
        for _ in range(_TRIES):  # somebody may have ended it since it was last asked
            if answer := child.ask(line):
                answered = True
                return json.loads(answer)
            child.discard()
        log.error("passwords cannot be hashed; the program that does it ends at once")
    except OSError as error:
        log.error("passwords cannot be hashed", error=str(error))  # noqa: TRY400  the sentence says it all
    finally:
        if not answered:
            child.discard()
        _free.put(child)
    raise HashingBusy


def end_programs() -> None:
    """End the programs, for a process that hashes no more; they would otherwise end with it."""
    for child in _children:
        child.discard()


atexit.register(end_programs)  # Python wants to be told what became of them


@contextmanager
def impatient() -> Iterator[None]:
    """Inside, a hash that cannot begin within 50 ms is `HashingBusy`."""
    token = _patience_s.set(_IMPATIENT_S)
    try:
        yield
    finally:
        _patience_s.reset(token)
