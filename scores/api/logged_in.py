"""Who is logged in: a player with an access token, or a page of ours with its session cookie."""

from __future__ import annotations

from typing import Final

from rest_framework.authentication import BaseAuthentication, CSRFCheck, SessionAuthentication
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView
from typing_extensions import override

from scores.accounts import bearers
from scores.accounts.bearers import Bearer
from scores.accounts.errors import InvalidToken
from scores.api.codes import Code
from scores.api.errors import ApiError
from scores.models import Player

SCHEME: Final = "Bearer"


class BearerAuthentication(BaseAuthentication):
    """`Authorization: Bearer <access token>`. `request.auth` is the `Bearer`, `request.user` the player."""

    @override
    def authenticate(self, request: Request) -> tuple[Player, Bearer] | None:
        """The player of the request; None where it carries no such token.

        Raises:
            ApiError: `invalid_token`.
        """
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != SCHEME.lower():
            return None
        try:
            bearer = bearers.verify(token.strip(" "))
        except InvalidToken as error:
            challenge = f'{SCHEME} error="invalid_token"'
            raise ApiError(Code.INVALID_TOKEN, headers={"WWW-Authenticate": challenge}) from error
        return bearer.player, bearer

    @override
    def authenticate_header(self, request: Request) -> str:
        """What a 401 asks for."""
        return SCHEME


class SessionCookieAuthentication(SessionAuthentication):
    """The session of our own pages. Other sites cannot use it: what changes anything needs their CSRF token too."""

    @override
    def enforce_csrf(self, request: Request) -> None:
        """Refuse a request that a foreign page may have sent.

        Raises:
            ApiError: `csrf_failed`.
        """
        check = CSRFCheck(lambda _: None)  # type: ignore[arg-type]  # of a middleware only its check is wanted
        # Django's request: DRF's would parse the body to look for the token in a form.
        plain = request._request  # noqa: SLF001
        check.process_request(plain)
        # DRF marks its views as exempt; asked about no view, the check is made.
        if check.process_view(plain, None, (), {}) is not None:  # type: ignore[arg-type]
            raise ApiError(Code.CSRF_FAILED)


class LoggedIn(BasePermission):
    """Asks for a player."""

    @override
    def has_permission(self, request: Request, view: APIView) -> bool:
        """False without one, which DRF tells as a 401."""
        return isinstance(request.user, Player)


def player_of(request: Request) -> Player:
    """The player who asks. Shared between threads: not to be changed."""
    assert isinstance(request.user, Player)  # LoggedIn lets nobody else through
    return request.user
