"""What OpenAPI says about the operations of accounts beside their types."""

from __future__ import annotations

from typing import Final

from drf_spectacular.utils import OpenApiExample, OpenApiParameter

from scores.api import contract
from scores.api.codes import Code
from scores.api.schema import DOCUMENT_ERRORS, RETRY_AFTER, errors

__all__ = ["RETRY_AFTER", "errors"]

SIGNUP_ERRORS: Final = (
    *DOCUMENT_ERRORS,
    Code.INVALID_USERNAME,
    Code.WEAK_PASSWORD,
    Code.SIGNUP_CLOSED,
    Code.NAME_TAKEN,
    Code.TOO_MANY_REQUESTS,
    Code.UNAVAILABLE,
)
LOGIN_ERRORS: Final = (*DOCUMENT_ERRORS, Code.WRONG_CREDENTIALS, Code.TOO_MANY_REQUESTS, Code.UNAVAILABLE)
REFRESH_ERRORS: Final = (*DOCUMENT_ERRORS, Code.INVALID_REFRESH_TOKEN, Code.TOO_MANY_REQUESTS, Code.UNAVAILABLE)
LOGOUT_ERRORS: Final = (*DOCUMENT_ERRORS, Code.UNAVAILABLE)
OWN_ERRORS: Final = (Code.AUTHENTICATION_REQUIRED, Code.INVALID_TOKEN, Code.UNAVAILABLE)
PASSWORD_ERRORS: Final = (
    *DOCUMENT_ERRORS,
    Code.WEAK_PASSWORD,
    Code.WRONG_CREDENTIALS,
    Code.TOO_MANY_REQUESTS,
    *OWN_ERRORS,
)

BEFORE: Final = OpenApiParameter(
    "before",
    {"type": "integer", "minimum": 1, "maximum": contract.MAX_USER_ID},
    description="The page after this session, one of the player's own: `next_before` of the page before.",
)

CREDENTIALS: Final = OpenApiExample(
    "alice", value={"username": "alice", "password": "correct horse battery staple"}, request_only=True
)


def tokens(status: int) -> OpenApiExample:
    """A pair of tokens."""
    return OpenApiExample(
        "logged in",
        value={
            "player": {"user_id": 123, "username": "alice"},
            "access_token": "eyJ…",
            "token_type": "Bearer",
            "expires_in": 600,
            "refresh_token": "rr_…",
            "refresh_expires_at": "2026-12-21T12:00:00.000000Z",
        },
        response_only=True,
        status_codes=[str(status)],
    )
