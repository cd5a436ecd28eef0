"""What the first page of the desk shows: how much waits, and what was decided last."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django import template
from django.contrib.auth.models import AnonymousUser
from django.db.models import QuerySet

from scores.admin.links import list_of
from scores.admin.times import moment
from scores.admin.trail_words import Told, told
from scores.models import ApiKey, AuditEntry, Player, Suspicion

register = template.Library()

_PLACES: Final = (
    "Player", "GameSession", "Suspicion", "AuditEntry", "SuspicionRule", "Board", "ApiKey",
)  # fmt: skip
_MOST: Final = 1000  # nobody counts further
_RECENT: Final = 10


@dataclass(frozen=True, slots=True)
class Figure:
    """A number of rows, and the way to them."""

    label: str
    number: str
    address: str


@register.simple_tag
def desk_places(available_apps: Sequence[Mapping[str, Any]]) -> Sequence[Mapping[str, Any]]:
    """The tables that the reader may see, as Django lists them, those of every day first."""
    tables = [model for app in available_apps for model in app["models"] if model["object_name"] in _PLACES]
    return sorted(tables, key=lambda model: _PLACES.index(model["object_name"]))


@register.simple_tag
def desk_figures(reader: Player | AnonymousUser) -> Sequence[Figure]:
    """What waits and what is in force, as far as the reader may see it."""
    figures = []
    if reader.has_perm("scores.view_suspicion"):
        waiting = Suspicion.objects.filter(verdict=Suspicion.Verdict.OPEN).order_by("id")
        held = waiting.filter(held=True)
        figures += [
            Figure("open suspicions", _counted(waiting), list_of("suspicion")),
            Figure("of them on held sessions", _counted(held), list_of("suspicion", held__exact=1)),
        ]
    if reader.has_perm("scores.view_player"):
        banned = Player.objects.filter(state=Player.State.BANNED).order_by("id")
        figures.append(Figure("banned players", _counted(banned), list_of("player", state__exact=Player.State.BANNED)))
    if reader.has_perm("scores.view_apikey"):
        valid = ApiKey.objects.filter(revoked_at=None).order_by("id")
        figures.append(Figure("valid API keys", _counted(valid), list_of("apikey", revoked_at__isempty=1)))
    return figures


@register.simple_tag
def recent_decisions(reader: Player | AnonymousUser) -> Sequence[Told]:
    """The last entries of the audit trail, as far as the reader may see it."""
    if not reader.has_perm("scores.view_auditentry"):
        return []
    entries = AuditEntry.objects.select_related("actor", "player", "former_name").order_by("-id")[:_RECENT]
    return [told(entry) for entry in entries]


register.filter("moment", moment)


@register.filter
def grouped(value: int) -> str:
    """A whole number with commas between thousands."""
    return f"{value:,}"


def _counted(rows: QuerySet[Any]) -> str:
    number = rows[: _MOST + 1].count()
    return f"{number:,}" if number <= _MOST else f"more than {_MOST:,}"
