"""What one ledger transaction changed, and what became of it in the ranks. Pure values, no I/O."""

from __future__ import annotations

from dataclasses import dataclass, field

import msgspec


class StandingChange(msgspec.Struct, frozen=True, gc=False):
    """One committed row of the table `leaderboard`, whole and absolute.

    `sort_key` is smallest for the best; a row whose `rev` is not newer than the one that a reader
    has is old news. `hidden` rows (banned players) keep their total but stand on no board.
    """

    window_id: int
    user_id: int
    total_score: int
    sort_key: float
    hidden: bool
    rev: int


class NameChange(msgspec.Struct, frozen=True, gc=False):
    """A player who is new or has a new name; `rev` orders the names of one player."""

    user_id: int
    username: str
    rev: int


@dataclass(frozen=True, slots=True)
class Committed:
    """Everything that one transaction changed, told once, after its commit."""

    standings: tuple[StandingChange, ...] = ()
    names: tuple[NameChange, ...] = ()


@dataclass(frozen=True, slots=True)
class Projection:
    """What bringing `Committed` into the ranks gave: ranks by (window id, user id), ties share.

    A player has no entry where the window's ranks are missing or the player is hidden.
    """

    ranks: dict[tuple[int, int], int] = field(default_factory=dict)
