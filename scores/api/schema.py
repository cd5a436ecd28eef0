"""What OpenAPI says about the operations beside their types: errors, parameters, examples."""

from __future__ import annotations

from typing import Final

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse

import scores.api.openapi  # noqa: F401  registers the extensions that read the structs
from scores.api import contract
from scores.api.codes import Code
from scores.api.query import MAX_LIMIT, MAX_OFFSET
from scores.boards import GLOBAL

# --- Errors -------------------------------------------------------------------------------------

_ALWAYS: Final = (Code.BAD_REQUEST, Code.INTERNAL_ERROR)
DOCUMENT_ERRORS: Final = (
    Code.MALFORMED_JSON,
    Code.JSON_TOO_DEEP,
    Code.NUMBER_OUT_OF_RANGE,
    Code.DUPLICATE_FIELD,
    Code.NOT_AN_OBJECT,
    Code.UNKNOWN_FIELD,
    Code.MISSING_FIELD,
    Code.WRONG_TYPE,
    Code.BODY_TOO_LARGE,
    Code.UNSUPPORTED_MEDIA_TYPE,
)
_SUBMITTER_ERRORS: Final = (
    Code.AUTHENTICATION_REQUIRED,
    Code.INVALID_API_KEY,
    Code.INVALID_TOKEN,
    Code.MISSING_SCOPE,
    Code.PLAYERS_MAY_NOT_SUBMIT,
    Code.TOO_MANY_REQUESTS,
)
SUBMIT_ERRORS: Final = (
    *DOCUMENT_ERRORS,
    Code.SCORE_OUT_OF_RANGE,
    Code.ONE_PLAYER_WANTED,
    Code.INVALID_USER_ID,
    Code.INVALID_USERNAME,
    Code.INVALID_GAME_MODE,
    Code.INVALID_OUTCOME,
    Code.INVALID_PLAYED_AT,
    Code.PLAYED_AT_IN_FUTURE,
    Code.USERNAME_NOT_ALLOWED,
    Code.PLAYED_AT_NOT_ALLOWED,
    Code.NOT_YOUR_PLAYER,
    Code.INVALID_IDEMPOTENCY_KEY,
    *_SUBMITTER_ERRORS,
    Code.UNKNOWN_PLAYER,
    Code.IDEMPOTENCY_KEY_REUSED,
    Code.TOTAL_OUT_OF_RANGE,
    Code.UNSTORABLE,
    Code.UNAVAILABLE,
    Code.OUTCOME_UNKNOWN,
)
BATCH_ERRORS: Final = (
    *DOCUMENT_ERRORS,
    Code.BATCH_SIZE_OUT_OF_RANGE,
    Code.IDEMPOTENCY_KEY_PER_ITEM,
    *_SUBMITTER_ERRORS,
    Code.UNAVAILABLE,
)


def errors(*codes: Code) -> dict[int, OpenApiResponse]:
    """The responses of an operation that may fail so, one per status, every code with an example."""
    by_status: dict[int, list[Code]] = {}
    for code in (*codes, *_ALWAYS):
        by_status.setdefault(int(code.status), []).append(code)
    return {status: _response(status, of_status) for status, of_status in sorted(by_status.items())}


def _response(status: int, codes: list[Code]) -> OpenApiResponse:
    return OpenApiResponse(
        contract.ErrorAnswer,
        description=" ".join(f"`{code.value}`: {code.meaning}" for code in codes),
        examples=[
            OpenApiExample(
                code.value,
                value={"error": {"code": code.value, "detail": code.meaning}},
                response_only=True,
                status_codes=[str(status)],
            )
            for code in codes
        ],
    )


# --- Parameters ---------------------------------------------------------------------------------

BOARD: Final = OpenApiParameter(
    "board",
    {"type": "string", "pattern": "^[A-Za-z0-9_-]{1,64}$", "default": GLOBAL},
    description="The board's slug.",
)
OFFSET: Final = OpenApiParameter(
    "offset",
    {"type": "integer", "minimum": 0, "maximum": MAX_OFFSET, "default": 0},
    description="How many rows to pass over.",
)
USER_ID: Final = OpenApiParameter(
    "user_id",
    {"type": "integer", "minimum": 1, "maximum": contract.MAX_USER_ID},
    OpenApiParameter.PATH,
    description="The player's id.",
)
SEARCH: Final = OpenApiParameter(
    "search",
    {"type": "string", "minLength": 1, "maxLength": contract.MAX_USERNAME},
    required=True,
    description="The beginning of the name, in any case.",
    examples=[OpenApiExample("search", value="al")],
)
IDEMPOTENCY_KEY: Final = OpenApiParameter(
    "Idempotency-Key",
    {"type": "string", "minLength": 1, "maxLength": contract.MAX_IDEMPOTENCY_KEY, "pattern": "^[!-~]+$"},
    OpenApiParameter.HEADER,
    description="Visible ASCII, yours to choose: the same session under the same key counts once, for ever.",
)
IDEMPOTENT_REPLAYED: Final = OpenApiParameter(
    "Idempotent-Replayed",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    enum=["true"],
    description="Set where the receipt is that of an earlier request.",
    response=[201],
)
RETRY_AFTER: Final = OpenApiParameter(
    "Retry-After",
    OpenApiTypes.INT,
    OpenApiParameter.HEADER,
    description="When to try again, in seconds.",
    response=[429, 503],
)
IF_NONE_MATCH: Final = OpenApiParameter(
    "If-None-Match", OpenApiTypes.STR, OpenApiParameter.HEADER, description="The `ETag` of the answer that is known."
)
ETAG: Final = OpenApiParameter(
    "ETag",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    description="Names the state of the visible top.",
    response=[200, 304],
)
NOT_MODIFIED: Final = OpenApiResponse(description="The rows are those of the answer with this tag.")


def limit(default: int) -> OpenApiParameter:
    """How many rows an operation gives."""
    return OpenApiParameter(
        "limit",
        {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": default},
        description="How many rows.",
    )


# --- Examples -----------------------------------------------------------------------------------

_SESSION: Final = {"user_id": 123, "score": 50, "game_mode": "survival"}
_RECEIPT: Final = {
    "session_id": 9001,
    "user_id": 123,
    "username": "alice",
    "score": 50,
    "game_mode": "survival",
    "outcome": None,
    "timestamp": "2026-11-21T12:00:00.000000Z",
    "total_score": 1500,
    "rank": 1,
    "status": "recorded",
}
SUBMIT_EXAMPLES: Final = [
    OpenApiExample("a session", value=_SESSION, request_only=True),
    OpenApiExample(
        "by name, played earlier",
        value={
            "username": "alice",
            "score": 50,
            "game_mode": "ranked",
            "outcome": "win",
            "played_at": "2026-11-21T11:58:30Z",
        },
        request_only=True,
    ),
    OpenApiExample("recorded", value=_RECEIPT, response_only=True, status_codes=["201"]),
    OpenApiExample(
        "banned player",
        value={**_RECEIPT, "rank": None, "status": "banned"},
        response_only=True,
        status_codes=["201"],
    ),
]
BATCH_EXAMPLES: Final = [
    OpenApiExample(
        "two sessions",
        value={"sessions": [{**_SESSION, "idempotency_key": "game-1"}, {**_SESSION, "score": -1}]},
        request_only=True,
    ),
    OpenApiExample(
        "one recorded, one refused",
        value={
            "results": [
                {"status": 201, "replayed": False, "receipt": _RECEIPT},
                {
                    "status": 400,
                    "error": {
                        "code": Code.SCORE_OUT_OF_RANGE.value,
                        "detail": Code.SCORE_OUT_OF_RANGE.meaning,
                        "fields": ["score"],
                    },
                },
            ]
        },
        response_only=True,
        status_codes=["200"],
    ),
]
