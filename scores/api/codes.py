"""Every way in which a request can fail: its stable code, its HTTP status, and what it means. The only such table."""

from __future__ import annotations

from enum import StrEnum
from http import HTTPStatus
from typing import Self


class Code(StrEnum):
    """An error's code as clients see it. Codes are never renamed; new ones may come."""

    status: HTTPStatus
    meaning: str

    def __new__(cls, code: str, status: HTTPStatus = HTTPStatus.BAD_REQUEST, meaning: str = "") -> Self:
        """Keep the status and the meaning beside the text of the code."""
        member = str.__new__(cls, code)
        member._value_ = code
        member.status = status
        member.meaning = meaning
        return member

    # The document
    MALFORMED_JSON = "malformed_json", HTTPStatus.BAD_REQUEST, "The body is not one JSON document in UTF-8."
    JSON_TOO_DEEP = "json_too_deep", HTTPStatus.BAD_REQUEST, "The body is nested more deeply than any request needs."
    NUMBER_OUT_OF_RANGE = "number_out_of_range", HTTPStatus.BAD_REQUEST, "A number is too large to be read exactly."
    DUPLICATE_FIELD = "duplicate_field", HTTPStatus.BAD_REQUEST, "An object names the same field twice."
    NOT_AN_OBJECT = "not_an_object", HTTPStatus.BAD_REQUEST, "The body or the item is not a JSON object."
    UNKNOWN_FIELD = "unknown_field", HTTPStatus.BAD_REQUEST, "There is no field of that name."
    MISSING_FIELD = "missing_field", HTTPStatus.BAD_REQUEST, "A required field is missing."
    WRONG_TYPE = "wrong_type", HTTPStatus.BAD_REQUEST, "A field holds another JSON type than it must."

    # The fields
    SCORE_OUT_OF_RANGE = "score_out_of_range", HTTPStatus.BAD_REQUEST, "The score is not within 0 to 2^53 - 1."
    ONE_PLAYER_WANTED = (
        "one_player_wanted",
        HTTPStatus.BAD_REQUEST,
        "Exactly one of user_id and username must name the player.",
    )
    INVALID_USER_ID = "invalid_user_id", HTTPStatus.BAD_REQUEST, "The user id is not a positive 64-bit number."
    INVALID_USERNAME = "invalid_username", HTTPStatus.BAD_REQUEST, "The username is not one that a player may have."
    INVALID_GAME_MODE = (
        "invalid_game_mode",
        HTTPStatus.BAD_REQUEST,
        "The game mode is not 1 to 50 printable characters.",
    )
    INVALID_OUTCOME = "invalid_outcome", HTTPStatus.BAD_REQUEST, "The outcome is none of win, loss, draw and null."
    INVALID_PLAYED_AT = (
        "invalid_played_at",
        HTTPStatus.BAD_REQUEST,
        "played_at is not an ISO 8601 time with an offset, or lies before the year 2000.",
    )
    PLAYED_AT_IN_FUTURE = (
        "played_at_in_future",
        HTTPStatus.BAD_REQUEST,
        "played_at lies more than five minutes ahead of the server's clock.",
    )
    INVALID_IDEMPOTENCY_KEY = (
        "invalid_idempotency_key",
        HTTPStatus.BAD_REQUEST,
        "The idempotency key is not 1 to 255 visible ASCII characters.",
    )
    IDEMPOTENCY_KEY_PER_ITEM = (
        "idempotency_key_per_item",
        HTTPStatus.BAD_REQUEST,
        "A batch takes an idempotency key on each item, not as a header.",
    )
    BATCH_SIZE_OUT_OF_RANGE = "batch_size_out_of_range", HTTPStatus.BAD_REQUEST, "A batch holds 1 to 1000 sessions."
    USERNAME_NOT_ALLOWED = (
        "username_not_allowed",
        HTTPStatus.BAD_REQUEST,
        "A player is known by the access token: leave username out.",
    )
    PLAYED_AT_NOT_ALLOWED = (
        "played_at_not_allowed",
        HTTPStatus.BAD_REQUEST,
        "Only a game server may say when a session was played: leave played_at out.",
    )

    # The address
    INVALID_LIMIT = "invalid_limit", HTTPStatus.BAD_REQUEST, "limit is not a whole number from 1 to 100."
    INVALID_OFFSET = "invalid_offset", HTTPStatus.BAD_REQUEST, "offset is not a whole number from 0 to 10000."
    INVALID_BOARD = "invalid_board", HTTPStatus.BAD_REQUEST, "The board's name is not a slug."
    INVALID_SEARCH = "invalid_search", HTTPStatus.BAD_REQUEST, "search is not the beginning of any possible name."
    BAD_REQUEST = "bad_request", HTTPStatus.BAD_REQUEST, "The request as a whole cannot be understood."

    # Who asks
    AUTHENTICATION_REQUIRED = (
        "authentication_required",
        HTTPStatus.UNAUTHORIZED,
        "Nothing that this address accepts was sent: no API key, access token or session.",
    )
    INVALID_API_KEY = "invalid_api_key", HTTPStatus.UNAUTHORIZED, "The API key is unknown, malformed or revoked."
    MISSING_SCOPE = "missing_scope", HTTPStatus.FORBIDDEN, "The API key lacks the scope that this needs."
    INVALID_TOKEN = (
        "invalid_token",
        HTTPStatus.UNAUTHORIZED,
        "The access token is malformed, expired, or its login has ended. Refresh it, or log in.",
    )
    INVALID_REFRESH_TOKEN = (
        "invalid_refresh_token",
        HTTPStatus.UNAUTHORIZED,
        "The refresh token is unknown, expired, or was used before; the latter ends the login. Log in again.",
    )
    WRONG_CREDENTIALS = "wrong_credentials", HTTPStatus.UNAUTHORIZED, "The name or the password is wrong."
    CSRF_FAILED = (
        "csrf_failed",
        HTTPStatus.FORBIDDEN,
        "A request with a session cookie also needs the header X-CSRFToken, from a page of this site.",
    )
    SIGNUP_CLOSED = "signup_closed", HTTPStatus.FORBIDDEN, "New accounts are not made here."
    PLAYERS_MAY_NOT_SUBMIT = (
        "players_may_not_submit",
        HTTPStatus.FORBIDDEN,
        "Here only game servers submit sessions, with an API key.",
    )
    NOT_YOUR_PLAYER = "not_your_player", HTTPStatus.FORBIDDEN, "A player submits for themselves only."
    FORBIDDEN = "forbidden", HTTPStatus.FORBIDDEN, "This is not allowed."

    # What is asked for
    NOT_FOUND = "not_found", HTTPStatus.NOT_FOUND, "There is nothing at this address."
    UNKNOWN_BOARD = "unknown_board", HTTPStatus.NOT_FOUND, "There is no such board."
    UNKNOWN_PLAYER = "unknown_player", HTTPStatus.NOT_FOUND, "There is no such player, or the board does not show them."
    METHOD_NOT_ALLOWED = "method_not_allowed", HTTPStatus.METHOD_NOT_ALLOWED, "The address has no such method."
    BODY_TOO_LARGE = (
        "body_too_large",
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        "The body is larger than this address takes.",
    )
    UNSUPPORTED_MEDIA_TYPE = (
        "unsupported_media_type",
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        "The body must be application/json in UTF-8, without a content encoding.",
    )

    # Accounts
    INVALID_BEFORE = "invalid_before", HTTPStatus.BAD_REQUEST, "before is not the id of one of your sessions."
    WEAK_PASSWORD = "weak_password", HTTPStatus.BAD_REQUEST, "The new password is too easy to guess, or too long."
    NAME_TAKEN = "name_taken", HTTPStatus.CONFLICT, "Somebody already has this name, or one that reads the same."
    TOO_MANY_REQUESTS = (
        "too_many_requests",
        HTTPStatus.TOO_MANY_REQUESTS,
        "Too many attempts, or too many at the same time. Try again after Retry-After.",
    )

    # What the ledger refuses
    IDEMPOTENCY_KEY_REUSED = (
        "idempotency_key_reused",
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "The idempotency key already stands for another session.",
    )
    TOTAL_OUT_OF_RANGE = (
        "total_out_of_range",
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "With this session the player's total would pass 2^53 - 1.",
    )
    UNSTORABLE = "unstorable", HTTPStatus.UNPROCESSABLE_ENTITY, "The database cannot hold this session."

    # What the server cannot do
    INTERNAL_ERROR = "internal_error", HTTPStatus.INTERNAL_SERVER_ERROR, "A defect of the server; it has been logged."
    UNAVAILABLE = "unavailable", HTTPStatus.SERVICE_UNAVAILABLE, "Not now; nothing was recorded. Try again."
    OUTCOME_UNKNOWN = (
        "outcome_unknown",
        HTTPStatus.SERVICE_UNAVAILABLE,
        "The session may or may not be recorded. Retry with the same idempotency key.",
    )
