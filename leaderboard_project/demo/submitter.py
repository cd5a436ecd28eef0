"""Hands games to the server over the public API by our own Python client, each exactly once, through outages."""

from __future__ import annotations

import logging
import math
from http import HTTPStatus

from rankcast_client import RankcastClient, RankcastError, Receipt, Retries, Session

from leaderboard_project.demo.games import Game

logger = logging.getLogger(__name__)

#: A demo has time: it waits for its server as long as it must.
_RETRIES = Retries(deadline_s=math.inf)
_TIMEOUT_S = 10.0
_KEY_REFUSED = {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}


class Refused(Exception):
    """The server takes no sessions with this API key at all."""


class Submitter:
    """Submits games to the server at `url` with `api_key`; nothing is sent before the first."""

    def __init__(self, url: str, api_key: str, *, retries: Retries = _RETRIES) -> None:
        self._client = RankcastClient(url, api_key, retries=retries, timeout_s=_TIMEOUT_S)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def submit(self, game: Game) -> Receipt | None:
        """Submit one game and return its receipt; try until the server has decided.

        A game whose answer was lost is sent again with the same idempotency key, and counts once.

        Returns:
            The receipt, or None if the server refuses this one game.

        Raises:
            Refused: the API key is not accepted.
        """
        session = Session(username=game.username, score=game.score, game_mode=game.game_mode, outcome=game.outcome)
        try:
            return self._client.submit(session)
        except RankcastError as error:
            if error.status in _KEY_REFUSED:
                raise Refused(f"The server refuses the API key: {error.detail}") from None
            logger.warning("A game of %s was refused: %s", game.username, error)
            return None

    def top(self, limit: int) -> dict[str, int]:
        """Username and total score of the best `limit` players; empty where the server does not tell."""
        try:
            board = self._client.top(limit=limit)
        except RankcastError:
            return {}
        return {row.username: row.total_score for row in board.rows}
