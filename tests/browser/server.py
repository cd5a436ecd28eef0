"""The real `manage.py serve` in a subprocess: on a free port, on data that is thrown away afterwards."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, Queue
from typing import Any

import httpx

_MANAGE = Path(__file__).resolve().parents[2] / "manage.py"
_READY = re.compile(r"Rankcast is ready at (\S+)")
_START_S = 60.0
_STOP_S = 30.0


@dataclass(frozen=True, slots=True)
class Server:
    """A running server and a game server's key to it."""

    url: str
    process: subprocess.Popen[str]
    environment: dict[str, str]
    api_key: str

    @classmethod
    @contextmanager
    def started(cls) -> Iterator[Server]:
        """A server that is ready; stopped, and its data removed, afterwards."""
        data = Path(tempfile.mkdtemp(prefix="rankcast-browser-"))
        if os.geteuid() == 0:
            data.chmod(0o711)  # root's servers run as another account, which must pass through
        environment = _own_environment(data)
        command = [sys.executable, str(_MANAGE), "serve", "--port", "0"]
        try:
            with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
                try:
                    yield cls(_ready_url(process), process, environment, _create_api_key(environment))
                finally:
                    _stop(process)
        finally:
            shutil.rmtree(data, ignore_errors=True)

    def submit(self, username: str, score: int) -> dict[str, Any]:
        """A game of this player, reported by a game server over REST; the receipt."""
        response = httpx.post(
            f"{self.url}api/leaderboard/submit",
            json={"username": username, "score": score, "game_mode": "survival"},
            headers={"Authorization": f"Api-Key {self.api_key}"},
            timeout=10,
        )
        assert response.status_code == 201, response.text
        receipt: dict[str, Any] = response.json()
        return receipt

    def top(self) -> list[dict[str, Any]]:
        """The rows that everybody should see."""
        response = httpx.get(f"{self.url}api/leaderboard/top", timeout=10)
        assert response.status_code == 200, response.text
        rows: list[dict[str, Any]] = response.json()["top_players"]
        return rows

    def kill_web(self) -> None:
        """Kills the web process, as a crash would; the supervisor starts another."""
        os.kill(self._child("leaderboard_project.web"), signal.SIGKILL)

    @contextmanager
    def frozen_valkey(self) -> Iterator[None]:
        """Valkey holds its connections and answers nothing."""
        pid = self._child("/valkey-server")
        os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(pid, signal.SIGCONT)

    def _child(self, program: str) -> int:
        """The process that `serve` started with this in its command line."""
        parent = self.process.pid
        children = Path(f"/proc/{parent}/task/{parent}/children").read_text(encoding="ascii").split()
        [pid] = [pid for pid in children if program in Path(f"/proc/{pid}/cmdline").read_text()]
        return int(pid)


def _stop(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(_STOP_S)
    finally:
        process.kill()


def _own_environment(data: Path) -> dict[str, str]:
    """Ours without the servers and settings of the test run: it starts its own."""
    foreign = {"DATABASE_URL", "REDIS_URL", "SECRET_KEY", "DJANGO_SETTINGS_MODULE"}
    kept = {name: value for name, value in os.environ.items() if name not in foreign}
    return {**kept, "RANKCAST_DATA": str(data)}


def _ready_url(process: subprocess.Popen[str]) -> str:
    """The URL of the ready line; reads the rest of the output too, so that it never fills its pipe."""
    lines: Queue[str | None] = Queue()

    def read() -> None:
        assert process.stdout is not None
        for line in process.stdout:
            lines.put(line)
        lines.put(None)

    threading.Thread(target=read, daemon=True).start()
    while True:
        try:
            line = lines.get(timeout=_START_S)
        except Empty:
            raise AssertionError("serve did not become ready") from None
        assert line is not None, "serve ended before it was ready"
        if ready := _READY.search(line):
            return ready[1]


def _create_api_key(environment: dict[str, str]) -> str:
    scopes = ["--scope", "sessions:submit", "--scope", "players:create"]
    command = [sys.executable, str(_MANAGE), "create_api_key", "arena", *scopes]
    run = subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=60)
    return run.stdout.split()[0]
