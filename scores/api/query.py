"""Strict readers of an address: query parameters and ids, each with its own code when it is wrong."""

from __future__ import annotations

import re
from typing import Final

from django.http import QueryDict

from scores import names
from scores.api.codes import Code
from scores.api.contract import MAX_USER_ID
from scores.api.errors import ApiError
from scores.boards import GLOBAL

MAX_LIMIT: Final = 100
MAX_OFFSET: Final = 10_000  # deeper pages would only be read by scrapers; a rank answers for one player

_NUMBER: Final = re.compile(r"0|[1-9][0-9]{0,18}")
_SLUG: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")


def board(query: QueryDict) -> str:
    """The board's slug; `global` where none is named."""
    slug = _only(query, "board", Code.INVALID_BOARD)
    if slug is None:
        return GLOBAL
    if _SLUG.fullmatch(slug) is None:
        raise ApiError(Code.INVALID_BOARD, fields=["board"])
    return slug


def limit(query: QueryDict, *, default: int) -> int:
    """How many rows, 1 to 100."""
    return _number(query, "limit", default, range(1, MAX_LIMIT + 1), Code.INVALID_LIMIT)


def offset(query: QueryDict) -> int:
    """How many rows to pass over, 0 to 10000."""
    return _number(query, "offset", 0, range(MAX_OFFSET + 1), Code.INVALID_OFFSET)


def before(query: QueryDict) -> int | None:
    """The id of the session behind which a page begins; None: the first page."""
    text = _only(query, "before", Code.INVALID_BEFORE)
    if text is None:
        return None
    if _NUMBER.fullmatch(text) is None or not 1 <= int(text) <= MAX_USER_ID:
        raise ApiError(Code.INVALID_BEFORE, fields=["before"])
    return int(text)


def search(query: QueryDict) -> str:
    """The beginning of a name, spelled as names are."""
    text = _only(query, "search", Code.INVALID_SEARCH)
    if text is None:
        raise ApiError(Code.INVALID_SEARCH, "The parameter `search` is missing.", fields=["search"])
    try:
        return names.normalise(text)
    except names.InvalidName as error:
        raise ApiError(Code.INVALID_SEARCH, str(error), fields=["search"]) from error


def user_id(text: str) -> int:
    """A player's id from the path."""
    if _NUMBER.fullmatch(text) is None or not 1 <= int(text) <= MAX_USER_ID:
        raise ApiError(Code.INVALID_USER_ID, fields=["user_id"])
    return int(text)


def _number(query: QueryDict, name: str, default: int, allowed: range, code: Code) -> int:
    text = _only(query, name, code)
    if text is None:
        return default
    if _NUMBER.fullmatch(text) is None or int(text) not in allowed:
        raise ApiError(code, fields=[name])
    return int(text)


def _only(query: QueryDict, name: str, code: Code) -> str | None:
    values = query.getlist(name)
    if len(values) > 1:
        raise ApiError(code, f"The parameter `{name}` was given {len(values)} times.", fields=[name])
    return values[0] if values else None
