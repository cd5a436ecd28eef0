"""What people ask of a board: from the ranks in Valkey, and from PostgreSQL where these are missing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.db import Error

from scores import boards
from scores.boards import WindowRef
from scores.errors import RanksUnavailable, UnknownPlayer
from scores.ranking import from_sql, keys, names, questions
from scores.ranking.questions import Question
from scores.rows import Page
from scores.valkey import valkey


@dataclass(frozen=True, slots=True)
class Version:
    """Which state of a board window the ranks are in."""

    epoch: str
    seq: int
    window: str


def top(board: str, *, limit: int = keys.VISIBLE_TOP, offset: int = 0) -> Page:
    """The rows of the board's current window from place `offset` on, best first.

    Raises:
        UnknownBoard: no such board.
        RanksUnavailable: Valkey is away, and so is PostgreSQL, or it is asked too much already.
    """
    window = boards.current(board)
    return _answer(
        lambda: _ask(window, questions.page(offset=offset, limit=limit)),
        lambda: from_sql.top(window, limit=limit, offset=offset),
    )


def rank(board: str, user_id: int) -> Page:
    """A page of the board's current window that holds just the player's row.

    Raises:
        UnknownBoard: no such board.
        UnknownPlayer: the board does not show the player.
        RanksUnavailable: as `top`.
    """
    window = boards.current(board)
    return _answer(
        lambda: _shown(_ask(window, questions.around(user_id, limit=1)), user_id),
        lambda: from_sql.rank(window, user_id),
    )


def around(board: str, user_id: int, *, limit: int = 5) -> Page:
    """`limit` rows of the current window with the player in the middle; at the ends the frame is shifted.

    Raises:
        UnknownBoard: no such board.
        UnknownPlayer: the board does not show the player.
        RanksUnavailable: as `top`.
    """
    window = boards.current(board)
    return _answer(
        lambda: _shown(_ask(window, questions.around(user_id, limit=limit)), user_id),
        lambda: from_sql.around(window, user_id, limit=limit),
    )


def versions(board_slugs: Sequence[str]) -> dict[str, Version | None]:
    """The state of each board's current window; None where ranks are missing. PostgreSQL is not asked.

    Raises:
        UnknownBoard: no such board.
        RanksUnavailable: Valkey does not answer.
    """
    windows = [boards.current(board) for board in board_slugs]
    answers = valkey().commands(
        [("HMGET", keys.meta(window), "generation", "epoch", "seq") for window in windows],
    )
    return {
        window.board: Version(epoch, int(seq), window.window) if generation is not None else None
        for window, (generation, epoch, seq) in zip(windows, answers, strict=True)
    }


def _answer(from_ranks: Callable[[], Page], fallback: Callable[[], Page]) -> Page:
    try:
        return from_ranks()
    except RanksUnavailable:
        pass
    try:
        return fallback()
    except Error:
        # PostgreSQL is away, which took a while to find out. What was wrong with Valkey may have been a moment's.
        return from_ranks()


def _ask(window: WindowRef, question: Question) -> Page:
    [answer] = valkey().run([questions.call(window, [question])])
    [nameless] = questions.understood(window, answer)
    return nameless.named(names.usernames(nameless.user_ids))


def _shown(page: Page, user_id: int) -> Page:
    if not page.rows:
        raise UnknownPlayer(user_id)
    return page
