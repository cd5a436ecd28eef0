"""The sorted set of the plain way: usernames by total score."""

from __future__ import annotations

from typing import Any

import redis

from leaderboard_project.bench.plain import settings

GROUP = "top"
_KEY = settings.RANKS_KEY
_client = redis.Redis.from_url(settings.REDIS_URL, db=settings.RANKS_DB, decode_responses=True)


def put(username: str, total_score: int) -> tuple[int, list[dict[str, Any]]]:
    """Write a player's total; give their rank and the top ten."""
    with _client.pipeline() as pipeline:
        pipeline.zadd(_KEY, {username: total_score})
        pipeline.zrevrank(_KEY, username)
        pipeline.zrevrange(_KEY, 0, 9, withscores=True)
        _, place, best = pipeline.execute()
    return place + 1, _rows(best)


def top() -> list[dict[str, Any]]:
    """The top ten."""
    return _rows(_client.zrevrange(_KEY, 0, 9, withscores=True))


def _rows(best: Any) -> list[dict[str, Any]]:
    return [
        {"rank": rank, "username": username, "total_score": int(total_score)}
        for rank, (username, total_score) in enumerate(best, start=1)
    ]
