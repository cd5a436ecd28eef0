"""Starts an audience in a process of its own and speaks with it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from leaderboard_project.bench.errors import ClientFailed


@dataclass(frozen=True, slots=True)
class Watching:
    """An audience at work; every method waits for its answer.

    All raise `ClientFailed` where the audience cannot do it.
    """

    process: subprocess.Popen[str]

    def open(self, sockets: int, *, narrow: bool = False) -> tuple[float, float]:
        """Open so many more sockets; handshakes per second, and sockets per second until all show the board."""
        answer = self._ask("open", sockets=sockets, narrow=narrow)
        return answer["connects_per_s"], answer["shown_per_s"]

    def mute(self, last: int) -> None:
        """Let so many sockets, those that came last, stop reading, and all others read."""
        self._ask("mute", last=last)

    def seen(self, total: int, *, within_s: float) -> Seen:
        """Wait until everybody who reads has seen the player's total."""
        return Seen(**self._ask("seen", total=total, within_s=within_s))

    def state(self) -> dict[str, Any]:
        """Sockets that were lost, how many stand at which seq, and some folded boards."""
        return self._ask("state")

    def _ask(self, do: str, **arguments: object) -> dict[str, Any]:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        try:
            self.process.stdin.write(json.dumps({"do": do, **arguments}) + "\n")
            self.process.stdin.flush()
            answer = self.process.stdout.readline()
        except OSError:
            answer = ""
        if not answer:
            raise ClientFailed("The audience ended; its last words are above.")
        told: dict[str, Any] = json.loads(answer)
        if "failed" in told:
            raise ClientFailed(f"The audience failed: {told['failed']}")
        return told


@dataclass(frozen=True, slots=True)
class Seen:
    """How a total came to those who read: how many have it, and when (wall clock, seconds)."""

    readers: int
    have_it: int
    median: float
    p99: float
    last: float


@contextmanager
def watching(address: tuple[str, int], username: str, *, subscribes: bool) -> Iterator[Watching]:
    """An audience without sockets yet, on the server at `address`; it is gone after the block.

    Args:
        address: of the server.
        username: the player whose totals it looks for.
        subscribes: False for the plain way, whose sockets are told without being asked.
    """
    process = subprocess.Popen(
        [sys.executable, "-m", "leaderboard_project.bench.load.audience"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=Path(__file__).resolve().parents[3],
        text=True,
        start_new_session=True,  # Ctrl-C is for the benchmark itself, which ends its clients
    )
    try:
        audience = Watching(process)
        audience._ask("begin", host=address[0], port=address[1], username=username, subscribes=subscribes)  # noqa: SLF001
        yield audience
    finally:
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            assert pipe is not None
            pipe.close()
