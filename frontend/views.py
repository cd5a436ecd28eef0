"""The pages. Each is right as the server sends it; scripts only keep it live afterwards."""

from __future__ import annotations

from typing import Final

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from scores import ranking
from scores.ranking.errors import UnknownBoard
from scores.ranking.rows import Row

#: Everything that the page needs comes from this server, and nothing in it is inline. A name that
#: slipped through the escaping would still find no way to run. 'self' covers the socket's address too.
CONTENT_SECURITY_POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)

#: The pattern from which the page's script makes new rows: the markup of a row stands in one template only.
BLANK_ROW: Final = Row(user_id=0, username="", rank=0, total_score=0)


@require_safe
def board(request: HttpRequest) -> HttpResponse:
    """The board `global` as it is now.

    Raises:
        Http404: the board has not been created yet.
    """
    try:
        page = ranking.top("global")
    except UnknownBoard:
        raise Http404("The board does not exist yet: `manage.py serve` creates it.") from None
    response = render(request, "frontend/board.html", {"page": page, "blank": BLANK_ROW})
    response["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
    response["Cache-Control"] = "no-cache"  # a board from a cache is a board of yesterday
    return response
