"""What concerns the player who asks: who they are, what they played, and a way into a socket."""

from __future__ import annotations

from typing import Literal

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from scores.accounts import tickets
from scores.accounts.own_sessions import UnknownSession, own_sessions
from scores.api import account_contract as contract
from scores.api import account_schema as schema
from scores.api import query
from scores.api.codes import Code
from scores.api.errors import ApiError
from scores.api.logged_in import BearerAuthentication, LoggedIn, SessionCookieAuthentication, player_of
from scores.api.schema import limit
from scores.api.views.base import ContractView
from scores.models import GameSession


class OwnView(ContractView):
    """Open to players only: by access token, or from our own pages by session cookie."""

    authentication_classes = (BearerAuthentication, SessionCookieAuthentication)
    permission_classes = (LoggedIn,)


class MeView(OwnView):
    """`GET /api/auth/me`."""

    @extend_schema(
        operation_id="me",
        tags=["accounts"],
        summary="Who am I?",
        parameters=[schema.RETRY_AFTER],
        responses={200: contract.Me, **schema.errors(*schema.OWN_ERRORS)},
    )
    def get(self, request: Request) -> Response:
        """The player, and why and until when they are banned if they are. Up to a second old."""
        player = player_of(request)
        ban = contract.Ban(reason=player.ban_reason, until=player.banned_until) if player.banned else None
        return Response(
            contract.Me(
                user_id=player.pk,
                username=player.username,
                state="banned" if player.banned else "active",
                ban=ban,
                joined_at=player.join_date,
            )
        )


class OwnSessionsView(OwnView):
    """`GET /api/auth/me/sessions`."""

    @extend_schema(
        operation_id="my_sessions",
        tags=["accounts"],
        summary="My sessions",
        parameters=[limit(20), schema.BEFORE, schema.RETRY_AFTER],
        responses={
            200: contract.OwnSessions,
            **schema.errors(Code.INVALID_LIMIT, Code.INVALID_BEFORE, *schema.OWN_ERRORS),
        },
    )
    def get(self, request: Request) -> Response:
        """The player's own sessions, newest first, with those that do not count."""
        parameters = request.query_params
        try:
            page = own_sessions(
                player_of(request).pk, limit=query.limit(parameters, default=20), before=query.before(parameters)
            )
        except UnknownSession as error:
            raise ApiError(Code.INVALID_BEFORE, fields=["before"]) from error
        return Response(
            contract.OwnSessions(sessions=[_told(session) for session in page.sessions], next_before=page.next_before)
        )


class TicketView(OwnView):
    """`POST /api/auth/ticket`."""

    @extend_schema(
        operation_id="socket_ticket",
        tags=["accounts"],
        summary="A ticket for a socket",
        request=None,
        parameters=[schema.RETRY_AFTER],
        responses={200: contract.Ticket, **schema.errors(Code.CSRF_FAILED, Code.TOO_MANY_REQUESTS, *schema.OWN_ERRORS)},
    )
    def post(self, request: Request) -> Response:
        """Opens one socket within 30 seconds. A long-lived token has no place in an address, which is logged."""
        ticket = tickets.issue(player_of(request).pk)
        return Response(contract.Ticket(ticket=ticket.secret, expires_in=ticket.good_for_s))


def _told(session: GameSession) -> contract.OwnSession:
    return contract.OwnSession(
        session_id=session.pk,
        score=session.score,
        game_mode=session.game_mode,
        outcome=session.outcome,  # type: ignore[arg-type]  # the database holds it to these words
        timestamp=session.timestamp,
        kind="adjustment" if session.kind == GameSession.Kind.ADJUSTMENT else "game",
        status=_status(session),
    )


def _status(session: GameSession) -> Literal["counted", "held", "voided"]:
    if session.voided_at is not None:
        return "voided"
    return "counted" if session.held_at is None else "held"
