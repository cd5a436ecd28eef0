"""Finds players the way moderators ask for them."""

from __future__ import annotations

from typing import Final

from scores import search

_MOST_FOUND: Final = 1000
_LONGEST_ID: Final = 18  # digits; all such numbers are a bigint


def find(text: str) -> list[int]:
    """The ids of players whose name begins so, whatever the case, and of the one with that id."""
    wanted = text.strip()
    found = search.ids_by_prefix(wanted, limit=_MOST_FOUND)
    return [*found, int(wanted)] if is_id(wanted) else found


def is_id(text: str) -> bool:
    """Whether the text is a number that can be a row's id."""
    return text.isascii() and text.isdigit() and len(text) <= _LONGEST_ID
