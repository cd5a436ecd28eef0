"""Submitting the plain way: a serializer, a transaction, a sorted set, a message to the group."""

from __future__ import annotations

from typing import Any

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from leaderboard_project.bench.plain import ranks
from leaderboard_project.bench.plain.models import GameSession, Player, Standing


class SubmissionSerializer(serializers.Serializer[Any]):
    """What a game server sends."""

    user_id = serializers.PrimaryKeyRelatedField(queryset=Player.objects.all())
    score = serializers.IntegerField(min_value=0, max_value=2**53 - 1)
    game_mode = serializers.CharField(max_length=50)


class SubmitView(APIView):
    """`POST /api/leaderboard/submit`."""

    def post(self, request: Request) -> Response:
        """Record one session; answer its total and rank."""
        serializer = SubmissionSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        submission = serializer.validated_data
        player = submission["user_id"]
        with transaction.atomic():
            session, created = _recorded(player, submission, request.headers.get("Idempotency-Key"))
            standing, _ = Standing.objects.select_for_update().get_or_create(player=player)
            if created:
                standing.total_score += submission["score"]
                standing.save()
        rank, rows = ranks.put(player.username, standing.total_score)
        layer = get_channel_layer()
        assert layer is not None
        async_to_sync(layer.group_send)(ranks.GROUP, {"type": "top.changed", "rows": rows})
        answer = {
            "session_id": session.pk,
            "user_id": player.pk,
            "username": player.username,
            "score": session.score,
            "game_mode": session.game_mode,
            "timestamp": session.timestamp,
            "total_score": standing.total_score,
            "rank": rank,
        }
        return Response(answer, status=status.HTTP_201_CREATED)


def _recorded(player: Player, submission: dict[str, Any], key: str | None) -> tuple[GameSession, bool]:
    wanted = {"player": player, "score": submission["score"], "game_mode": submission["game_mode"]}
    if key is None:
        return GameSession.objects.create(**wanted), True
    return GameSession.objects.get_or_create(idempotency_key=key, defaults=wanted)


def ready(request: HttpRequest) -> HttpResponse:
    """Says that requests are served."""
    return HttpResponse("ready")
