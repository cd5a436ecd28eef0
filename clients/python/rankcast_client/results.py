"""What the server tells, as values. Fields that a newer server adds are passed over."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Receipt:
    """A recorded session. `total_score` and `rank` are the player's on the board `global` after it."""

    session_id: int
    user_id: int
    username: str
    score: int
    game_mode: str
    outcome: str | None
    timestamp: datetime
    total_score: int
    rank: int | None  # None for a banned player, and while ranks are missing
    status: str
    replayed: bool  # it was recorded by an earlier try


@dataclass(frozen=True, slots=True)
class Row:
    """One player's place."""

    user_id: int
    username: str
    rank: int
    total_score: int


@dataclass(frozen=True, slots=True)
class Board:
    """Rows of a board, best first, and the state from which they were read."""

    board: str
    window: str
    epoch: str | None
    seq: int | None
    as_of: datetime
    players: int
    source: Literal["ranks", "sql"]
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """One player's place on a board, and the percentage of its players that do not stand above them."""

    user_id: int
    username: str
    rank: int
    total_score: int
    percentile: float
    board: str
    window: str
    players: int
    as_of: datetime


@dataclass(frozen=True, slots=True)
class Player:
    """A player that a search found."""

    user_id: int
    username: str


# Each of these raises KeyError, TypeError or ValueError for a document of another kind.


def receipt(document: dict[str, Any], *, replayed: bool) -> Receipt:
    """The receipt in a document."""
    return Receipt(
        session_id=document["session_id"],
        user_id=document["user_id"],
        username=document["username"],
        score=document["score"],
        game_mode=document["game_mode"],
        outcome=document["outcome"],
        timestamp=_moment(document["timestamp"]),
        total_score=document["total_score"],
        rank=document["rank"],
        status=document["status"],
        replayed=replayed,
    )


def top(document: dict[str, Any]) -> Board:
    """The board in an answer to `top`."""
    return _board(document, document["top_players"])


def around(document: dict[str, Any]) -> Board:
    """The board in an answer to `around`."""
    return _board(document, document["rows"])


def place(document: dict[str, Any]) -> Place:
    """The place in an answer to `rank`."""
    names = ("user_id", "username", "rank", "total_score", "percentile", "board", "window", "players")
    return Place(**{name: document[name] for name in names}, as_of=_moment(document["as_of"]))


def players(document: dict[str, Any]) -> tuple[Player, ...]:
    """The players that were found."""
    return tuple(Player(found["user_id"], found["username"]) for found in document["players"])


def _board(document: dict[str, Any], rows: list[dict[str, Any]]) -> Board:
    names = ("board", "window", "epoch", "seq", "players", "source")
    return Board(
        **{name: document[name] for name in names},
        as_of=_moment(document["as_of"]),
        rows=tuple(Row(row["user_id"], row["username"], row["rank"], row["total_score"]) for row in rows),
    )


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))  # Python 3.10 does not read the Z
