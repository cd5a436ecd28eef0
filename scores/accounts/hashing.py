"""Has passwords hashed where that can slow nothing else down: two at a time, in programs of low CPU priority.

Why not in threads: Linux would let a thread have a low priority, but a thread holds Python's GIL for a
moment before and after each hash. On a busy machine it then waits for the CPU with the GIL in its
hand, and the whole process waits with it (docs/decisions/0013).
"""

from __future__ import annotations

import atexit
import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
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
            self.process = subprocess.Popen(  # noqa: S603
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                start_new_session=True,  # for the sake of its low priority: see `step_back` there
            )
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
#: The one that this thread has taken for all of a login.
_held: Final[ContextVar[_Child | None]] = ContextVar("held", default=None)


@contextmanager
def place() -> Iterator[None]:
    """Inside, this thread's hashes have a place that nobody else gets. The whole of a login belongs in here.

    So a flood of logins never has more than two of them at work in this process, and whoever is
    refused has cost neither a query nor a question to Valkey.

    Raises:
        HashingBusy: there is none, and there was none within 50 ms.
    """
    with _taken(_IMPATIENT_S) as child:
        token = _held.set(child)
        try:
            yield
        finally:
            _held.reset(token)


def ask(*question: str | int) -> Any:
    """The answer of the program `hashing_child`, which says what can be asked. Without a `place` it is waited for.

    Raises:
        HashingBusy: no place came free, or no program could be started.
    """
    held = _held.get()
    if held is not None:
        return _answer(held, question)
    with _taken(_PATIENT_S) as child:
        return _answer(child, question)


@contextmanager
def _taken(patience_s: float) -> Iterator[_Child]:
    try:
        child = _free.get(timeout=patience_s)
    except Empty:
        raise HashingBusy from None
    try:
        yield child
    finally:
        _free.put(child)


def _answer(child: _Child, question: Sequence[str | int]) -> Any:
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
    raise HashingBusy


def end_programs() -> None:
    """End the programs, for a process that hashes no more; they would otherwise end with it."""
    for child in _children:
        child.discard()


atexit.register(end_programs)  # Python wants to be told what became of them
