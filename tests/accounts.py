"""Accounts as programs meet them: a player who signs up, logs in and shows tokens."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connections
from django.test import Client as Browser

from scores.accounts import hashing
from scores.models import Player
from scores.valkey import Valkey

PASSWORD = "correct horse battery"
OTHER_PASSWORD = "staple battery horse"
HERE = "192.0.2.1"
ELSEWHERE = "198.51.100.7"


def post(path: str, document: Any = None, *, address: str = HERE, token: str | None = None, **headers: str) -> Any:
    """The response to a document, sent to `/api/auth/<path>` unless the path is whole."""
    if token is not None:
        headers["Authorization"] = f"Bearer {token}"
    return Browser(REMOTE_ADDR=address).generic(
        "POST",
        path if path.startswith("/") else f"/api/auth/{path}",
        "" if document is None else json.dumps(document),
        "application/json",
        headers=headers,
    )


def get(path: str, *, token: str | None = None, **headers: str) -> Any:
    """The response to a question at `/api/auth/<path>`."""
    if token is not None:
        headers["Authorization"] = f"Bearer {token}"
    return Browser(REMOTE_ADDR=HERE).get(f"/api/auth/{path}", headers=headers)


def login(username: str = "alice", password: str = PASSWORD, *, address: str = HERE) -> Any:
    """The response to a login."""
    return post("login", {"username": username, "password": password}, address=address)


def account(username: str = "alice", password: str | None = PASSWORD, **fields: Any) -> Player:
    """A player who can log in."""
    return Player.objects.create_user(username, password, **fields)


def tokens(username: str = "alice", password: str = PASSWORD) -> dict[str, Any]:
    """The pair of a login that succeeds."""
    response = login(username, password)
    assert response.status_code == 200, response.content
    pair: dict[str, Any] = response.json()
    return pair


@contextmanager
def nobody_counts() -> Iterator[None]:
    """Accounts find nobody at Valkey's address."""
    nobody = Valkey("redis://127.0.0.1:1/0")
    with pytest.MonkeyPatch.context() as patch:
        for module in ("throttle", "attempts", "tickets"):
            patch.setattr(f"scores.accounts.{module}.valkey", lambda: nobody)
        yield


@contextmanager
def all_hashing_busy() -> Iterator[None]:
    """Both programs that hash have work, until the end."""
    taken = [hashing._free.get(timeout=10) for _ in range(2)]
    try:
        yield
    finally:
        for child in taken:
            hashing._free.put(child)


def at_once(work: Callable[[], Any], times: int = 2) -> list[Any]:
    """What each of so many threads got or raised, all of which began together."""
    outcomes: list[Any] = []
    begin = threading.Barrier(times)

    def run() -> None:
        begin.wait(timeout=10)
        try:
            outcomes.append(work())
        except Exception as error:  # noqa: BLE001 - whatever it is, the test looks at it
            outcomes.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run) for _ in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert len(outcomes) == times
    return outcomes
