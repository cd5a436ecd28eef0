"""The same answers from PostgreSQL, for when Valkey is away or a window's ranks are missing.

Counting the players in front of somebody reads them all. So only a few such reads run at a time;
the others wait, and are refused after a while: an outage of the ranks must not become one of the truth.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from django.db.models import QuerySet

from scores.boards import WindowRef
from scores.errors import RanksUnavailable, UnknownPlayer
from scores.models import Standing
from scores.ranking.snapshots import one_state
from scores.rows import Page, Row, shared_ranks

_AT_ONCE = 4
_PATIENCE_S = 0.2  # whoever waits holds one of the threads that answer requests
_slots = threading.BoundedSemaphore(_AT_ONCE)


def top(window: WindowRef, *, limit: int, offset: int) -> Page:
    """Rows from `offset` on, in board order.

    Raises:
        RanksUnavailable: too many such reads are under way.
    """
    with _slot():
        return _page(window, _rows(window, offset=offset, limit=limit))


def rank(window: WindowRef, user_id: int) -> Page:
    """A page with the one row of the player.

    Raises:
        UnknownPlayer: not shown on this board.
        RanksUnavailable: too many such reads are under way.
    """
    with _slot():
        found = _shown(window).filter(user_id=user_id).values_list("user__username", "total_score", "sort_key").first()
        if found is None:
            raise UnknownPlayer(user_id)
        username, total_score, sort_key = found
        better = _shown(window).filter(sort_key__lt=sort_key).count()
        return _page(window, (Row(user_id, username, better + 1, total_score),))


def around(window: WindowRef, user_id: int, *, limit: int) -> Page:
    """A page of `limit` rows with the player in the middle, shifted at the ends of the board.

    Raises:
        UnknownPlayer: not shown on this board.
        RanksUnavailable: too many such reads are under way.
    """
    with _slot():
        players = _shown(window).count()
        offset = max(0, min(_offset_of(window, user_id) - limit // 2, players - limit))
        return _page(window, _rows(window, offset=offset, limit=limit))


@contextmanager
def _slot() -> Iterator[None]:
    if not _slots.acquire(timeout=_PATIENCE_S):
        raise RanksUnavailable("Valkey is away, and PostgreSQL answers as many rank reads as it can.")
    try:
        # One state for all statements: between a count and the row at that offset, the board moves on.
        with one_state():
            yield
    finally:
        _slots.release()


def _shown(window: WindowRef) -> QuerySet[Standing]:
    return Standing.objects.filter(window_id=window.id, hidden=False)


def _offset_of(window: WindowRef, user_id: int) -> int:
    """How many rows stand in front of the player: the better ones, and equal ones with a smaller id."""
    sort_key = _shown(window).filter(user_id=user_id).values_list("sort_key", flat=True).first()
    if sort_key is None:
        raise UnknownPlayer(user_id)
    better = _shown(window).filter(sort_key__lt=sort_key).count()
    return better + _shown(window).filter(sort_key=sort_key, user_id__lt=user_id).count()


def _rows(window: WindowRef, *, offset: int, limit: int) -> tuple[Row, ...]:
    standings = list(
        _shown(window)
        .order_by("sort_key", "user_id")
        .values_list("user_id", "user__username", "total_score", "sort_key")[offset : offset + limit]
    )
    if not standings:
        return ()
    first_rank = 1 + _shown(window).filter(sort_key__lt=standings[0][3]).count()
    ranks = shared_ranks([total for _, _, total, _ in standings], offset=offset, first_rank=first_rank)
    return tuple(
        Row(user_id, username, rank_, total)
        for (user_id, username, total, _), rank_ in zip(standings, ranks, strict=True)
    )


def _page(window: WindowRef, rows: tuple[Row, ...]) -> Page:
    return Page(
        board=window.board,
        window=window.window,
        epoch=None,
        seq=None,
        as_of=datetime.now(UTC),
        players=_shown(window).count(),
        source="sql",
        rows=rows,
    )
