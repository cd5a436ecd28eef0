"""The pages. Each is right as the server sends it; scripts only keep it live afterwards."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, Final, ParamSpec

from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from frontend.shown import BLANK, shown
from frontend.standing import goal, top_percent
from scores import names, ranking, search
from scores.boards import GLOBAL

#: When a page that could not be made tries again, in seconds.
RETRY_S: Final = 3
#: The player and three neighbours on each side; `player_page.js` asks for as many.
AROUND: Final = 7

Arguments = ParamSpec("Arguments")
View = Callable[Concatenate[HttpRequest, Arguments], HttpResponse]


def page(view: View[Arguments]) -> View[Arguments]:
    """A page that is only read, never from a cache, and comes back by itself from an outage (503)."""

    @wraps(view)
    def answer(request: HttpRequest, /, *args: Arguments.args, **kwargs: Arguments.kwargs) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except ranking.UnknownBoard:
            raise Http404("The board does not exist yet: `manage.py serve` creates it.") from None
        except (ranking.RanksUnavailable, OperationalError, InterfaceError):
            response = render(request, "frontend/unavailable.html", {"retry_s": RETRY_S}, status=503)
            response["Retry-After"] = str(RETRY_S)
            return response

    # A board from a cache is a board of yesterday.
    return require_safe(cache_control(no_cache=True)(answer))


@page
def board(request: HttpRequest) -> HttpResponse:
    """The board `global` as it is now."""
    top = ranking.top(GLOBAL)
    return render(request, "frontend/board.html", {"page": top, "rows": shown(top.rows), "blank": BLANK})


@page
def players(request: HttpRequest) -> HttpResponse:
    """The players whose names begin with `?search=`; a page that asks for a name where none is given."""
    searched = request.GET.get("search", "").strip(" ")
    found: list[search.Found] = []
    refusal = ""
    if searched:
        try:
            found = search.by_prefix(names.normalise(searched))
        except names.InvalidName as error:
            refusal = str(error)
    return render(
        request,
        "frontend/players.html",
        {"searched": searched, "found": found, "refusal": refusal, "most": search.MAX_FOUND},
    )


@page
def player(request: HttpRequest, user_id: int) -> HttpResponse:
    """A player's place on the board `global` and the rows around it; 404 where the board does not show them."""
    try:
        around = ranking.around(GLOBAL, user_id, limit=AROUND)
    except ranking.UnknownPlayer:
        return render(request, "frontend/no_player.html", status=404)
    [own] = [row for row in around.rows if row.user_id == user_id]
    return render(
        request,
        "frontend/player.html",
        {
            "page": around,
            "rows": shown(around.rows, own=user_id),
            "blank": BLANK,
            "own": own,
            "top_percent": top_percent(own.rank, around.players),
            "goal": goal(around.rows, own),
        },
    )


@page
def tour(request: HttpRequest) -> HttpResponse:
    """What the signs and words of the pages mean."""
    return render(request, "frontend/tour.html")
