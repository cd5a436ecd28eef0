"""Who I am here: my place, my sessions, and what I can do."""

from __future__ import annotations

import re
from typing import Final

from django.conf import settings
from django.db import OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from frontend.account.forms import SubmitForm
from frontend.account.pages import member_page
from scores import ranking
from scores.accounts.own_sessions import UnknownSession, own_sessions
from scores.boards import GLOBAL
from scores.models import Player

_SESSIONS: Final = 50  # on a page
_SESSION_ID: Final = re.compile(r"[1-9][0-9]{0,17}")  # fits into PostgreSQL's bigint
_NOT_YET: Final = "You are not on the board yet. Your first session brings you there."


@require_safe
@member_page
def overview(request: HttpRequest, player: Player) -> HttpResponse:
    """The account at a glance, with the newest sessions."""
    context = {
        "player": player,
        **_place(player),
        "form": SubmitForm() if settings.PLAYERS_MAY_SUBMIT else None,
        "page": own_sessions(player.pk, limit=_SESSIONS),
    }
    return render(request, "frontend/account/overview.html", context)


@require_safe
@member_page
def sessions(request: HttpRequest, player: Player) -> HttpResponse:
    """The player's own sessions, from the one after `?before=` on, or from the newest."""
    before = request.GET.get("before")
    if before is not None and _SESSION_ID.fullmatch(before) is None:
        raise Http404
    try:
        page = own_sessions(player.pk, limit=_SESSIONS, before=None if before is None else int(before))
    except UnknownSession:
        raise Http404 from None
    return render(request, "frontend/account/sessions.html", {"player": player, "page": page})


def _place(player: Player) -> dict[str, object]:
    """The player's row on `global`, or why there is none."""
    try:
        page = ranking.rank(GLOBAL, player.pk)
    except ranking.UnknownPlayer:
        return {"no_place": "The board does not show you."} if player.banned else {"no_place": _NOT_YET}
    except (ranking.UnknownBoard, ranking.RanksUnavailable, OperationalError):
        return {"no_place": "Your place cannot be read at the moment. No score is lost."}
    return {"own": page.rows[0], "players": page.players}
