"""The bytes of requests, made without a library: a client that thinks would take its time from the server."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from leaderboard_project.bench.load.spec import Load

#: Scores are 1 to this.
_MOST_POINTS = 100


@dataclass(frozen=True, slots=True)
class Prepared:
    """One request, and the points that it submits."""

    content: bytes
    points: int = 0


def requests_of(load: Load) -> Callable[[], Prepared]:
    """A function that gives the load's next request each time it is called."""
    drawn = random.Random(load.prefix)  # noqa: S311  load, not secrets
    makers = {"submit": _submits, "batch": _batches, "top": _tops, "rank": _ranks, "around": _arounds, "alive": _alives}
    return makers[load.kind](load, drawn)


def _submits(load: Load, drawn: random.Random) -> Callable[[], Prepared]:
    fixed = _head(load, "POST", "/api/leaderboard/submit")
    number = 0

    def make() -> Prepared:
        nonlocal number
        number += 1
        player, points = drawn_game(load, drawn)
        body = b'{"user_id":%d,"score":%d,"game_mode":"survival"}' % (player, points)
        head = b"Idempotency-Key: %s-%d\r\nContent-Length: %d\r\n\r\n" % (load.prefix.encode(), number, len(body))
        return Prepared(fixed + head + body, points)

    return make


def _batches(load: Load, drawn: random.Random) -> Callable[[], Prepared]:
    fixed = _head(load, "POST", "/api/leaderboard/submit/batch")
    sessions = sessions_of(load, drawn)

    def make() -> Prepared:
        items, points = sessions()
        body = b'{"sessions":[%s]}' % items
        return Prepared(fixed + b"Content-Length: %d\r\n\r\n" % len(body) + body, points)

    return make


def sessions_of(load: Load, drawn: random.Random) -> Callable[[], tuple[bytes, int]]:
    """A function that gives the next sessions of a batch or a frame, and the sum of their points."""
    item = '{"user_id":%d,"score":%d,"game_mode":"survival","idempotency_key":"%s-%d"}'
    number = 0

    def make() -> tuple[bytes, int]:
        nonlocal number
        items, sum_of_points = [], 0
        for _ in range(load.batch):
            number += 1
            player, points = drawn_game(load, drawn)
            sum_of_points += points
            items.append(item % (player, points, load.prefix, number))
        return ",".join(items).encode(), sum_of_points

    return make


def drawn_game(load: Load, drawn: random.Random) -> tuple[int, int]:
    """A player of the load, and the points that they made."""
    return _player(load, drawn), 1 + int(drawn.random() * _MOST_POINTS)


def _tops(load: Load, drawn: random.Random) -> Callable[[], Prepared]:
    only = Prepared(_head(load, "GET", "/api/leaderboard/top") + b"\r\n")
    return lambda: only


def _alives(load: Load, drawn: random.Random) -> Callable[[], Prepared]:
    only = Prepared(_head(load, "GET", "/healthz") + b"\r\n")
    return lambda: only


def _ranks(load: Load, drawn: random.Random) -> Callable[[], Prepared]:
    return lambda: Prepared(_head(load, "GET", f"/api/leaderboard/rank/{_player(load, drawn)}") + b"\r\n")


def _arounds(load: Load, drawn: random.Random) -> Callable[[], Prepared]:
    return lambda: Prepared(_head(load, "GET", f"/api/leaderboard/around/{_player(load, drawn)}") + b"\r\n")


def _player(load: Load, drawn: random.Random) -> int:
    return load.first + int(drawn.random() * (load.last - load.first + 1))


def _head(load: Load, method: str, path: str) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", f"Host: {load.address[0]}:{load.address[1]}"]
    if method == "POST":
        lines += [f"Authorization: Api-Key {load.api_key}", "Content-Type: application/json"]
    return "".join(f"{line}\r\n" for line in lines).encode()
