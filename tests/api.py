"""The REST API as its clients meet it: a game server with a key, or anybody."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

from django.db import connection
from django.test import Client as Browser

from scores import api_keys
from scores.models import ApiKey, Player
from tests import doors

SUBMIT = "/api/leaderboard/submit"
BATCH = "/api/leaderboard/submit/batch"

#: Set by the fixture `door`.
current_door: str | None = None


class GameServer:
    """Posts with an API key."""

    def __init__(self, name: str = "arena", scopes: tuple[str, ...] = (ApiKey.Scope.SUBMIT,)) -> None:
        self.api_key, self.secret = api_keys.create(name, scopes)

    def submit(self, document: Any, *, key: str | None = None, **headers: str) -> Any:
        """The response to one session (any value that JSON can hold)."""
        if key is not None:
            headers["Idempotency-Key"] = key
        return self.post(SUBMIT, json.dumps(document), **headers)

    def submit_batch(self, *items: Any) -> list[Any]:
        """The results of a batch that is taken."""
        response = self.post(BATCH, json.dumps({"sessions": items}))
        assert response.status_code == 200, response.content
        return list(response.json()["results"])

    def post(self, path: str, body: str | bytes, *, content_type: str = "application/json", **headers: str) -> Any:
        """The response to a body as it is."""
        headers = {"Authorization": f"Api-Key {self.secret}", "Content-Type": content_type, **headers}
        return ask("POST", path, body.encode() if isinstance(body, str) else body, **headers)


def get(path: str, **parameters: str | int) -> Any:
    """The response to anybody's question."""
    return ask("GET", f"{path}?{urlencode(parameters)}" if parameters else path)


def ask(method: str, path: str, body: bytes = b"", **headers: str) -> Any:
    """The response to a request as it is, at the test's door; without the fixture `door`, from Django alone."""
    if current_door is not None:
        return doors.ask(current_door, method, path, body, headers)
    # CONTENT_TYPE once more: the test client leaves it out where the body is empty.
    kind = headers.get("Content-Type", "")
    more: dict[str, Any] = {"CONTENT_TYPE": kind} if kind else {}
    return Browser().generic(method, path, body, kind, headers=headers, **more)


def session(player: Player | str, score: Any = 50, **more: Any) -> dict[str, Any]:
    """The document of a session."""
    who = {"username": player} if isinstance(player, str) else {"user_id": player.id}
    return {**who, "score": score, "game_mode": "survival", **more}


def error_of(response: Any, status: int) -> dict[str, Any]:
    """The error in a response of that status, which must have the one shape."""
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/json"
    document = response.json()
    assert set(document) == {"error"}
    error: dict[str, Any] = document["error"]
    assert {"code", "detail"} <= set(error) <= {"code", "detail", "fields"}
    return error


def stored() -> list[Any]:
    """Everything that a refused request must leave as it was."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT window_id, user_id, total_score, games, rev FROM leaderboard ORDER BY 1, 2")
        standings = cursor.fetchall()
        cursor.execute("SELECT (SELECT count(*) FROM game_sessions), (SELECT count(*) FROM users)")
        return [standings, cursor.fetchone()]
