"""Finding players."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from scores import search
from scores.accounts import throttle
from scores.api import contract, query, schema
from scores.api.codes import Code
from scores.api.views.base import ContractView


class PlayersView(ContractView):
    """`GET /api/players`."""

    @extend_schema(
        operation_id="search_players",
        tags=["players"],
        summary="Find players by name",
        parameters=[schema.SEARCH, schema.RETRY_AFTER],
        responses={
            200: contract.PlayersAnswer,
            **schema.errors(Code.INVALID_SEARCH, Code.TOO_MANY_REQUESTS, Code.UNAVAILABLE),
        },
    )
    def get(self, request: Request) -> Response:
        """At most 20 players whose names begin so, whatever the case. Banned players are not found.

        An address may search 20 times a second.
        """
        throttle.search(str(request.META.get("REMOTE_ADDR") or ""))
        found = search.by_prefix(query.search(request.query_params))
        return Response(
            contract.PlayersAnswer([contract.FoundPlayer(player.user_id, player.username) for player in found])
        )
