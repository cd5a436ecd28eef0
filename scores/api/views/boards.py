"""Reading boards: the top, one player's place, and the rows around it."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from scores import ranking
from scores.api import board_answers, contract, etags, query, schema
from scores.api.codes import Code
from scores.api.views.base import ContractView

_READ_ERRORS = (Code.INVALID_BOARD, Code.UNKNOWN_BOARD, Code.UNAVAILABLE)
_TOP: dict[str, Any] = {
    "tags": ["boards"],
    "parameters": [
        schema.BOARD,
        schema.limit(10),
        schema.OFFSET,
        schema.IF_NONE_MATCH,
        schema.ETAG,
        schema.RETRY_AFTER,
    ],
    "responses": {
        200: contract.TopAnswer,
        304: schema.NOT_MODIFIED,
        **schema.errors(Code.INVALID_LIMIT, Code.INVALID_OFFSET, *_READ_ERRORS),
    },
}


class TopView(ContractView):
    """`GET /api/leaderboard/top`."""

    @extend_schema(operation_id="top_players", summary="The best players", **_TOP)
    def get(self, request: Request) -> Response:
        """The best players of a board, best first; equal totals share a rank.

        Pages of the visible top (the first ten rows) carry an `ETag`. With it as `If-None-Match` the
        answer is 304 while nothing has changed but the time.
        """
        return _top(request)


class PublicBoardView(ContractView):
    """`GET /v1/leaderboard/public`."""

    @extend_schema(operation_id="public_leaderboard", summary="A public board", **_TOP)
    def get(self, request: Request) -> Response:
        """The same as `/api/leaderboard/top`."""
        return _top(request)


class RankView(ContractView):
    """`GET /api/leaderboard/rank/{user_id}`."""

    @extend_schema(
        operation_id="player_rank",
        tags=["boards"],
        summary="One player's place",
        parameters=[schema.USER_ID, schema.BOARD, schema.RETRY_AFTER],
        responses={
            200: contract.RankAnswer,
            **schema.errors(Code.INVALID_USER_ID, Code.UNKNOWN_PLAYER, *_READ_ERRORS),
        },
    )
    def get(self, request: Request, user_id: str) -> Response:
        """A player's rank, total and percentile. Banned players and players without a session are unknown here."""
        page = ranking.rank(query.board(request.query_params), query.user_id(user_id))
        return Response(board_answers.rank(page))


class AroundView(ContractView):
    """`GET /api/leaderboard/around/{user_id}`."""

    @extend_schema(
        operation_id="rows_around_player",
        tags=["boards"],
        summary="The rows around a player",
        parameters=[schema.USER_ID, schema.BOARD, schema.limit(5), schema.RETRY_AFTER],
        responses={
            200: contract.AroundAnswer,
            **schema.errors(Code.INVALID_USER_ID, Code.INVALID_LIMIT, Code.UNKNOWN_PLAYER, *_READ_ERRORS),
        },
    )
    def get(self, request: Request, user_id: str) -> Response:
        """`limit` rows with the player in the middle; at the ends of the board the page moves inwards."""
        parameters = request.query_params
        page = ranking.around(query.board(parameters), query.user_id(user_id), limit=query.limit(parameters, default=5))
        return Response(board_answers.around(page))


def _top(request: Request) -> Response:
    parameters = request.query_params
    board, limit, offset = query.board(parameters), query.limit(parameters, default=10), query.offset(parameters)
    page = ranking.top(board, limit=limit, offset=offset)
    etag = etags.of_top(page, limit=limit, offset=offset)
    if etag is None:
        return Response(board_answers.top(page))
    if etags.is_known(etag, request.headers.get("If-None-Match", "")):
        return Response(status=status.HTTP_304_NOT_MODIFIED, headers={"ETag": etag})
    return Response(board_answers.top(page), headers={"ETag": etag})
