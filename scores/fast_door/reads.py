"""Boards at the fast door: the top, one player's place, and the rows around it."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, partial
from typing import Final

from django.http import QueryDict

from scores import ranking
from scores.api import board_answers, etags, query
from scores.errors import RanksUnavailable, UnknownPlayer
from scores.fast_door.answers import Answer, encoded, not_modified
from scores.fast_door.threads import Threads
from scores.fast_door.waiting import Waiting
from scores.ranking import gathered
from scores.ranking.asked import Asked
from scores.rows import Page

_THREADS: Final = 16  # for reads that need PostgreSQL, which takes only a few at a time
_PATIENCE_S: Final = 2.0  # many times what Valkey may take


class Reads:
    """The resources `top`, `rank` and `around`."""

    def __init__(self, waiting: Waiting) -> None:
        self._waiting = waiting
        self._threads = Threads("reads", _THREADS)
        self._latest: tuple[Page, Answer] | None = None

    async def top(self, query_string: bytes, if_none_match: bytes | None) -> Answer:
        """As `GET /api/leaderboard/top`."""
        board, limit, offset = _top_query(query_string)
        page = await self._page(
            partial(gathered.top, board, limit=limit, offset=offset),
            partial(ranking.top, board, limit=limit, offset=offset),
        )
        etag = etags.of_top(page, limit=limit, offset=offset)
        if etag is not None and if_none_match is not None and etags.is_known(etag, if_none_match.decode("latin-1")):
            return not_modified(etag)
        # Reads that shared a round trip got the very same page, and share its text too.
        if self._latest is None or self._latest[0] is not page:
            self._latest = page, encoded(board_answers.top(page), headers={"ETag": etag} if etag else None)
        return self._latest[1]

    async def rank(self, user_id: str, query_string: bytes) -> Answer:
        """As `GET /api/leaderboard/rank/{user_id}`."""
        board, player = _board_query(query_string), query.user_id(user_id)
        page = await self._page(partial(gathered.rank, board, player), partial(ranking.rank, board, player))
        return encoded(board_answers.rank(_with_rows(page, player)))

    async def around(self, user_id: str, query_string: bytes) -> Answer:
        """As `GET /api/leaderboard/around/{user_id}`."""
        board, player, limit = _board_query(query_string), query.user_id(user_id), _around_limit(query_string)
        page = await self._page(
            partial(gathered.around, board, player, limit=limit), partial(ranking.around, board, player, limit=limit)
        )
        return encoded(board_answers.around(_with_rows(page, player)))

    async def _page(self, from_ranks: Callable[[], Asked], from_anywhere: Callable[[], Page]) -> Page:
        """The page from the ranks; where these cannot tell, from PostgreSQL in a thread."""
        try:
            asked = from_ranks()
            if await self._waiting.until_done(asked, self._waiting.deadline(_PATIENCE_S)):
                return asked.result()
        except RanksUnavailable:
            pass
        return await self._threads.ask(from_anywhere)


def _with_rows(page: Page, user_id: int) -> Page:
    if not page.rows:
        raise UnknownPlayer(user_id)
    return page


# Most questions are asked in the same words; what a wrong one raises is not kept.


@lru_cache(maxsize=1024)
def _top_query(query_string: bytes) -> tuple[str, int, int]:
    parameters = QueryDict(query_string)
    return query.board(parameters), query.limit(parameters, default=10), query.offset(parameters)


@lru_cache(maxsize=1024)
def _board_query(query_string: bytes) -> str:
    return query.board(QueryDict(query_string))


@lru_cache(maxsize=1024)
def _around_limit(query_string: bytes) -> int:
    return query.limit(QueryDict(query_string), default=5)
