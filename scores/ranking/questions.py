"""What can be asked of a window's ranks in one script call, and what the answers say. No I/O."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from scores.boards import WindowRef
from scores.errors import RanksUnavailable
from scores.ranking import flat, keys, scripts
from scores.rows import Page
from scores.valkey import ScriptCall

Question = tuple[str, int | str, int]


def page(*, offset: int, limit: int) -> Question:
    """The rows from place `offset` on, best first."""
    return ("page", offset, limit)


def around(user_id: int, *, limit: int) -> Question:
    """`limit` rows with the player in the middle, shifted at the ends; none where the player is not shown."""
    return ("around", keys.member(user_id), limit)


def call(window: WindowRef, questions: Sequence[Question]) -> ScriptCall:
    """The script call that asks them."""
    return ScriptCall(scripts.READ, keys.meta(window), [keys.tag(window), msgspec.msgpack.encode(questions)])


class Nameless(msgspec.Struct, frozen=True, gc=False):
    """The answer to one question, which lacks only the players' names."""

    window: WindowRef
    epoch: str
    seq: int
    players: int
    as_of: datetime
    offset: int
    first_rank: int
    rows: Sequence[str]

    @property
    def user_ids(self) -> list[int]:
        """Whose names are wanted."""
        return flat.user_ids(self.rows)

    def named(self, usernames: Mapping[int, str]) -> Page:
        """The page, with names; see `flat.rows`."""
        return Page(
            board=self.window.board,
            window=self.window.window,
            epoch=self.epoch,
            seq=self.seq,
            as_of=self.as_of,
            players=self.players,
            source="ranks",
            rows=flat.rows(self.rows, usernames, offset=self.offset, first_rank=self.first_rank),
        )


def understood(window: WindowRef, answer: Any) -> list[Nameless]:
    """What the script answered, one for each question, in order.

    Raises:
        RanksUnavailable: the window has no ranks (yet).
    """
    if not answer:
        raise RanksUnavailable(f"There are no ranks of {keys.tag(window)} (yet).")
    epoch, seq, players, slices = answer
    now = datetime.now(UTC)
    return [Nameless(window, epoch, seq, players, now, offset, rank, rows) for offset, rank, rows in slices]
