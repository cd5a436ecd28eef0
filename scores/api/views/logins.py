"""Signing up, logging in, staying logged in, logging out, changing the password."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from scores import accounts
from scores.accounts import families
from scores.accounts.bearers import Bearer
from scores.accounts.errors import InvalidToken
from scores.accounts.families import TokenPair
from scores.api import account_contract as contract
from scores.api import account_schema as schema
from scores.api.codes import Code
from scores.api.errors import ApiError
from scores.api.logged_in import BearerAuthentication, LoggedIn, player_of
from scores.api.typed import typed
from scores.api.views.base import ContractView


class SignupView(ContractView):
    """`POST /api/auth/signup`."""

    @extend_schema(
        operation_id="signup",
        tags=["accounts"],
        summary="Make an account",
        request=contract.Signup,
        parameters=[schema.RETRY_AFTER],
        responses={201: contract.Tokens, **schema.errors(*schema.SIGNUP_ERRORS)},
        examples=[schema.CREDENTIALS, schema.tokens(201)],
    )
    def post(self, request: Request) -> Response:
        """Makes a player who can log in, and logs them in."""
        asked = typed(request.data, contract.Signup)
        with _blaming("password"):
            player = accounts.signup(asked.username, asked.password, address=_address(request))
        return Response(_told(families.begin(player)), status=status.HTTP_201_CREATED)


class LoginView(ContractView):
    """`POST /api/auth/login`."""

    @extend_schema(
        operation_id="login",
        tags=["accounts"],
        summary="Log in",
        request=contract.Login,
        parameters=[schema.RETRY_AFTER],
        responses={200: contract.Tokens, **schema.errors(*schema.LOGIN_ERRORS)},
        examples=[schema.CREDENTIALS, schema.tokens(200)],
    )
    def post(self, request: Request) -> Response:
        """Gives the first pair of tokens of a new login. A name finds its player in any case."""
        asked = typed(request.data, contract.Login)
        player = accounts.login(asked.username, asked.password, address=_address(request))
        return Response(_told(families.begin(player)))


class RefreshView(ContractView):
    """`POST /api/auth/refresh`."""

    @extend_schema(
        operation_id="refresh",
        tags=["accounts"],
        summary="Stay logged in",
        request=contract.Refresh,
        parameters=[schema.RETRY_AFTER],
        responses={200: contract.Tokens, **schema.errors(*schema.REFRESH_ERRORS)},
        examples=[schema.tokens(200)],
    )
    def post(self, request: Request) -> Response:
        """Gives the next pair for the newest refresh token, which is used up by this.

        A token that was used before ends the login, for one of the two who hold it stole it. So refresh
        in one place at a time, and log in again where an answer was lost.
        """
        asked = typed(request.data, contract.Refresh)
        try:
            return Response(_told(families.refresh(asked.refresh_token, address=_address(request))))
        except InvalidToken as error:
            raise ApiError(Code.INVALID_REFRESH_TOKEN) from error


class LogoutView(ContractView):
    """`POST /api/auth/logout`."""

    @extend_schema(
        operation_id="logout",
        tags=["accounts"],
        summary="Log out",
        request=contract.Refresh,
        parameters=[schema.RETRY_AFTER],
        responses={204: None, **schema.errors(*schema.LOGOUT_ERRORS)},
    )
    def post(self, request: Request) -> Response:
        """Ends the login of a refresh token, and within a second its access tokens. Again, or unknown: also 204."""
        families.end(typed(request.data, contract.Refresh).refresh_token)
        return Response(status=status.HTTP_204_NO_CONTENT)


class PasswordView(ContractView):
    """`POST /api/auth/password`."""

    authentication_classes = (BearerAuthentication,)
    permission_classes = (LoggedIn,)

    @extend_schema(
        operation_id="change_password",
        tags=["accounts"],
        summary="Change the password",
        request=contract.PasswordChange,
        parameters=[schema.RETRY_AFTER],
        responses={204: None, **schema.errors(*schema.PASSWORD_ERRORS)},
    )
    def post(self, request: Request) -> Response:
        """Changes it, given the old one. Every other login of the player ends within a second; this one goes on."""
        asked = typed(request.data, contract.PasswordChange)
        assert isinstance(request.auth, Bearer)  # the only authentication here
        with _blaming("new_password"):
            accounts.change_password(
                player_of(request),
                asked.old_password,
                asked.new_password,
                address=_address(request),
                keep=request.auth.family_id,
            )
        return Response(status=status.HTTP_204_NO_CONTENT)


@contextmanager
def _blaming(field: str) -> Iterator[None]:
    """Tell a weak password by the field that holds it."""
    try:
        yield
    except accounts.WeakPassword as error:
        raise ApiError(Code.WEAK_PASSWORD, str(error), fields=[field]) from error


def _address(request: Request) -> str:
    return str(request.META.get("REMOTE_ADDR") or "")


def _told(pair: TokenPair) -> contract.Tokens:
    return contract.Tokens(
        player=contract.Account(user_id=pair.player.pk, username=pair.player.username),
        access_token=pair.access_token,
        expires_in=pair.access_token_s,
        refresh_token=pair.refresh_token,
        refresh_expires_at=pair.refresh_expires_at,
    )
