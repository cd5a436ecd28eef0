"""Tags of board answers, so that whoever asks again is told in a few bytes that nothing has changed."""

from __future__ import annotations

from django.utils.http import parse_etags

from scores.ranking.keys import VISIBLE_TOP
from scores.rows import Page


def of_top(page: Page, *, limit: int, offset: int) -> str | None:
    """The entity tag of a page of the top; None where no tag could tell one state from the next.

    `seq` counts the changes of the visible top rows alone: a row below them changes without it, so a
    page that reaches there is not tagged. Neither is one from PostgreSQL, which counts nothing. The
    tag is weak: `as_of` moves on while everything else stays.
    """
    if page.epoch is None or offset + limit > VISIBLE_TOP:
        return None
    # The number of players is on the page too, and moves without the top.
    return f'W/"{page.epoch}.{page.seq}.{page.players}"'


def is_known(etag: str, if_none_match: str) -> bool:
    """Whether the client has what the tag stands for, by its `If-None-Match`.

    >>> is_known('W/"k3.7.90"', '"k3.6.90", W/"k3.7.90"'), is_known('W/"k3.7.90"', "*")
    (True, True)
    >>> is_known('W/"k3.7.90"', 'W/"k3.7.91"')
    False
    """
    known = parse_etags(if_none_match)
    # Compared weakly, as RFC 9110 wants it here: with W/ or without is the same.
    return known == ["*"] or etag.removeprefix("W/") in {tag.removeprefix("W/") for tag in known}
