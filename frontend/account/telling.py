"""What goes wrong on the account's pages, in words and with its HTTP status."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

from django.db import InterfaceError, OperationalError

from frontend.account.downloads import TooManyDownloads
from frontend.account.words import after
from scores import names
from scores.accounts import errors as account_errors
from scores.api.codes import Code
from scores.api.contract import MAX_GAME_MODE
from scores.api.errors import ApiError
from scores.errors import LedgerUnavailable, Refused, ValkeyUnavailable
from scores.ledger import MAXIMUM

#: When to come back where nobody knows how long an outage lasts, in seconds.
RETRY_S: Final = 3


@dataclass(frozen=True, slots=True)
class Told:
    """What is said, beside which field of the request, and how programs are told."""

    sentences: Sequence[str]
    field: str | None = None
    status: HTTPStatus = HTTPStatus.OK  # a form that comes back to be corrected is no failure of the request
    retry_after_s: int | None = None


def told(error: Exception) -> Told:
    """What is said about one of `EXPECTED`."""
    return next(tell(error) for kinds, tell in _TABLE if isinstance(error, kinds))


def _too_many(cause: str) -> Callable[[account_errors.TooMany], Told]:
    def tell(error: account_errors.TooMany) -> Told:
        sentence = f"{cause} Try again {after(error.retry_after_s)}."
        return Told([sentence], status=HTTPStatus.TOO_MANY_REQUESTS, retry_after_s=error.retry_after_s)

    return tell


def _unavailable(sentence: str, retry_after_s: int = RETRY_S) -> Told:
    return Told([sentence], status=HTTPStatus.SERVICE_UNAVAILABLE, retry_after_s=retry_after_s)


#: Codes of the API whose own sentences speak to programmers.
_FOR_PLAYERS: Final[Mapping[str, str]] = {
    Code.SCORE_OUT_OF_RANGE: f"A score is a whole number from 0 to {MAXIMUM:,}.",
    Code.INVALID_GAME_MODE: f"A game mode has 1 to {MAX_GAME_MODE} printable characters.",
    Code.INVALID_IDEMPOTENCY_KEY: "The form was not complete. Nothing was counted: send it once more.",
    Code.IDEMPOTENCY_KEY_REUSED: (
        "This form was sent before, with another session. If this is one more, send it once more."
    ),
}


def _of_api(error: ApiError) -> Told:
    return Told([_FOR_PLAYERS.get(error.code, error.detail)], field=next(iter(error.fields), None))


def _refused(error: Refused) -> Told:
    return Told([_FOR_PLAYERS.get(error.code, error.detail)])


_TABLE: Final[Sequence[tuple[type[Exception] | tuple[type[Exception], ...], Callable[[Any], Told]]]] = (
    (account_errors.WrongCredentials, lambda _: Told(["The name or the password is wrong."])),
    (account_errors.Throttled, _too_many("That was tried too often.")),
    (account_errors.HashingBusy, _too_many("Many people are logging in at the moment.")),
    (TooManyDownloads, _too_many("Others are downloading their data at the moment.")),
    (account_errors.WeakPassword, lambda error: Told(error.messages)),
    (account_errors.NameTaken, lambda _: Told(["Somebody has this name already. Choose another one."])),
    (account_errors.SignupClosed, lambda _: Told(["Nobody can sign up here at the moment."])),
    (names.InvalidName, lambda error: Told([str(error)])),
    (ApiError, _of_api),
    (Refused, _refused),
    (
        LedgerUnavailable,
        lambda error: _unavailable("It could not be recorded. Send it again: it counts once.", error.retry_after_s),
    ),
    (
        (ValkeyUnavailable, OperationalError, InterfaceError),
        lambda _: _unavailable(f"The server cannot do this right now. Try again {after(RETRY_S)}."),
    ),
)

#: What a page expects to go wrong. Everything else is a mistake of ours.
EXPECTED: Final[tuple[type[Exception], ...]] = tuple(
    kind for kinds, _ in _TABLE for kind in (kinds if isinstance(kinds, tuple) else (kinds,))
)
