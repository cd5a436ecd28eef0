"""Who submits: API keys of game servers and what their scopes allow, and players where they may."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from rest_framework.authentication import BaseAuthentication
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from typing_extensions import override

from scores import api_keys
from scores.accounts.bearers import Bearer
from scores.api.codes import Code
from scores.api.errors import ApiError
from scores.models import ApiKey

if TYPE_CHECKING:
    from rest_framework.views import APIView

SCHEME: Final = "Api-Key"


def secret_in(authorization: str) -> str | None:
    """The API key in an `Authorization` header; None where it carries none."""
    scheme, _, secret = authorization.partition(" ")
    return secret.strip(" ") if scheme.lower() == SCHEME.lower() else None


def known(api_key: ApiKey | None) -> ApiKey:
    """The key that was found.

    Raises:
        ApiError: `invalid_api_key`: there was none.
    """
    if api_key is None:
        raise ApiError(Code.INVALID_API_KEY, headers={"WWW-Authenticate": SCHEME})
    return api_key


def check_may_submit(auth: ApiKey | Bearer) -> None:
    """Let through a key with the scope `sessions:submit`, and a player where players may submit.

    Raises:
        ApiError: `missing_scope`, `players_may_not_submit`.
    """
    if isinstance(auth, Bearer):
        if not settings.PLAYERS_MAY_SUBMIT:
            raise ApiError(Code.PLAYERS_MAY_NOT_SUBMIT)
    elif ApiKey.Scope.SUBMIT not in auth.scopes:
        raise ApiError(Code.MISSING_SCOPE, f"The API key lacks the scope {ApiKey.Scope.SUBMIT.value}.")


class ApiKeyAuthentication(BaseAuthentication):
    """`Authorization: Api-Key <key>`. `request.auth` is the key; there is no user behind it."""

    @override
    def authenticate(self, request: Request) -> tuple[AnonymousUser, ApiKey] | None:
        """The key of the request; None where it carries none.

        Raises:
            ApiError: `invalid_api_key`.
        """
        secret = secret_in(request.headers.get("Authorization", ""))
        return None if secret is None else (AnonymousUser(), known(api_keys.verify(secret)))

    @override
    def authenticate_header(self, request: Request) -> str:
        """What a 401 asks for."""
        return SCHEME


class MaySubmit(BasePermission):
    """Asks for a key with the scope `sessions:submit`, or for a player where players may submit."""

    @override
    def has_permission(self, request: Request, view: APIView) -> bool:
        """False without either, which DRF tells as a 401.

        Raises:
            ApiError: as `check_may_submit`.
        """
        if not isinstance(request.auth, ApiKey | Bearer):
            return False
        check_may_submit(request.auth)
        return True
