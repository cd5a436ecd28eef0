"""From a document to a `SubmittedSession`: everything that can be said about a session without asking the database."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from scores import names
from scores.api.codes import Code
from scores.api.contract import MAX_BATCH, MAX_GAME_MODE, MAX_IDEMPOTENCY_KEY, MAX_USER_ID, BatchItem, Submission
from scores.api.errors import ApiError
from scores.api.submitters import Submitter
from scores.api.typed import Decoder, typed, unknown_field
from scores.ledger import MAXIMUM, SubmittedSession

KEY_HEADER: Final = "Idempotency-Key"

_EARLIEST: Final = datetime(2000, 1, 1, tzinfo=UTC)
_CLOCK_TOLERANCE: Final = timedelta(minutes=5)
_VISIBLE_ASCII: Final = re.compile(rf"[\x21-\x7e]{{1,{MAX_IDEMPOTENCY_KEY}}}")
_QUOTED: Final = re.compile(r'"([^"\\]*)"')

#: A text of the right type with a wrong content.
_INVALID_TEXT: Final = {"outcome": Code.INVALID_OUTCOME, "played_at": Code.INVALID_PLAYED_AT}
_decoded: Final = Decoder(Submission, invalid_text=_INVALID_TEXT)


def read_body(body: bytes, *, submitter: Submitter, idempotency_header: str | None) -> SubmittedSession:
    """The session of a single submit, from its bytes.

    Raises:
        ApiError: whatever is wrong first.
    """
    return _single(_decoded(body), submitter, idempotency_header)


def read_single(document: object, *, submitter: Submitter, idempotency_header: str | None) -> SubmittedSession:
    """The same, from its document.

    Raises:
        ApiError: whatever is wrong first.
    """
    return _single(typed(document, Submission, invalid_text=_INVALID_TEXT), submitter, idempotency_header)


def _single(submission: Submission, submitter: Submitter, idempotency_header: str | None) -> SubmittedSession:
    key = None if idempotency_header is None else _key_from_header(idempotency_header)
    return _session(submission, submitter, key)


def refuse_key_for_all(idempotency_header: str | None) -> None:
    """A batch takes keys on its items only.

    Raises:
        ApiError: `idempotency_key_per_item`: the header was sent.
    """
    if idempotency_header is not None:
        raise ApiError(Code.IDEMPOTENCY_KEY_PER_ITEM, fields=[KEY_HEADER])


def read_items(items: Sequence[object], *, submitter: Submitter) -> list[SubmittedSession | ApiError]:
    """The session of each item of a batch, or what is wrong with it."""
    return [_read_item(item, submitter) for item in items]


def items_of(document: dict[str, Any]) -> list[object]:
    """The items of a batch, not looked at yet: each is read and may fail on its own.

    Raises:
        ApiError: the envelope around them is wrong.
    """
    for name in document:
        if name != "sessions":
            raise unknown_field(name)
    if "sessions" not in document:
        raise ApiError(Code.MISSING_FIELD, "The field `sessions` is missing.", fields=["sessions"])
    items: object = document["sessions"]
    if not isinstance(items, list):
        raise ApiError(Code.WRONG_TYPE, "`sessions` must be a list.", fields=["sessions"])
    if not 1 <= len(items) <= MAX_BATCH:
        raise ApiError(Code.BATCH_SIZE_OUT_OF_RANGE, fields=["sessions"])
    return items


def _read_item(document: object, submitter: Submitter) -> SubmittedSession | ApiError:
    try:
        item = typed(document, BatchItem, invalid_text=_INVALID_TEXT)
        if item.idempotency_key is not None:
            _check_key(item.idempotency_key, "idempotency_key")
        return _session(item, submitter, item.idempotency_key)
    except ApiError as error:
        return error


def _session(submission: Submission, submitter: Submitter, idempotency_key: str | None) -> SubmittedSession:
    if not 0 <= submission.score <= MAXIMUM:
        raise ApiError(Code.SCORE_OUT_OF_RANGE, f"`score` must be from 0 to {MAXIMUM}.", fields=["score"])
    user_id, username = _player_of(submission, submitter)
    return SubmittedSession(
        client_id=submitter.client_id,
        score=submission.score,
        game_mode=_checked_game_mode(submission.game_mode),
        user_id=user_id,
        username=username,
        may_create_player=submitter.may_create_players,
        outcome=submission.outcome,
        played_at=_played_at_of(submission, submitter),
        idempotency_key=idempotency_key,
    )


def _player_of(submission: Submission, submitter: Submitter) -> tuple[int | None, str | None]:
    """Who played: an id or a name, never both."""
    if submitter.player_id is not None:
        return _themselves(submission, submitter.player_id), None
    if (submission.user_id is None) == (submission.username is None):
        raise ApiError(Code.ONE_PLAYER_WANTED, fields=["user_id", "username"])
    if submission.user_id is not None and not 1 <= submission.user_id <= MAX_USER_ID:
        raise ApiError(Code.INVALID_USER_ID, fields=["user_id"])
    return submission.user_id, None if submission.username is None else _checked_username(submission.username)


def _themselves(submission: Submission, player_id: int) -> int:
    if submission.username is not None:
        raise ApiError(Code.USERNAME_NOT_ALLOWED, fields=["username"])
    if submission.user_id not in {None, player_id}:
        raise ApiError(Code.NOT_YOUR_PLAYER, fields=["user_id"])
    return player_id


def _played_at_of(submission: Submission, submitter: Submitter) -> datetime | None:
    if submission.played_at is None:
        return None
    if submitter.player_id is not None:
        raise ApiError(Code.PLAYED_AT_NOT_ALLOWED, fields=["played_at"])
    return _checked_played_at(submission.played_at)


def _checked_username(username: str) -> str:
    try:
        return names.normalise(username)
    except names.InvalidName as error:
        raise ApiError(Code.INVALID_USERNAME, str(error), fields=["username"]) from error


def _checked_game_mode(game_mode: str) -> str:
    if not (len(game_mode) <= MAX_GAME_MODE and game_mode.strip() and game_mode.isprintable()):
        raise ApiError(Code.INVALID_GAME_MODE, fields=["game_mode"])
    return game_mode


def _checked_played_at(played_at: datetime) -> datetime:
    if played_at < _EARLIEST:
        raise ApiError(Code.INVALID_PLAYED_AT, "`played_at` must not lie before the year 2000.", fields=["played_at"])
    if played_at > datetime.now(UTC) + _CLOCK_TOLERANCE:
        raise ApiError(Code.PLAYED_AT_IN_FUTURE, fields=["played_at"])
    # Only now: a conversion near the year 1 or 9999 would leave the calendar.
    return played_at.astimezone(UTC)


def _key_from_header(header: str) -> str:
    """The key in an `Idempotency-Key` header; the quotes of RFC 8941 are syntax, plain text is taken as it is."""
    if not header.startswith('"'):
        return _check_key(header, KEY_HEADER)
    quoted = _QUOTED.fullmatch(header)
    return _check_key(quoted[1] if quoted else "", KEY_HEADER)


def _check_key(key: str, field: str) -> str:
    if _VISIBLE_ASCII.fullmatch(key) is None:
        raise ApiError(Code.INVALID_IDEMPOTENCY_KEY, fields=[field])
    return key
