"""Hands in Valkey: everything that somebody with its command line could do to the ranks."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from scores import boards
from scores.ranking import keys
from scores.valkey import valkey

Command = tuple[str | int | bytes, ...]


def _window() -> boards.WindowRef:
    return boards.current(boards.GLOBAL)


def _generation() -> str:
    [[generation]] = valkey().commands([("HMGET", keys.meta(_window()), "generation")])
    return str(generation)


def _ranks() -> str:
    return keys.ranks(_window(), _generation())


def _revs(user_id: int) -> str:
    return keys.revs(_window(), _generation(), user_id // keys.BUCKET)


def _names(user_id: int) -> str:
    return keys.names(user_id // keys.BUCKET)


def _foreign(key: str) -> list[Command]:
    return [("DEL", key), ("SET", key, "foreign")]


#: Each gives the commands for a player.
HANDS: Sequence[Callable[[int], list[Command]]] = (
    lambda user_id: [("ZADD", _ranks(), -10_000, "somebody")],
    lambda user_id: [("ZADD", _ranks(), -10_000, keys.member(7_000))],
    lambda user_id: [("ZADD", _ranks(), -77, keys.member(user_id))],
    lambda user_id: [("ZADD", _ranks(), "-inf", keys.member(user_id))],
    lambda user_id: [("ZADD", _ranks(), "-1e300", keys.member(user_id))],
    lambda user_id: [("ZREM", _ranks(), keys.member(user_id))],
    lambda user_id: [("HDEL", _revs(user_id), user_id % keys.BUCKET)],
    lambda user_id: [("HSET", _revs(user_id), user_id % keys.BUCKET, 2**52)],
    lambda user_id: [("HSET", _revs(user_id), user_id % keys.BUCKET, 1)],
    lambda user_id: [("HSET", _revs(user_id), user_id % keys.BUCKET, "none")],
    lambda user_id: [("HSET", _names(user_id), user_id % keys.BUCKET, f"{2**52}:mallory")],
    lambda user_id: [("HSET", _names(user_id), user_id % keys.BUCKET, "1:mallory")],
    lambda user_id: [("DEL", _ranks())],
    lambda user_id: [("DEL", _revs(user_id))],
    lambda user_id: [("DEL", _names(user_id))],
    lambda user_id: _foreign(_ranks()),
    lambda user_id: _foreign(_revs(user_id)),
    lambda user_id: _foreign(_names(user_id)),
    lambda user_id: _foreign(keys.meta(_window())),
)


def tamper(hand: int, user_id: int) -> None:
    """Do one of these things."""
    valkey().commands(HANDS[hand](user_id))
