"""Hands games to the server over the public REST API, each exactly once, through outages and restarts."""

from __future__ import annotations

import http.client
import json
import logging
import time
import uuid
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from leaderboard_project.demo.games import Game

logger = logging.getLogger(__name__)

_TIMEOUT_S = 10.0
#: The first and the longest pause between two tries, in seconds, where the server does not say.
_PAUSE_S = 0.25
_LONGEST_PAUSE_S = 5.0


class Refused(Exception):
    """The server takes no sessions with this API key at all."""


class Submitter:
    """One keep-alive connection to the API, which is opened again as often as it must."""

    def __init__(self, url: str, api_key: str, *, sleep: Callable[[float], object] = time.sleep) -> None:
        """Speak to the server at `url` with `api_key`; nothing is sent yet."""
        parts = urlsplit(url)
        self._connection = http.client.HTTPConnection(parts.hostname or "127.0.0.1", parts.port, timeout=_TIMEOUT_S)
        self._headers = {"Authorization": f"Api-Key {api_key}", "Content-Type": "application/json"}
        self._sleep = sleep

    def close(self) -> None:
        """Close the connection; the next request would open another."""
        self._connection.close()

    def submit(self, game: Game) -> dict[str, Any] | None:
        """Submit one game and return its receipt; try until the server has decided.

        Every try carries the same Idempotency-Key, so a game whose answer was lost counts once.

        Returns:
            The receipt, or None if the server refuses this one game.

        Raises:
            Refused: the API key is not accepted.
        """
        path = "/api/leaderboard/submit"
        body = {"username": game.username, "score": game.score, "game_mode": game.game_mode}
        if game.outcome is not None:
            body["outcome"] = game.outcome
        headers = {**self._headers, "Idempotency-Key": str(uuid.uuid4())}
        pause_s = _PAUSE_S
        while True:
            try:
                status, retry_after_s, answer = self._request("POST", path, json.dumps(body), headers)
            except (OSError, http.client.HTTPException):
                self._connection.close()
                status, retry_after_s, answer = 503, None, {}
            if status < 300:
                return answer
            if status in {401, 403}:
                raise Refused(f"The server refuses the API key: {answer.get('error', {}).get('detail', status)}")
            if status < 500 and status not in {408, 429}:
                logger.warning("A game of %s was refused: %s", game.username, answer.get("error", status))
                return None
            self._sleep(pause_s if retry_after_s is None else retry_after_s)
            pause_s = min(pause_s * 2, _LONGEST_PAUSE_S)

    def top(self, limit: int) -> dict[str, int]:
        """Username and total score of the best `limit` players; empty when the server does not answer."""
        try:
            status, _, answer = self._request("GET", f"/api/leaderboard/top?limit={limit}", None, self._headers)
        except (OSError, http.client.HTTPException):
            self._connection.close()
            return {}
        return {row["username"]: row["total_score"] for row in answer["top_players"]} if status == 200 else {}

    def _request(
        self, method: str, path: str, body: str | None, headers: dict[str, str]
    ) -> tuple[int, float | None, dict[str, Any]]:
        self._connection.request(method, path, body, headers)
        response = self._connection.getresponse()
        content = response.read()
        retry_after = response.getheader("Retry-After", "")
        answer = json.loads(content) if response.getheader("Content-Type", "").startswith("application/json") else {}
        return response.status, float(retry_after) if retry_after.isdigit() else None, answer
