"""The real `manage.py serve` as a person at a terminal meets it: lines, exit codes, processes."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from queue import Queue
from threading import Thread
from typing import Any

import httpx

from tests.acceptance.processes import descendants

MANAGE = Path(__file__).resolve().parents[2] / "manage.py"
_READY = re.compile(r"Rankcast is ready at (\S+)")
_PATIENCE_S = 60.0


def environment(data: Path) -> dict[str, str]:
    """Ours without the servers of the test run: `serve` brings its own, on `data`."""
    foreign = {"DATABASE_URL", "REDIS_URL", "SECRET_KEY", "DJANGO_SETTINGS_MODULE"}
    return {name: value for name, value in os.environ.items() if name not in foreign} | {"RANKCAST_DATA": str(data)}


def manage(data: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """One command, run to its end."""
    command = [sys.executable, str(MANAGE), *arguments]
    return subprocess.run(
        command, env=environment(data), capture_output=True, text=True, timeout=_PATIENCE_S, check=False
    )


def eventually(holds: Callable[[], bool], *, within_s: float) -> bool:
    """Ask until it holds or the time is over; what it was at the end."""
    deadline = time.monotonic() + within_s
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


@dataclass
class Serving:
    """A `serve` that was started; `output` grows line by line."""

    data: Path
    process: subprocess.Popen[str]
    output: list[str] = field(default_factory=list)
    url: str = ""
    _lines: Queue[str | None] = field(default_factory=Queue)

    @classmethod
    def started(cls, data: Path, *arguments: str, by: Sequence[str] = (sys.executable,)) -> Serving:
        """Start it on a free port, `by` these words before the command, and wait for the ready line."""
        command = [*by, str(MANAGE), "serve", "--port", "0", *arguments]
        process = subprocess.Popen(command, env=environment(data), stdout=subprocess.PIPE, text=True)
        serving = cls(data, process)
        Thread(target=serving._read, daemon=True).start()
        while not serving.url:
            line = serving._lines.get(timeout=_PATIENCE_S)
            assert line is not None, "serve ended before it was ready"
            if ready := _READY.search(line):
                serving.url = ready[1]
        return serving

    @property
    def port(self) -> int:
        """The port that it listens on."""
        return httpx.URL(self.url).port or 0

    def child(self, words: str) -> int:
        """The process id of the one child whose command line holds `words`."""
        found = [pid for pid, args in descendants(self.process.pid).items() if words in args]
        assert len(found) == 1, f"{len(found)} children with {words!r}"
        return found[0]

    def is_ready(self) -> bool:
        """Whether it says that it may serve."""
        try:
            return httpx.get(f"{self.url}readyz", timeout=5).status_code == 200
        except httpx.HTTPError:
            return False

    def submit(self, api_key: str, username: str, score: int) -> dict[str, Any]:
        """The receipt of one session."""
        response = httpx.post(
            f"{self.url}api/leaderboard/submit",
            headers={"Authorization": f"Api-Key {api_key}"},
            json={"username": username, "score": score, "game_mode": "survival"},
            timeout=10,
        )
        assert response.status_code == 201, response.text
        receipt: dict[str, Any] = response.json()
        return receipt

    def totals(self) -> dict[str, int]:
        """The total scores of the visible top by username."""
        response = httpx.get(f"{self.url}api/leaderboard/top", timeout=10)
        assert response.status_code == 200, response.text
        return {row["username"]: row["total_score"] for row in response.json()["top_players"]}

    def end(self, how: signal.Signals) -> int:
        """Send the signal and wait; the exit code."""
        self.process.send_signal(how)
        return self.process.wait(_PATIENCE_S)

    def discard(self) -> None:
        """End it, whatever state a failed test left it in."""
        if self.process.poll() is None:
            self.end(signal.SIGTERM)
        if self.process.stdout is not None:
            self.process.stdout.close()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.output.append(line.rstrip("\n"))
            self._lines.put(line)
        self._lines.put(None)


def new_api_key(data: Path) -> str:
    """A key that may submit sessions and create players, made by the command."""
    made = manage(data, "create_api_key", "arena", "--scope", "sessions:submit", "--scope", "players:create")
    assert made.returncode == 0, made.stderr
    key = re.search(r"rk_\S+", made.stdout)
    assert key is not None, made.stdout
    return key[0]
