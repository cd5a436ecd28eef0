"""Says on standard error how far a long command is: bars on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, Protocol, TextIO

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

_SELDOM_S: Final = 5.0  # how often something is told where no line can be written over


class Teller(Protocol):
    """Who is told."""

    def begin(self, step: str, rows: int | None = None) -> None:
        """A new step, of so many rows where that is known (about)."""

    def advance(self, rows: int) -> None:
        """So many rows more."""


class Nobody:
    """Is told nothing: for the worker, and for tests."""

    def begin(self, step: str, rows: int | None = None) -> None:
        """Nothing."""

    def advance(self, rows: int) -> None:
        """Nothing."""


class _Bars:
    def __init__(self, bars: Progress) -> None:
        self._bars = bars
        self._step: TaskID | None = None

    def begin(self, step: str, rows: int | None = None) -> None:
        self.end()
        self._step = self._bars.add_task(step, total=rows or None)

    def advance(self, rows: int) -> None:
        if self._step is not None:
            self._bars.advance(self._step, rows)

    def end(self) -> None:
        """The step is done: what was about is exact now, and where there was nothing nothing is shown."""
        for task in self._bars.tasks:
            if task.id == self._step:
                self._bars.update(task.id, total=task.completed, visible=task.completed > 0)


class _Lines:
    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._step = ""
        self._about: int | None = None
        self._rows = 0
        self._said_at = float("-inf")

    def begin(self, step: str, rows: int | None = None) -> None:
        self._step, self._about, self._rows = step, rows, 0
        self._say_now_and_then(step)

    def advance(self, rows: int) -> None:
        self._rows += rows
        about = f" of about {self._about:,}" if self._about else ""
        self._say_now_and_then(f"{self._step}: {self._rows:,} rows{about}")

    def _say_now_and_then(self, line: str) -> None:
        now = time.monotonic()
        if now - self._said_at >= _SELDOM_S:
            self._said_at = now
            self._out.write(f"{line}\n")
            self._out.flush()


@contextmanager
def teller(out: TextIO = sys.stderr) -> Iterator[Teller]:
    """Somebody who is told, until the block ends."""
    if not out.isatty():
        yield _Lines(out)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(file=out)) as bars:
        told = _Bars(bars)
        yield told
        told.end()
