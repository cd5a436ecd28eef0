"""A running `manage.py serve` as a game server and an operator meet it: it takes games, and it is treated badly."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import redis

from leaderboard_project.embedded.addresses import addresses_on
from tests.acceptance.serving import Serving, manage


@dataclass(frozen=True, slots=True)
class Server:
    """The server, and a key that may submit sessions and create players."""

    serving: Serving
    api_key: str

    @property
    def url(self) -> str:
        """Where the page is."""
        return self.serving.url

    def submit(self, username: str, score: int) -> dict[str, Any]:
        """One game of this player, reported over REST; the receipt."""
        return self.serving.submit(self.api_key, username, score)

    def top(self) -> list[dict[str, Any]]:
        """The rows that everybody should see."""
        response = httpx.get(f"{self.url}api/leaderboard/top", timeout=10)
        assert response.status_code == 200, response.text
        rows: list[dict[str, Any]] = response.json()["top_players"]
        return rows

    def decide(self, decision: str, **arguments: object) -> None:
        """What a moderator decides, by the ledger's name for it, in a process of its own."""
        call = f"ledger.{decision}(**{arguments!r}, by=None, reason='a test')"
        decided = manage(self.serving.data, "shell", "--no-imports", "-c", f"from scores import ledger; {call}")
        assert decided.returncode == 0, decided.stderr

    def kill_web(self) -> None:
        """Kills the web process, as a crash would; the supervisor starts another."""
        os.kill(self.serving.child("leaderboard_project.web"), signal.SIGKILL)

    @contextmanager
    def frozen_valkey(self) -> Iterator[None]:
        """Valkey holds its connections and answers nothing."""
        pid = self.serving.child("/valkey-server")
        os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(pid, signal.SIGCONT)

    def lose_all_ranks(self) -> None:
        """Empties Valkey."""
        with redis.Redis.from_url(addresses_on(self.serving.data).redis_url) as valkey:
            valkey.flushall()
