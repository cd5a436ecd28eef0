"""The pages. Each is right as the server sends it; scripts only keep it live afterwards."""

from __future__ import annotations

from typing import Final

from django.db import OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from scores import ranking

#: The pattern from which the page's script makes new rows: the markup of a row stands in one template only.
BLANK_ROW: Final = ranking.Row(user_id=0, username="", rank=0, total_score=0)
#: When a page that could not be made tries again, in seconds.
RETRY_S: Final = 3


@require_safe
@cache_control(no_cache=True)  # a board from a cache is a board of yesterday
def board(request: HttpRequest) -> HttpResponse:
    """The board `global` as it is now; 503 with a page that comes back by itself while nobody can read it.

    Raises:
        Http404: the board has not been created yet.
    """
    try:
        page = ranking.top("global")
    except ranking.UnknownBoard:
        raise Http404("The board does not exist yet: `manage.py serve` creates it.") from None
    except (ranking.RanksUnavailable, OperationalError):
        response = render(request, "frontend/unavailable.html", {"retry_s": RETRY_S}, status=503)
        response["Retry-After"] = str(RETRY_S)
        return response
    return render(request, "frontend/board.html", {"page": page, "blank": BLANK_ROW})
